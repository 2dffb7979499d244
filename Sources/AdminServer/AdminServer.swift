internal import HTTPServer
internal import JSON
public import Networking
public import Telemetry

/// The admin port of a service: health, readiness, metrics, version. Plain HTTP, meant for loopback or a cluster's own
/// network; it changes nothing and shows no content.
///
/// | path | answer |
/// | --- | --- |
/// | `/healthz`, `/livez` | 200 `ok` while the network thread runs |
/// | `/readyz` | 200 when every check passes, else 503; JSON with the reasons |
/// | `/metrics` | Prometheus text |
/// | `/version` | JSON |
@NetworkActor
public final class AdminServer {
  /// What a service tells about itself.
  public struct Description: Sendable {
    public var service: String
    public var version: String
    public var revision: String

    public init(service: String, version: String, revision: String) {
      self.service = service
      self.version = version
      self.revision = revision
    }
  }

  /// A check that takes longer counts as failed, so that a probe always gets its answer. Below the one second that
  /// container platforms wait by default.
  public nonisolated static let maxCheckTime = Duration.milliseconds(800)
  /// Scrapers and probes are few; more is a mistake or an attack.
  public nonisolated static let maxConnections = 64

  private let description: Description
  private let metrics: MetricsRegistry
  private let checks: [ReadinessCheck]
  private var server: HTTPServer?
  private var isStopping = false

  /// Listens at once; ``run()`` serves.
  ///
  /// - Throws: ``NetworkError`` when the address cannot be listened on.
  public init(
    address: String = "127.0.0.1", port: UInt16, description: Description,
    metrics: MetricsRegistry, checks: [ReadinessCheck]
  ) throws {
    self.description = description
    self.metrics = metrics
    self.checks = checks
    var options = HTTPServerOptions(address: address, port: port)
    options.maxConnections = Self.maxConnections
    options.maxBodyBytes = 0
    self.server = try HTTPServer(options: options) { [weak self] request in
      await self?.answer(request) ?? .text("stopped\n", status: 503)
    }
  }

  /// The port it listens on.
  public var port: UInt16 { self.server?.port ?? 0 }

  /// Serves until the task is cancelled.
  public func run() async { await self.server?.run() }

  /// From now on `/readyz` says 503, so that no new work is sent here while the service finishes.
  public func beginGracefulShutdown() { self.isStopping = true }

  private func answer(_ request: HTTPRequest) async -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      return .methodNotAllowed("GET", "HEAD")
    }
    switch request.path {
    case "/healthz", "/livez": return .text("ok\n")
    case "/readyz": return await self.readiness()
    case "/metrics":
      let headers: HTTPHeaders = ["Content-Type": MetricsRegistry.contentType]
      return HTTPResponse(status: 200, headers: headers, body: .bytes(self.metrics.render()))
    case "/version": return .json(self.version())
    case "/": return .text("/healthz\n/livez\n/readyz\n/metrics\n/version\n")
    default: return .text("no such page; see / for those there are\n", status: 404)
    }
  }

  private func readiness() async -> HTTPResponse {
    var reasons: [(name: String, reason: String)] = []
    if self.isStopping { reasons.append(("shutdown", "the service is stopping")) }
    await withTaskGroup(of: (Int, String?).self) { group in
      for (index, check) in self.checks.enumerated() {
        group.addTask { (index, await Self.result(of: check)) }
      }
      for await (index, reason) in group {
        if let reason { reasons.append((self.checks[index].name, reason)) }
      }
    }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("service", self.description.service)
      writer.member("ready", reasons.isEmpty)
      writer.key("reasons")
      writer.array { writer in
        for (name, reason) in reasons.sorted(by: { $0.name < $1.name }) {
          writer.object { writer in
            writer.member("check", name)
            writer.member("reason", reason)
          }
        }
      }
    }
    return .json(writer.bytes, status: reasons.isEmpty ? 200 : 503)
  }

  /// What `check` says, or that it took too long and what it says then.
  private static func result(of check: ReadinessCheck) async -> String? {
    await withTaskGroup(of: (isLimit: Bool, reason: String?).self) { group in
      group.addTask { (false, await check.check()) }
      group.addTask {
        // Cancelled when the check was faster; then nobody looks at this.
        try? await Task.sleep(for: Self.maxCheckTime, clock: .continuous)
        return (true, nil)
      }
      let first = await group.next()
      group.cancelAll()
      guard first?.isLimit == true else { return first?.reason }
      // A check ends soon when it is cancelled, and often knows what it was waiting for.
      let late = await group.next()?.reason
      return late.map { "no answer in time: \($0)" } ?? "no answer within \(Self.maxCheckTime)"
    }
  }

  private func version() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("service", self.description.service)
      writer.member("version", self.description.version)
      writer.member("revision", self.description.revision)
    }
    return writer.bytes
  }
}
