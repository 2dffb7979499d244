/// The number of a call on its connection.
///
/// Clients count 1, 3, 5, …; even numbers are for calls that servers begin, which nobody does; 0 is the connection itself.
public struct StreamID: Sendable, Hashable, CustomStringConvertible {
  /// The connection itself: frames about all calls.
  public static let connection = StreamID(0)

  /// The number as it travels.
  public let number: UInt32

  /// Creates an id.
  public init(_ number: UInt32) { self.number = number }

  /// Whether a client may have chosen it.
  public var isClientInitiated: Bool { self.number & 1 == 1 }

  /// The number in digits.
  public var description: String { String(self.number) }
}
