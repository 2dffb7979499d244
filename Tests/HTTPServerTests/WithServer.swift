import HTTPServer
import Networking

/// Runs a server on a free port while `body` runs, then stops it gracefully and waits for its end.
@NetworkActor
func withServer(
  _ options: HTTPServerOptions = HTTPServerOptions(), tls: TLSContext? = nil,
  handler: @escaping HTTPServer.Handler,
  _ body: @escaping @Sendable (HTTPServer, UInt16) async throws -> Void
) async throws {
  let server = try HTTPServer(options: options, tls: tls, handler: handler)
  let port = server.port
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { await server.run() }
    let result = await Task { @concurrent in try await body(server, port) }.result
    server.beginGracefulShutdown()
    try await group.waitForAll()
    try result.get()
  }
}

/// Something to wait for that happens once.
actor Signal {
  private var happened = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  func fire() {
    self.happened = true
    for waiter in self.waiters { waiter.resume() }
    self.waiters = []
  }

  func wait() async {
    if self.happened { return }
    await withCheckedContinuation { self.waiters.append($0) }
  }
}

extension HTTPServer {
  func setTLS(_ tls: TLSContext) { self.tls = tls }
}

/// For what ``RawClient`` cannot: IPv6 and TLS.
extension Stream {
  func ask(_ request: String) {
    self.outbound.append(request)
    self.flush()
  }

  /// The next response, which must have a body and come in one piece.
  func answer() async -> String {
    let text = await withCheckedContinuation { (continuation: CheckedContinuation<String, Never>) in
      self.onReceive = { [unowned self] buffer in
        self.onReceive = nil
        continuation.resume(returning: String(decoding: buffer.bytes, as: UTF8.self))
        buffer.clear()
      }
    }
    self.close()
    return text
  }
}
