internal import Glibc

/// Draws what happens to one request.
struct Dice: Sendable {
  let seed: UInt64
  let path: Scenario.Path
  /// What is asked for: a video, or a page of a playlist.
  let subject: String
  /// Counts from 1.
  let attempt: Int

  /// How long the request takes.
  func latency(_ scenario: Scenario) -> Duration {
    let latency = scenario.latency[self.path] ?? scenario.defaultLatency
    guard latency.medianMilliseconds > 0 else { return .zero }
    var random = self.generator("latency")
    var milliseconds = latency.medianMilliseconds
    if latency.sigma > 0 { milliseconds *= exp(latency.sigma * random.normal()) }
    if random.chance(latency.tailShare) { milliseconds *= latency.tailFactor }
    return .microseconds(Int64(min(milliseconds, Self.maxMilliseconds) * 1000))
  }

  /// What goes wrong with it, if anything.
  func rule(_ scenario: Scenario, identity: String) -> Scenario.Rule? {
    guard !scenario.rules.isEmpty else { return nil }
    var random = self.generator("fault")
    for rule in scenario.rules {
      // Drawn for every rule, so that adding a condition to one does not shift the others.
      let strikes = random.chance(rule.probability)
      guard strikes, rule.path == nil || rule.path == self.path,
        rule.attempts.map({ self.attempt <= $0 }) ?? true,
        rule.identity == nil || rule.identity == identity,
        rule.subject == nil || rule.subject == self.subject
      else { continue }
      return rule
    }
    return nil
  }

  /// One of the statuses of a failing server.
  func serverError() -> Int {
    var random = self.generator("status")
    return random.pick([500, 502, 503, 504])
  }

  private static let maxMilliseconds = 600_000.0

  private func generator(_ purpose: String) -> SeededGenerator {
    SeededGenerator(
      seed: self.seed, purpose, self.path.rawValue, self.subject, number: UInt64(self.attempt))
  }
}
