internal import RPC
internal import Networking
internal import Telemetry
internal import WireProtocol

/// One method of a server, with all that is known of it before the first call.
@NetworkActor
final class Route {
  nonisolated let method: RPCMethod
  nonisolated let body: RPCHandler.Body
  /// `service/method`, for logs.
  nonisolated let name: String
  let shape: CallShape
  /// Nil: anyone.
  private let allowed: Set<String>?
  let metrics: CallMetrics?

  init(_ handler: RPCHandler, allowed: Set<String>?, metrics: CallMetrics?) {
    self.method = handler.method
    self.body = handler.body
    self.name = handler.method.description
    self.shape = handler.method.kind.shape
    self.allowed = allowed
    self.metrics = metrics
  }

  /// Why a client may not call it; nil if it may.
  func refusal(of peer: RPCPeer) -> Status? {
    guard let allowed, !peer.identities.contains(where: allowed.contains) else { return nil }
    let identity =
      peer.identities.isEmpty
      ? "a client without a certificate" : peer.identities.joined(separator: ", ")
    return RPCError(
      .permissionDenied,
      "\(identity) may not call \(self.name); the server's table of allowed identities decides"
    ).status
  }
}

/// All methods of a server.
@NetworkActor
final class Routes {
  /// The method in metrics of what does not exist: names that clients make up would fill the memory.
  static let unknownMethod = "_OTHER"

  private var services: [String: [String: Route]] = [:]
  let unknownMetrics: CallMetrics?

  init(
    _ services: [any RPCService], _ options: RPCServerOptions, _ allow: RPCAllowTable,
    _ metrics: MetricsRegistry?
  ) {
    let family = metrics?.histograms(
      "rpc_server_call_duration_seconds", help: "How long calls took that were answered here.",
      labels: ["method", "code"])
    self.unknownMetrics = family.map { CallMetrics($0, method: Self.unknownMethod) }
    for handler in services.flatMap(\.handlers) {
      let method = handler.method
      precondition(
        self.services[method.service]?[method.name] == nil, "two services answer \(method)")
      self.services[method.service, default: [:]][method.name] = Route(
        handler.intercepted(by: options.interceptors),
        allowed: allow.allowed(service: method.service, method: method.name),
        metrics: family.map { CallMetrics($0, method: method.description) })
    }
  }

  enum Found {
    case route(Route)
    case unknownService
    case unknownMethod
  }

  func find(_ service: String, _ method: String) -> Found {
    guard let methods = self.services[service] else { return .unknownService }
    return methods[method].map { .route($0) } ?? .unknownMethod
  }
}
