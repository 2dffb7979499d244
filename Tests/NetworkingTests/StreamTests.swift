import Networking
import TestKit
import Testing

@NetworkActor
@Suite("Stream", .timeLimit(.minutes(1)))
struct StreamTests {
  static let megabytes = (0..<(4 << 20)).map {
    UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13)
  }

  @Test("4 MiB come back as they were sent, over TCP and over TLS", arguments: [false, true])
  func echo(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      let stream = try await Stream.connect(
        host: "127.0.0.1", port: server.port, tls: secure ? Contexts.client() : nil)
      stream.send(Self.megabytes)
      let (bytes, error) = await stream.receive(Self.megabytes.count)
      #expect(error == nil)
      #expect(bytes == Self.megabytes)
      stream.close()
    }
  }
}
