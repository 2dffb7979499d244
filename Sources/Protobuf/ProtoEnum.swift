/// A protobuf enum. It is open: numbers without a name are kept.
///
/// Values come from `init(rawValue:)` or from the named cases. `.unrecognized(1)` is not the case whose number is 1,
/// so it is for matching and not for making values.
public protocol ProtoEnum: RawRepresentable<Int32>, Sendable, Hashable {
  /// Creates the value with the number 0.
  init()
  /// Creates the value with that number, `unrecognized` if it has no name.
  init(rawValue: Int32)
}
