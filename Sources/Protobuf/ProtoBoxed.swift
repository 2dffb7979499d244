/// Keeps a singular field of a recursive message on the heap; copied when written to.
@propertyWrapper
public struct ProtoBoxed<Value: Sendable & Hashable>: Sendable, Hashable {
  private final class Storage: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
  }

  private var storage: Storage?

  /// Creates a box.
  public init(wrappedValue: Value?) { self.storage = wrappedValue.map(Storage.init) }

  /// The field's value, nil where it is not set.
  public var wrappedValue: Value? {
    get { self.storage?.value }
    set { self.storage = newValue.map(Storage.init) }
  }

  /// Whether the values are equal.
  public static func == (a: Self, b: Self) -> Bool {
    a.storage === b.storage || a.wrappedValue == b.wrappedValue
  }

  /// Hashes the value.
  public func hash(into hasher: inout Hasher) { hasher.combine(self.wrappedValue) }
}
