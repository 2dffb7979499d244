internal import Glibc

/// Wall-clock time and its written forms.
enum Timestamps {
  /// Milliseconds since 1970.
  static func now() -> Int64 {
    var time = timespec()
    // Cannot fail for this clock.
    _ = clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Reads `2026-07-02` or `2026-07-02T07:36:26-07:00`; nil when it is neither.
  static func milliseconds(iso8601 text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 10, bytes[4] == 0x2D, bytes[7] == 0x2D,
      let year = Self.number(bytes[0..<4]),
      let month = Self.number(bytes[5..<7]), let day = Self.number(bytes[8..<10]),
      (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var seconds = Self.days(year, month, day) * 86_400
    guard bytes.count >= 19, bytes[10] == 0x54, let hour = Self.number(bytes[11..<13]),
      let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19])
    else { return seconds * 1000 }
    seconds += hour * 3600 + minute * 60 + second
    let zone = bytes[19...].drop { $0 == 0x2E || (0x30...0x39).contains($0) }
    if zone.count >= 6, let sign = zone.first, sign == 0x2B || sign == 0x2D {
      let digits = Array(zone)
      if let hours = Self.number(digits[1..<3]), let minutes = Self.number(digits[4..<6]) {
        seconds += (sign == 0x2B ? -1 : 1) * (hours * 3600 + minutes * 60)
      }
    }
    return seconds * 1000
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  /// Days from 1970 to a date of the Gregorian calendar.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    // Years begin in March, so that the leap day is the last.
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
