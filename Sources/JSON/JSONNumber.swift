/// Values of numbers in JSON's grammar.
public enum JSONNumber {
  /// Whether a text is a number by RFC 8259 and nothing else.
  public static func isValid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var rest = text[...]
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    /// Takes digits; how many.
    func digits() -> Int {
      let count = rest.prefix { $0 &- 0x30 < 10 }.count
      rest = rest.dropFirst(count)
      return count
    }
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let integerDigits = digits()
    guard integerDigits > 0, !startsWithZero || integerDigits == 1 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { return false }
    }
    if let first = rest.first, first | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  /// The integer that a number is, exactly; nil where it has a fraction or more than 64 bits.
  ///
  /// - Parameter text: A number for which ``isValid(_:)`` is true.
  public static func integer(
    _ text: UnsafeBufferPointer<UInt8>
  ) -> (isNegative: Bool, magnitude: UInt64)? {
    let isNegative = text.first == UInt8(ascii: "-")
    var at = isNegative ? 1 : 0
    // The number is magnitude * 10^scale. Zeros at the end wait in `zeros`, so that 1.000 and 10e-1 stay integers.
    var magnitude: UInt64 = 0
    var zeros = 0
    var scale = 0
    var isFraction = false
    while at < text.count {
      let digit = UInt64(text[at] &- 0x30)
      if digit == 0 {
        zeros += 1
      } else if digit < 10 {
        if magnitude == 0 {
          magnitude = digit
        } else {
          guard let shifted = self.shifted(magnitude, by: zeros + 1) else { return nil }
          let (sum, overflow) = shifted.addingReportingOverflow(digit)
          if overflow { return nil }
          magnitude = sum
        }
        zeros = 0
      } else if text[at] == UInt8(ascii: ".") {
        isFraction = true
        at += 1
        continue
      } else {
        break
      }
      if isFraction { scale -= 1 }
      at += 1
    }
    if magnitude == 0 { return (isNegative, 0) }
    scale += zeros
    if at < text.count { scale += self.exponent(text, at: at + 1) }
    guard scale >= 0, let value = self.shifted(magnitude, by: scale) else { return nil }
    return (isNegative, value)
  }

  /// The double nearest to a number; nil beyond the largest.
  ///
  /// - Parameter text: A number for which ``isValid(_:)`` is true.
  public static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    if let exact = self.exactDouble(text) { return exact }
    let value = Double(String(decoding: text, as: UTF8.self))
    return value.flatMap { $0.isFinite ? $0 : nil }
  }

  /// Powers of ten that a double holds exactly.
  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The common case: digits and a power of ten that doubles hold exactly need one operation, which rounds once
  /// (W. D. Clinger, "How to Read Floating Point Numbers Accurately", 1990).
  private static func exactDouble(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    let isNegative = text.first == UInt8(ascii: "-")
    var at = isNegative ? 1 : 0
    var digits: UInt64 = 0
    var scale = 0
    var isFraction = false
    while at < text.count {
      let digit = UInt64(text[at] &- 0x30)
      if digit < 10 {
        guard digits < 1 << 53 / 10 else { return nil }
        digits = digits * 10 + digit
        if isFraction { scale -= 1 }
      } else if text[at] == UInt8(ascii: ".") {
        isFraction = true
      } else {
        scale += self.exponent(text, at: at + 1)
        break
      }
      at += 1
    }
    guard scale >= -22, scale <= 22 else { return nil }
    let power = self.powersOfTen[abs(scale)]
    let value = scale < 0 ? Double(digits) / power : Double(digits) * power
    return isNegative ? -value : value
  }

  /// The exponent's value, held within bounds that no limit on a text's size reaches.
  private static func exponent(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Int {
    let bound = 1 << 40
    var at = start
    let isNegative = text[at] == UInt8(ascii: "-")
    if isNegative || text[at] == UInt8(ascii: "+") { at += 1 }
    var value = 0
    while at < text.count, value < bound {
      value = value * 10 + Int(text[at] &- 0x30)
      at += 1
    }
    return isNegative ? -value : value
  }

  private static func shifted(_ value: UInt64, by places: Int) -> UInt64? {
    // 10^19 is the largest power within 64 bits.
    guard places < 20 else { return nil }
    var value = value
    for _ in 0..<places {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = product
    }
    return value
  }
}
