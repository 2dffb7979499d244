/// What happens when a call is made twice, as its .proto file says.
public enum Idempotency: Sendable, Hashable {
  /// Not said: a call that may have reached the service is never repeated.
  case unknown
  /// It reads only.
  case noSideEffects
  /// The second call changes nothing more.
  case idempotent

  /// Whether a client may repeat the call by itself.
  public var allowsRepeating: Bool { self != .unknown }
}
