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

  /// Scrapers and probes are few; more is a mistake or an attack.
  public nonisolated static let maxConnections = 64

  private let description: Description
  private let metrics: MetricsRegistry
  private let readiness: Readiness
  private var server: HTTPServer?

  /// Listens at once; ``run()`` serves.
  ///
  /// - Throws: ``NetworkError`` when the address cannot be listened on.
  public init(
    address: String = "127.0.0.1", port: UInt16, description: Description,
    metrics: MetricsRegistry, readiness: Readiness
  ) throws {
    self.description = description
    self.metrics = metrics
    self.readiness = readiness
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

  private func answer(_ request: HTTPRequest) async -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      return .methodNotAllowed("GET", "HEAD")
    }
    switch request.path {
    case "/healthz", "/livez": return .text("ok\n")
    case "/readyz": return await self.readinessPage()
    case "/metrics":
      let headers: HTTPHeaders = ["Content-Type": MetricsRegistry.contentType]
      return HTTPResponse(status: 200, headers: headers, body: .bytes(self.metrics.render()))
    case "/version": return .json(self.version())
    case "/": return .text("/healthz\n/livez\n/readyz\n/metrics\n/version\n")
    default: return .text("no such page; see / for those there are\n", status: 404)
    }
  }

  private func readinessPage() async -> HTTPResponse {
    let reasons = await self.readiness.reasons()
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("service", self.description.service)
      writer.member("ready", reasons.isEmpty)
      writer.key("reasons")
      writer.array { writer in
        for (name, reason) in reasons {
          writer.object { writer in
            writer.member("check", name)
            writer.member("reason", reason)
          }
        }
      }
    }
    return .json(writer.bytes, status: reasons.isEmpty ? 200 : 503)
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
