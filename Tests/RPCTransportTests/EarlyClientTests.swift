internal import Networking
internal import RPC
internal import RPCTransport
internal import Testing

@Suite("Clients that come before the server runs", .timeLimit(.minutes(1)))
struct EarlyClientTests {
  @Test("Clients that have gone before the server runs do not keep it from stopping")
  func gone() async throws {
    let server = try await RPCServer(
      address: "127.0.0.1", port: 0, tls: nil, services: [TestService()])
    let port = await server.port
    // The last ones may still be on their way; the first have been accepted and are gone.
    for _ in 0..<20 { await (try await RawClient.connect(port: port)).close() }
    let running = Task { await server.run() }
    running.cancel()
    await running.value
  }
}
