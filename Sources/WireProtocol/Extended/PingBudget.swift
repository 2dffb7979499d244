/// How many PINGs a peer may send: each makes this side work, and is for looking whether it lives, not for measuring.
///
/// ``WireLimits/pingBurst`` at once, then one for each interval.
struct PingBudget: Sendable, Hashable {
  private let interval: Duration
  private var left = WireLimits.pingBurst
  private var asOf: ContinuousClock.Instant?

  init(interval: Duration) { self.interval = interval }

  /// Counts a PING.
  ///
  /// - Returns: False when there were too many.
  mutating func spend(at now: ContinuousClock.Instant) -> Bool {
    var asOf = self.asOf ?? now
    while self.left < WireLimits.pingBurst, asOf + self.interval <= now {
      self.left += 1
      asOf += self.interval
    }
    // What is earned while the budget is full is not saved.
    self.asOf = self.left == WireLimits.pingBurst ? now : asOf
    guard self.left > 0 else { return false }
    self.left -= 1
    return true
  }
}
