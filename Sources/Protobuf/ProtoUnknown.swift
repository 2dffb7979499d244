/// Fields that this program's schema does not know, as they came, so that they survive a round trip.
public struct ProtoUnknown: Sendable, Hashable {
  /// Tags and values, one field after the other.
  public var bytes: [UInt8] = []

  /// Creates an empty list.
  @inlinable
  public init() {}

  /// Whether there is no such field.
  @inlinable public var isEmpty: Bool { self.bytes.isEmpty }
}
