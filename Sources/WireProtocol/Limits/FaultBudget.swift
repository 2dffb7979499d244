/// How often a peer may break the rules, or cancel what it began, before its connection is closed.
///
/// A token bucket: both make the server work and cost the peer ten bytes (CVE-2023-44487, CVE-2025-8671). Burst and rate
/// are those of nghttp2 for the same purpose.
package struct FaultBudget: Sendable, Hashable {
  /// Faults that may come at once.
  package static let burst = 1000
  /// Faults that are forgiven each second.
  package static let perSecond = 33

  private var left: Double
  private var asOf: ContinuousClock.Instant?

  /// Creates a full budget.
  package init() { self.left = Double(Self.burst) }

  /// Counts a fault.
  ///
  /// - Returns: False when the budget is used up.
  package mutating func spend(at now: ContinuousClock.Instant) -> Bool {
    if let asOf, asOf < now {
      let (seconds, attoseconds) = asOf.duration(to: now).components
      let elapsed = Double(seconds) + Double(attoseconds) * 1e-18
      self.left = min(Double(Self.burst), self.left + elapsed * Double(Self.perSecond))
    }
    self.asOf = max(now, self.asOf ?? now)
    guard self.left >= 1 else { return false }
    self.left -= 1
    return true
  }
}
