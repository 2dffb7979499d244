public import Protobuf

/// A service that a server can offer. Generated protocols refine it.
public protocol RPCService: Sendable {
  /// Full name, such as `verbatim.gateway.v1.GatewayService`.
  static var serviceName: String { get }
  /// The .proto file that declares it, for reflection. Nil: it was not generated from one.
  static var protoFile: ProtoFile? { get }
  /// Its methods.
  var handlers: [RPCHandler] { get }
}

extension RPCService {
  /// None: the service was written by hand.
  public static var protoFile: ProtoFile? { nil }
}
