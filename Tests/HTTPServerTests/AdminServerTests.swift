import AdminServer
import HTTPServer
import JSON
import Networking
import Telemetry
import Testing

@Suite("Admin server", .timeLimit(.minutes(1)))
struct AdminServerTests {
  /// Runs an admin server while `body` runs.
  @NetworkActor
  private static func with(
    metrics: MetricsRegistry = MetricsRegistry(), readiness: Readiness = Readiness([]),
    _ body: @escaping @Sendable (AdminServer, UInt16) async throws -> Void
  ) async throws {
    let server = try AdminServer(
      port: 0, description: .init(service: "gateway", version: "1.2.3", revision: "abc"),
      metrics: metrics, readiness: readiness)
    let running = Task { await server.run() }
    let port = server.port
    let result = await Task { @concurrent in try await body(server, port) }.result
    running.cancel()
    await running.value
    try result.get()
  }

  private static func get(_ path: String, _ port: UInt16) async throws -> (
    head: String, body: String
  ) {
    let client = try RawClient(port: port)
    try await client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
    return try await client.response()
  }

  @Test("It is alive, tells its version and lists its pages")
  func pages() async throws {
    try await Self.with { _, port in
      for path in ["/healthz", "/livez"] {
        let (head, body) = try await Self.get(path, port)
        #expect(head.status == 200)
        #expect(body == "ok\n")
      }
      let version = try await Self.get("/version", port).body
      #expect(version == #"{"service":"gateway","version":"1.2.3","revision":"abc"}"#)
      #expect(try await Self.get("/", port).body.contains("/metrics\n"))
      #expect(try await Self.get("/nothing", port).head.status == 404)
    }
  }

  @Test("Metrics are those of the registry, in Prometheus' format")
  func metrics() async throws {
    let metrics = MetricsRegistry()
    metrics.counter("things_total", help: "Things.").add()
    try await Self.with(metrics: metrics) { _, port in
      let (head, body) = try await Self.get("/metrics", port)
      #expect(head.contains("Content-Type: \(MetricsRegistry.contentType)"))
      #expect(body.contains("# HELP things_total Things.\n"))
      #expect(body.contains("things_total 1\n"))
    }
  }

  @Test("Ready means that every check passes; one that fails or hangs is named")
  func readiness() async throws {
    let good = ReadinessCheck("redis") { nil }
    let bad = ReadinessCheck("index") { "the folder is full" }
    let hanging = ReadinessCheck("hanging") {
      // Longer than the test may take; only a cancellation ends it.
      try? await Task.sleep(for: .seconds(600))
      return nil
    }
    try await Self.with(readiness: Readiness([good])) { _, port in
      let (head, body) = try await Self.get("/readyz", port)
      #expect(head.status == 200)
      #expect(body == #"{"service":"gateway","ready":true,"reasons":[]}"#)
    }
    try await Self.with(readiness: Readiness([good, bad, hanging])) { _, port in
      let (head, body) = try await Self.get("/readyz", port)
      #expect(head.status == 503)
      #expect(body.contains(#"{"check":"index","reason":"the folder is full"}"#))
      #expect(body.contains(#"{"check":"hanging","reason":"no answer within 0.8 seconds"}"#))
      #expect(!body.contains("redis"))
    }
  }

  @Test("A service that stops is alive and not ready")
  func stopping() async throws {
    let readiness = Readiness([])
    try await Self.with(readiness: readiness) { _, port in
      await readiness.beginGracefulShutdown()
      let (head, body) = try await Self.get("/readyz", port)
      #expect(head.status == 503)
      #expect(body.contains("the service is stopping"))
      #expect(try await Self.get("/healthz", port).head.status == 200)
    }
  }

  @Test("Nothing can be changed through it")
  func methods() async throws {
    try await Self.with { _, port in
      let client = try RawClient(port: port)
      try await client.send("DELETE /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
      let head = try await client.response().head
      #expect(head.status == 405)
      #expect(head.contains("Allow: GET, HEAD"))
    }
  }

  @Test("An address that is taken is an error that names it")
  func taken() async throws {
    try await Self.with { _, port in
      let error = await #expect(throws: NetworkError.self) {
        _ = try await AdminServer(
          port: port, description: .init(service: "s", version: "v", revision: "r"),
          metrics: MetricsRegistry(), readiness: Readiness([]))
      }
      #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    }
  }
}
