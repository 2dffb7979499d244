/// Reads the digits and signs of timestamps and durations.
struct DigitReader {
  /// Digits of a number of any length: more than a duration's seconds have, and no overflow.
  private static let maxDigits = 18
  private static let fractionDigits = 9

  private var rest: UnsafeBufferPointer<UInt8>.SubSequence

  init(_ text: UnsafeBufferPointer<UInt8>) { self.rest = text[...] }

  var isAtEnd: Bool { self.rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard self.rest.first == UInt8(ascii: character) else { return false }
    self.rest = self.rest.dropFirst()
    return true
  }

  /// A number of exactly so many digits.
  mutating func number(digits: Int) -> Int64? {
    guard self.digitCount >= digits else { return nil }
    return self.value(digits)
  }

  /// A number of as many digits as there are.
  mutating func number() -> Int64? {
    let digits = self.digitCount
    return (1...Self.maxDigits).contains(digits) ? self.value(digits) : nil
  }

  /// A point and one to nine digits, as nanoseconds; 0 where there is no point.
  mutating func fraction() -> Int32? {
    guard self.take(".") else { return 0 }
    let digits = self.digitCount
    guard (1...Self.fractionDigits).contains(digits) else { return nil }
    var value = self.value(digits)
    for _ in digits..<Self.fractionDigits { value *= 10 }
    return Int32(value)
  }

  private var digitCount: Int { self.rest.prefix { (0x30...0x39).contains($0) }.count }

  private mutating func value(_ digits: Int) -> Int64 {
    let value = self.rest.prefix(digits).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    self.rest = self.rest.dropFirst(digits)
    return value
  }
}
