internal import Glibc
internal import Networking

/// The `Date` field, formatted once a second.
@NetworkActor
enum HTTPDate {
  private static var second: time_t = 0
  private static var text = ""

  /// The time now, as RFC 9110 §5.6.7 writes it.
  static func now() -> String {
    let now = time(nil)
    if now != self.second {
      self.second = now
      self.text = self.format(now)
    }
    return self.text
  }

  nonisolated static func format(_ seconds: time_t) -> String {
    var seconds = seconds
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday) % 7]
    let month = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ][Int(parts.tm_mon) % 12]
    return "\(day), \(two(parts.tm_mday)) \(month) \(1900 + parts.tm_year) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
