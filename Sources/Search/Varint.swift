/// Little-endian base-128 integers, seven bits in each byte (as in Protocol Buffers).
public enum Varint {
  /// Appends `value`; 1 to 10 bytes.
  public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  /// Appends a signed value: small ones of both signs are short (zigzag).
  public static func append(signed value: Int64, to bytes: inout [UInt8]) {
    Self.append(UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &bytes)
  }

  /// Reads integers from the start of `bytes` on.
  public struct Reader: Sendable {
    public private(set) var position: Int
    private let bytes: [UInt8]

    public init(_ bytes: [UInt8], position: Int = 0) {
      self.bytes = bytes
      self.position = position
    }

    public var isAtEnd: Bool { self.position >= self.bytes.count }

    /// Nil when the bytes end within the integer, or it does not fit into 64 bits.
    public mutating func next() -> UInt64? {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while self.position < self.bytes.count, shift < 64 {
        let byte = self.bytes[self.position]
        self.position += 1
        let part = UInt64(byte & 0x7F)
        guard shift < 63 || part <= 1 else { return nil }
        value |= part << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      return nil
    }

    public mutating func nextSigned() -> Int64? {
      self.next().map { Int64(bitPattern: ($0 >> 1)) ^ -Int64(bitPattern: $0 & 1) }
    }

    /// A count or length: nil also when it is larger than `max`.
    public mutating func nextCount(max: Int) -> Int? {
      guard let value = self.next(), value <= UInt64(max) else { return nil }
      return Int(value)
    }

    /// The next `count` bytes; nil when there are fewer.
    public mutating func nextBytes(_ count: Int) -> ArraySlice<UInt8>? {
      guard count >= 0, count <= self.bytes.count - self.position else { return nil }
      defer { self.position += count }
      return self.bytes[self.position..<self.position + count]
    }
  }
}
