/// Durations as JSON mapping has them: `-1.500s`.
enum DurationText {
  /// Ten thousand years (`google/protobuf/duration.proto`).
  private static let maxSeconds: Int64 = 315_576_000_000

  /// Text with no, three, six or nine digits of the second; nil where the value is out of range or its two parts
  /// have different signs.
  static func format(_ seconds: Int64, _ nanoseconds: Int32) -> String? {
    guard seconds.magnitude <= self.maxSeconds, nanoseconds.magnitude < 1_000_000_000,
      seconds == 0 || nanoseconds == 0 || (seconds < 0) == (nanoseconds < 0)
    else { return nil }
    let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)" + FractionText.format(Int32(nanoseconds.magnitude)) + "s"
  }

  /// Seconds and nanoseconds, both with the sign; nil for anything else.
  static func parse(_ text: UnsafeBufferPointer<UInt8>) -> (seconds: Int64, nanoseconds: Int32)? {
    var text = DigitReader(text)
    let isNegative = text.take("-")
    guard let seconds = text.number(), let nanoseconds = text.fraction(), text.take("s"),
      text.isAtEnd, seconds <= self.maxSeconds
    else { return nil }
    return isNegative ? (-seconds, -nanoseconds) : (seconds, nanoseconds)
  }
}
