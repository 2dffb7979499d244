import HTTPServer
import Networking

/// Runs a server on a free port while `body` runs, then stops it gracefully and waits for its end.
@NetworkActor
func withServer(
  _ options: HTTPServerOptions = HTTPServerOptions(),
  handler: @escaping HTTPServer.Handler,
  _ body: @escaping @Sendable (HTTPServer, UInt16) async throws -> Void
) async throws {
  let server = try HTTPServer(options: options, handler: handler)
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
