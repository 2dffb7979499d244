/// Times as people read them.
enum TimeText {
  /// A place in a video, or what is left: `0:08`, `12:34`, `1:02:03`.
  static func clock(_ milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1000
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let hours = seconds / 3600
    let rest = "\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    return hours > 0 ? "\(hours):\(rest)" : rest.hasPrefix("0") ? String(rest.dropFirst()) : rest
  }

  static func clock(seconds: Double) -> String {
    // What a peer sends need not be a number that fits.
    seconds.isFinite ? Self.clock(Int64(min(max(0, seconds.rounded()), 1e9)) * 1000) : "?"
  }

  /// How long something took: `640 ms`, `3.2 s`, `2 min 5 s`, `1 h 20 min`.
  static func short(_ duration: Duration) -> String {
    let milliseconds = Int64(min(max(0, duration / .milliseconds(1)), 1e15))
    switch milliseconds {
    case ..<1000: return "\(max(0, milliseconds)) ms"
    case ..<10_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    case ..<60_000: return "\(milliseconds / 1000) s"
    case ..<3_600_000:
      let seconds = milliseconds / 1000 % 60
      return "\(milliseconds / 60_000) min" + (seconds == 0 ? "" : " \(seconds) s")
    default:
      let minutes = milliseconds / 60_000 % 60
      return "\(milliseconds / 3_600_000) h" + (minutes == 0 ? "" : " \(minutes) min")
    }
  }

  /// How long ago something was, roughly. Both in seconds since 1970.
  static func age(of time: Int64, now: Int64) -> String {
    let seconds = now.subtractingReportingOverflow(time).partialValue
    return switch seconds {
    case ..<5: "just now"
    case ..<120: "\(seconds) s ago"
    case ..<7200: "\(seconds / 60) min ago"
    case ..<172_800: "\(seconds / 3600) h ago"
    default: "\(seconds / 86400) days ago"
    }
  }
}

/// Numbers as people read them.
enum NumberText {
  /// `1` `video`, `2` `videos`.
  static func counted(_ count: Int64, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
  }

  /// One digit after the point below 100: `24.1`, `0.3`, `250`.
  static func rate(_ number: Double) -> String {
    guard number.isFinite else { return "?" }
    let tenths = Int64(min(max(0, number * 10), 1e12).rounded())
    return tenths < 1000 ? "\(tenths / 10).\(tenths % 10)" : "\((tenths + 5) / 10)"
  }
}
