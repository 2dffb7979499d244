internal import HTTPClient
internal import JSON
internal import Networking
internal import RPC
internal import Telemetry

/// Sends spans to a collector: OTLP over HTTP, as JSON (opentelemetry-proto, `docs/specification.md`).
///
/// Calls never wait for it. What does not fit into its queue, and what the collector refuses, is dropped and counted; while the collector
/// is away or busy the queue waits.
@NetworkActor
final class SpanExporter {
  /// Spans that wait at most.
  nonisolated static let maxQueued = 4096
  /// Spans in one request at most.
  nonisolated static let maxBatch = 512
  /// Between two requests, unless a full batch waits.
  nonisolated static let interval = Duration.seconds(1)
  /// What one request may take.
  nonisolated static let timeout = Duration.seconds(10)
  /// What the last request may take, when the service stops.
  nonisolated static let lastTimeout = Duration.seconds(2)
  /// The collector has no time now, or something before it has not.
  private static let retriable: Set<Int> = [429, 502, 503, 504]

  private let url: String
  private let resource: [(key: String, value: String)]
  private let http: HTTPClient
  private let logger: Logger
  private let exported: Counter
  private let dropped: Counter
  private var queue: [RPCSpan] = []
  private var isFailing = false

  /// - Parameters:
  ///   - endpoint: The collector, such as `http://127.0.0.1:4318`; spans go to `/v1/traces` there.
  ///   - service: The program's name.
  ///   - instance: This process' name.
  /// - Throws: `HTTPClientError` when libcurl cannot be used.
  init(
    endpoint: String, service: String, instance: String, logger: Logger, metrics: MetricsRegistry
  ) throws {
    self.url = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
    self.resource = [("service.name", service), ("service.instance.id", instance)]
    var options = HTTPClient.Options()
    options.allowsPlainHTTP = true
    self.http = try HTTPClient(options: options)
    self.logger = logger
    self.exported = metrics.counter(
      "trace_spans_exported_total", help: "Spans that the collector has taken.")
    self.dropped = metrics.counter(
      "trace_spans_dropped_total",
      help: "Spans that were lost because the queue was full or the collector refused them.")
  }

  /// Takes a span from any thread, and returns at once.
  nonisolated func add(_ span: RPCSpan) {
    if NetworkActor.shared.loop.isCurrent {
      NetworkActor.assumeIsolated { self.append(span) }
    } else {
      Task { @NetworkActor in self.append(span) }
    }
  }

  private func append(_ span: RPCSpan) {
    guard self.queue.count < Self.maxQueued else { return self.dropped.add() }
    self.queue.append(span)
  }

  /// Sends until its task is cancelled, and then once more.
  func run() async {
    while !Task.isCancelled {
      // Full batches go one after another while the collector takes them.
      if await self.send(Self.timeout), self.queue.count >= Self.maxBatch { continue }
      // It throws when the task is cancelled, which ends the loop.
      try? await Task.sleep(for: Self.interval, clock: .continuous)
    }
    // Not of this task, whose cancellation would stop the request.
    await Task { _ = await self.send(Self.lastTimeout) }.value
    self.dropped.add(self.queue.count)
    self.queue = []
    self.http.close()
  }

  /// Sends what waits, at most a batch.
  ///
  /// - Returns: Whether the collector has taken it.
  private func send(_ timeout: Duration) async -> Bool {
    let batch = Array(self.queue.prefix(Self.maxBatch))
    guard !batch.isEmpty else { return true }
    let problem: String
    do {
      let response = try await self.http.response(
        to: HTTPClient.Request(
          method: .post, url: self.url, headers: [.init("Content-Type", "application/json")],
          body: OTLPSpans.json(batch, resource: self.resource), timeout: timeout))
      switch response.status {
      case 200..<300:
        self.queue.removeFirst(batch.count)
        self.exported.add(batch.count)
        if self.isFailing { self.logger.info("The collector takes spans again.") }
        self.isFailing = false
        return true
      case let status where Self.retriable.contains(status): problem = "status \(status)"
      case let status:
        // What it does not understand now it will not understand later.
        self.queue.removeFirst(batch.count)
        self.dropped.add(batch.count)
        problem = "status \(status)"
      }
    } catch {
      problem = "\(error)"
    }
    if !self.isFailing {
      self.logger.warning(
        "The collector does not take spans; look at --otlp-endpoint.", [.error: problem])
    }
    self.isFailing = true
    return false
  }
}
