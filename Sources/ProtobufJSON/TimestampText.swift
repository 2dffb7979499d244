/// Timestamps as RFC 3339 has them: `2026-01-02T03:04:05.500Z`.
enum TimestampText {
  /// From the begin of year 1 to the end of year 9999, in seconds since 1970 (`google/protobuf/timestamp.proto`).
  private static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
  private static let secondsPerDay: Int64 = 86_400
  /// Days from the first of March of year 0 to the first of January 1970.
  private static let daysToEpoch: Int64 = 719_468
  private static let daysPer400Years: Int64 = 146_097

  /// Text in UTC with no, three, six or nine digits of the second; nil beyond year 1 to 9999.
  static func format(_ seconds: Int64, _ nanoseconds: Int32) -> String? {
    guard self.range.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
      return nil
    }
    let days = seconds >= 0 ? seconds / self.secondsPerDay : (seconds + 1) / self.secondsPerDay - 1
    let time = seconds - days * self.secondsPerDay
    let (year, month, day) = self.date(days)
    func two(_ number: Int64) -> String { FractionText.padded(number, to: 2) }
    return FractionText.padded(year, to: 4) + "-" + two(month) + "-" + two(day) + "T"
      + two(time / 3600) + ":" + two(time / 60 % 60) + ":" + two(time % 60)
      + FractionText.format(nanoseconds) + "Z"
  }

  /// Seconds since 1970 and nanoseconds; nil for anything else than RFC 3339 within year 1 to 9999.
  static func parse(_ text: UnsafeBufferPointer<UInt8>) -> (seconds: Int64, nanoseconds: Int32)? {
    var text = DigitReader(text)
    guard let year = text.number(digits: 4), text.take("-"), let month = text.number(digits: 2),
      text.take("-"), let day = text.number(digits: 2), text.take("T"),
      let hour = text.number(digits: 2), text.take(":"), let minute = text.number(digits: 2),
      text.take(":"), let second = text.number(digits: 2),
      let nanoseconds = text.fraction(), let offset = self.offset(&text), text.isAtEnd,
      year >= 1, (1...12).contains(month), day >= 1, day <= self.days(in: month, of: year),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let days = self.days(year, month, day)
    let seconds = days * self.secondsPerDay + hour * 3600 + minute * 60 + second - offset
    return self.range.contains(seconds) ? (seconds, nanoseconds) : nil
  }

  /// The zone's distance from UTC in seconds: `Z`, or hours and minutes with their sign.
  private static func offset(_ text: inout DigitReader) -> Int64? {
    if text.take("Z") { return 0 }
    let isEast = text.take("+")
    guard isEast || text.take("-"), let hours = text.number(digits: 2), text.take(":"),
      let minutes = text.number(digits: 2), hours < 24, minutes < 60
    else { return nil }
    return (hours * 60 + minutes) * (isEast ? 60 : -60)
  }

  // The Gregorian calendar, counted in years that begin in March so that the leap day is their last.

  private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + self.daysToEpoch
    // Never negative: year 1 is the earliest.
    let era = shifted / self.daysPer400Years
    let dayOfEra = shifted % self.daysPer400Years
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let yearOfEra = year % 400
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return year / 400 * self.daysPer400Years + dayOfEra - self.daysToEpoch
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
