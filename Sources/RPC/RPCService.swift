/// A service that a server can offer. Generated protocols refine it.
public protocol RPCService: Sendable {
  /// Full name, such as `verbatim.gateway.v1.GatewayService`.
  static var serviceName: String { get }
  /// Its methods.
  var handlers: [RPCHandler] { get }
}
