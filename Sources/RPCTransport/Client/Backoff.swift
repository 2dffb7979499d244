/// Pauses between attempts: longer each time, and never quite the same.
struct Backoff: Sendable {
  let first: Duration
  let longest: Duration
  let factor: Double
  let jitter: Double

  /// The pause after so many failures in a row.
  ///
  /// - Parameters:
  ///   - failures: At least 1.
  ///   - random: 0 to 1.
  func pause(after failures: Int, random: Double) -> Duration {
    var pause = self.first
    // Stops at the longest, long before the number overflows.
    for _ in 1..<max(failures, 1) where pause < self.longest { pause = pause * self.factor }
    return min(pause, self.longest) * (1 + self.jitter * (2 * random - 1))
  }
}
