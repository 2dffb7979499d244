internal import Foundation
internal import HTTPServer
internal import Networking
internal import RPC
internal import Telemetry
internal import Testing

@testable internal import ServiceRuntime

@Suite("Spans for a collector", .timeLimit(.minutes(1)))
struct SpanExporterTests {
  /// A collector that keeps what it gets, and answers as it is told.
  @NetworkActor
  private final class Collector {
    private(set) var bodies: [[UInt8]] = []
    private(set) var paths: Set<String> = []
    var status = 200
    private var onRequest: [CheckedContinuation<Void, Never>] = []
    private var server: HTTPServer?

    init() throws {
      self.server = try HTTPServer(options: HTTPServerOptions()) { [weak self] request in
        HTTPResponse(status: self?.received(request) ?? 500)
      }
    }

    var endpoint: String { "http://127.0.0.1:\(self.server?.port ?? 0)/" }

    func run() async { await self.server?.run() }

    /// Waits for one more request.
    func request() async { await withCheckedContinuation { self.onRequest.append($0) } }

    private func received(_ request: HTTPRequest) -> Int {
      self.bodies.append(request.body)
      self.paths.insert(request.method + " " + request.path)
      for waiting in self.onRequest { waiting.resume() }
      self.onRequest = []
      return self.status
    }
  }

  private static let method = RPCMethod(
    service: "test.Service", name: "Get", kind: .unary, idempotency: .unknown)

  @NetworkActor
  private static func with(
    _ body:
      @NetworkActor (Collector, SpanExporter, RPCTracing, MetricsRegistry) async throws -> Void
  ) async throws {
    let collector = try Collector()
    let metrics = MetricsRegistry()
    let exporter = try SpanExporter(
      endpoint: collector.endpoint, service: "gateway", instance: "host-1", logger: .disabled,
      metrics: metrics)
    let serving = Task { await collector.run() }
    defer { serving.cancel() }
    try await body(
      collector, exporter, RPCTracing(sampledPart: 1) { exporter.add($0) }, metrics)
  }

  private static func value(_ name: String, _ metrics: MetricsRegistry) -> String? {
    String(decoding: metrics.render(), as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
  }

  @Test("Spans arrive as OTLP has them, the caller's trace and all")
  func export() async throws {
    try await Self.with { collector, exporter, tracing, metrics in
      let context = RPCContext(metadata: [
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      ])
      try await tracing.around(Self.method, context) { _ in }
      await #expect(throws: RPCError.self) {
        try await tracing.around(Self.method, RPCContext()) { _ in
          throw RPCError(.notFound, "not there")
        }
      }
      let running = Task { await exporter.run() }
      await collector.request()
      // Its answer may be on its way still: who cancels now makes the exporter ask again.
      while Self.value("trace_spans_exported_total", metrics) != "2" { await Task.yield() }
      running.cancel()
      await running.value
      #expect(collector.paths == ["POST /v1/traces"])
      let object = try JSONSerialization.jsonObject(with: Data(collector.bodies[0]))
      let resources = try #require((object as? [String: Any])?["resourceSpans"] as? [[String: Any]])
      #expect("\(resources[0]["resource"] ?? "")".contains("gateway"))
      let scopes = try #require(resources[0]["scopeSpans"] as? [[String: Any]])
      let spans = try #require(scopes[0]["spans"] as? [[String: Any]])
      #expect(spans.count == 2)
      #expect(spans[0]["traceId"] as? String == "0af7651916cd43dd8448eb211c80319c")
      #expect(spans[0]["parentSpanId"] as? String == "b7ad6b7169203331")
      #expect((spans[0]["spanId"] as? String)?.count == 16)
      #expect(spans[0]["name"] as? String == "test.Service/Get")
      #expect(spans[0]["kind"] as? Int == 2)
      let begin = try #require((spans[0]["startTimeUnixNano"] as? String).flatMap(Int64.init))
      let end = try #require((spans[0]["endTimeUnixNano"] as? String).flatMap(Int64.init))
      #expect(begin <= end && end <= (Timestamp.nowMilliseconds() + 1) * 1_000_000)
      #expect((spans[1]["status"] as? [String: Int])?["code"] == 2)
      #expect(spans[1]["parentSpanId"] == nil)
    }
  }

  @Test("While the collector is busy spans wait, as many as fit; the others are counted")
  func busy() async throws {
    try await Self.with { collector, exporter, tracing, metrics in
      collector.status = 503
      for _ in 0..<(SpanExporter.maxQueued + 10) {
        try await tracing.around(Self.method, RPCContext()) { _ in }
      }
      #expect(Self.value("trace_spans_dropped_total", metrics) == "10")
      let running = Task { await exporter.run() }
      await collector.request()
      collector.status = 200
      while Self.value("trace_spans_exported_total", metrics) != "\(SpanExporter.maxQueued)" {
        await Task.yield()
      }
      running.cancel()
      await running.value
      #expect(Self.value("trace_spans_dropped_total", metrics) == "10")
    }
  }
}
