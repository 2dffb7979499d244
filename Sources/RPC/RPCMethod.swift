/// One method, whatever its messages are.
public struct RPCMethod: Sendable, Hashable, CustomStringConvertible {
  /// Full name of the service, without a slash.
  public let service: String
  /// Name of the method.
  public let name: String
  /// Which sides are streams.
  public let kind: MethodKind
  /// Whether it may be repeated.
  public let idempotency: Idempotency

  /// Creates a method.
  public init(service: String, name: String, kind: MethodKind, idempotency: Idempotency) {
    self.service = service
    self.name = name
    self.kind = kind
    self.idempotency = idempotency
  }

  /// `verbatim.gateway.v1.GatewayService/Search`.
  public var description: String { "\(self.service)/\(self.name)" }
}
