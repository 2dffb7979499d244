/// What timestamps and durations write after the second.
enum FractionText {
  /// Nothing, or a point and three, six or nine digits: as many as it takes.
  static func format(_ nanoseconds: Int32) -> String {
    if nanoseconds == 0 { return "" }
    if nanoseconds % 1_000_000 == 0 { return "." + self.padded(nanoseconds / 1_000_000, to: 3) }
    if nanoseconds % 1000 == 0 { return "." + self.padded(nanoseconds / 1000, to: 6) }
    return "." + self.padded(nanoseconds, to: 9)
  }

  static func padded(_ number: some BinaryInteger, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
