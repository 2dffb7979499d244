extension ValueParser where Value == Duration {
  /// A length of time with its unit: `500ms`, `30s`, `1.5s`, `5m`, `2h`, `1h30m`.
  public static var duration: Self { .duration(in: .zero ... .seconds(Units.maxSeconds)) }

  /// A length of time in a range.
  public static func duration(in range: ClosedRange<Duration>) -> Self {
    Self(placeholder: "TIME", show: Units.text) { text in
      guard let value = Units.duration(text) else {
        throw ValueProblem(
          "not a length of time",
          remedy: "write a number with its unit, such as 500ms, 30s, 5m or 2h")
      }
      guard range.contains(value) else {
        throw ValueProblem(
          "out of range",
          remedy: "write \(Units.text(range.lowerBound)) to \(Units.text(range.upperBound))")
      }
      return value
    }
  }
}

extension ValueParser where Value == Int {
  /// A number of bytes: `4096`, `64KiB`, `8MiB`, `1GiB`, `5MB` (powers of ten).
  public static var byteSize: Self { .byteSize(0...Int.max) }

  /// A number of bytes in a range.
  public static func byteSize(_ range: ClosedRange<Int>) -> Self {
    Self(placeholder: "SIZE", show: Units.byteText) { text in
      guard let value = Units.bytes(text) else {
        throw ValueProblem("not a size", remedy: "write it like 4096, 64KiB, 8MiB or 1GiB")
      }
      guard range.contains(value) else {
        throw ValueProblem(
          "out of range",
          remedy: "write \(Units.byteText(range.lowerBound)) to \(Units.byteText(range.upperBound))"
        )
      }
      return value
    }
  }
}

/// Numbers with units, as text and back.
enum Units {
  /// A hundred years: whatever is longer is a slip, and the sum must not overflow.
  static let maxSeconds = 3_155_760_000

  private static let durations: [(unit: String, milliseconds: Double)] = [
    ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  private static let sizes: [(unit: String, bytes: Double)] = [
    ("b", 1), ("kib", 0x1p10), ("mib", 0x1p20), ("gib", 0x1p30), ("tib", 0x1p40),
    ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12),
  ]

  static func duration(_ text: String) -> Duration? {
    if text == "0" { return .zero }
    var rest = text[...]
    var milliseconds = 0.0
    repeat {
      guard let number = Self.number(&rest) else { return nil }
      let unit = rest.prefix { $0.isLetter }
      rest.removeFirst(unit.count)
      guard let factor = Self.durations.first(where: { $0.unit == unit })?.milliseconds else {
        return nil
      }
      milliseconds += number * factor
    } while !rest.isEmpty
    guard milliseconds <= Double(Self.maxSeconds) * 1_000 else { return nil }
    return .milliseconds(Int64(milliseconds.rounded()))
  }

  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    if seconds == 0, milliseconds != 0 { return "\(milliseconds)ms" }
    var parts = ""
    if seconds >= 3600 { parts += "\(seconds / 3600)h" }
    if seconds % 3600 >= 60 { parts += "\(seconds % 3600 / 60)m" }
    let rest = seconds % 60
    if milliseconds != 0 {
      var fraction = String(milliseconds + 1_000).dropFirst()
      while fraction.last == "0" { fraction.removeLast() }
      parts += "\(rest).\(fraction)s"
    } else if rest != 0 || parts.isEmpty {
      parts += "\(rest)s"
    }
    return parts
  }

  static func bytes(_ text: String) -> Int? {
    var rest = text[...]
    guard let number = Self.number(&rest) else { return nil }
    let unit = rest.trimmingSpaces().lowercased()
    guard let factor = unit.isEmpty ? 1 : Self.sizes.first(where: { $0.unit == unit })?.bytes else {
      return nil
    }
    return Int(exactly: (number * factor).rounded())
  }

  static func byteText(_ bytes: Int) -> String {
    for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
    where bytes >> shift > 0 && bytes % (1 << shift) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return String(bytes)
  }

  /// Takes digits, and a fraction, from the front.
  private static func number(_ rest: inout Substring) -> Double? {
    let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
    guard let first = digits.first, first != ".", let number = Double(digits) else { return nil }
    rest.removeFirst(digits.count)
    return number
  }
}
