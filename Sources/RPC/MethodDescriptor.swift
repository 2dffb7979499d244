public import Protobuf

/// What generated code says of one method.
public struct MethodDescriptor<Request: ProtoMessage, Response: ProtoMessage>: Sendable {
  /// Full name of the service, without a slash.
  public let service: String
  /// Name of the method.
  public let name: String
  /// Which sides are streams.
  public let kind: MethodKind
  /// Whether it may be repeated.
  public let idempotency: Idempotency

  /// Creates a descriptor. Called by generated code.
  public init(service: String, name: String, kind: MethodKind, idempotency: Idempotency) {
    self.service = service
    self.name = name
    self.kind = kind
    self.idempotency = idempotency
  }

  /// The same without the message types.
  public var erased: RPCMethod {
    RPCMethod(
      service: self.service, name: self.name, kind: self.kind, idempotency: self.idempotency)
  }
}
