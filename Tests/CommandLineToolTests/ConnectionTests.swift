internal import API
@testable internal import CommandLineTool
internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Testing

/// The tool over real connections.
@Suite("Connection")
struct ConnectionTests {
  /// Serves a scripted gateway on loopback while `body` runs; it is given the port.
  private static func serving(
    _ gateway: ScriptedGateway, _ body: (UInt16) async throws -> Void
  ) async throws {
    let server = try await RPCServer(
      address: "127.0.0.1", port: 0, tls: nil, services: [gateway])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await server.run() }
      try await body(server.port)
      await server.beginGracefulShutdown()
    }
  }

  private var surroundings: ToolRun.Surroundings {
    var surroundings = ToolRun.Surroundings()
    surroundings.connect = GatewayConnection.make
    return surroundings
  }

  @Test("A search and a followed job go over plain TCP on loopback")
  func calls() async throws {
    var gateway = ScriptedGateway()
    gateway.find = { _ in Samples.results([Samples.hit]) }
    gateway.watch = { _, responses in
      try await responses.send(Samples.update(Samples.job(done: 1, queued: 1)))
      try await responses.send(Samples.update(Samples.job(state: .done, done: 2)))
    }
    try await Self.serving(gateway) { port in
      let search = await ToolRun.of(
        "search", "x", "--plaintext", "--gateway", "127.0.0.1:\(port)", in: self.surroundings)
      #expect(search.output.hasPrefix("How galaxies form\n"))
      #expect(search.exitCode == .ok)
      let watch = await ToolRun.of(
        "watch", "j1", "--plaintext", "--gateway", "127.0.0.1:\(port)", in: self.surroundings)
      #expect(watch.output == "Evening talks: 2 videos searchable, took 3.5 s\n")
      #expect(watch.exitCode == .ok)
    }
  }

  @Test("Ctrl-C ends a stream that says nothing")
  func interrupted() async throws {
    let (interrupts, interrupt) = AsyncStream.makeStream(of: Void.self)
    var gateway = ScriptedGateway()
    gateway.watch = { _, responses in
      try await responses.send(Samples.update(Samples.job(done: 1, queued: 1)))
      await Milestone().wait()
    }
    try await Self.serving(gateway) { port in
      var surroundings = self.surroundings
      surroundings.interrupts = interrupts
      surroundings.onError = { _ in interrupt.yield() }
      let run = await ToolRun.of(
        "watch", "j1", "--plaintext", "--gateway", "127.0.0.1:\(port)", in: surroundings)
      #expect(run.errors.contains("The job goes on."))
      #expect(run.exitCode == .interrupted)
    }
  }

  @Test("A call that takes too long ends with 124")
  func deadline() async throws {
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in
      await Milestone().wait()
      throw CancellationError()
    }
    try await Self.serving(gateway) { port in
      let run = await ToolRun.of(
        "jobs", "--plaintext", "--gateway", "127.0.0.1:\(port)", "--timeout", "20ms",
        in: self.surroundings)
      #expect(run.exitCode == .deadline)
      #expect(run.errors.contains("wait longer: --timeout 1m"))
    }
  }

  @Test("Where nobody listens, it says so and ends with 69")
  func nobody() async throws {
    var port: UInt16 = 0
    try await Self.serving(ScriptedGateway()) { port = $0 }
    let run = await ToolRun.of(
      "jobs", "--plaintext", "--gateway", "127.0.0.1:\(port)", in: self.surroundings)
    #expect(run.exitCode == .unavailable)
    #expect(run.errors.hasPrefix("error: cannot reach 127.0.0.1:\(port)"))
    #expect(run.errors.contains("leave out --plaintext if it wants TLS"))
  }

  @Test("A certificate that cannot be read is wrong use, and names the file")
  func certificate() async {
    let run = await ToolRun.of("jobs", "--tls-ca", "/nonexistent/ca.pem", in: self.surroundings)
    #expect(run.exitCode == .usage)
    #expect(run.errors.contains("/nonexistent/ca.pem"))
  }
}
