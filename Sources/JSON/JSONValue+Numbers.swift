extension JSONValue {
  /// A number that is an integer within 64 bits, exactly: also `1e3` and `2.0`, never a rounded one.
  public var int64: Int64? {
    guard let (isNegative, magnitude) = self.integer else { return nil }
    if isNegative {
      return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }
    return Int64(exactly: magnitude)
  }

  /// A number that is an integer from 0 within 64 bits, exactly: also `1e3` and `2.0`.
  public var uint64: UInt64? {
    guard let (isNegative, magnitude) = self.integer else { return nil }
    return isNegative && magnitude != 0 ? nil : magnitude
  }

  /// ``int64`` as an `Int`.
  public var int: Int? { self.int64.flatMap(Int.init(exactly:)) }

  /// A number's nearest double. Nil for numbers beyond the largest double; tiny ones are rounded to 0.
  public var double: Double? {
    let node = self.node
    guard node.kind == .number else { return nil }
    return withExtendedLifetime(self.storage) { JSONNumber.double(self.storage.slice(node)) }
  }

  private var integer: (isNegative: Bool, magnitude: UInt64)? {
    let node = self.node
    guard node.kind == .number else { return nil }
    return withExtendedLifetime(self.storage) { JSONNumber.integer(self.storage.slice(node)) }
  }
}
