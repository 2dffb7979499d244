import HTTPClient
import HTTPServer
import Networking
import TestKit

/// Answers requests on a free loopback port while `body` runs.
///
/// - Parameters:
///   - tls: `.none` is plain HTTP.
///   - port: Where to listen; 0 picks a free port.
@NetworkActor
func withServer<Value: Sendable>(
  _ tls: TestCertificates.Pair? = nil, port: UInt16 = 0, _ handler: @escaping HTTPServer.Handler,
  _ body: @NetworkActor (HTTPServer) async throws -> Value
) async throws -> Value {
  var options = HTTPServerOptions()
  options.maxBodyBytes = 4 << 20
  options.port = port
  let context = try tls.map {
    try TLSContext.server(certificate: $0.certificate, key: $0.key, clientAuthority: nil)
  }
  let server = try HTTPServer(options: options, tls: context, handler: handler)
  async let running: Void = server.run()
  let result: Result<Value, any Error>
  do { result = .success(try await body(server)) } catch { result = .failure(error) }
  server.beginGracefulShutdown()
  await running
  return try result.get()
}

/// Runs `body` with a client that allows plain HTTP and trusts the test authority, and closes it.
@NetworkActor
func withClient<Value: Sendable>(
  _ change: (inout HTTPClient.Options) -> Void = { _ in },
  _ body: @NetworkActor (HTTPClient) async throws -> Value
) async throws -> Value {
  var options = HTTPClient.Options()
  options.allowsPlainHTTP = true
  options.caFile = try TestCertificates.shared.get().authority
  change(&options)
  let client = try HTTPClient(options: options)
  defer { client.close() }
  return try await body(client)
}

extension HTTPServer {
  /// An address on it; `localhost` is what the test certificates are for.
  func url(_ path: String, secure: Bool = false) -> String {
    "\(secure ? "https" : "http")://localhost:\(self.port)\(path)"
  }
}

/// Returns when the task is cancelled: how a handler never answers.
func untilCancelled() async {
  let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
  for await _ in stream {}
  continuation.finish()
}

/// Something to wait for, once.
@NetworkActor
final class Signal {
  private var isGiven = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func give() {
    self.isGiven = true
    for waiter in self.waiting { waiter.resume() }
    self.waiting = []
  }

  func wait() async {
    if self.isGiven { return }
    await withCheckedContinuation { self.waiting.append($0) }
  }
}

/// What handlers count.
@NetworkActor
final class Counter {
  var connections: Set<UInt64> = []
  var requests = 0
  var running = 0
  var maxRunning = 0
}

/// The error's code; nil when there was none.
@NetworkActor
func code(_ client: HTTPClient, _ request: HTTPClient.Request) async -> HTTPClientError? {
  do throws(HTTPClientError) {
    _ = try await client.response(to: request)
    return nil
  } catch {
    return error
  }
}
