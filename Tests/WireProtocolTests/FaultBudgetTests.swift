internal import Testing
internal import WireProtocol

@Suite("Budget for faults")
struct FaultBudgetTests {
  /// How many of so many faults are forgiven.
  private func forgiven(
    _ count: Int, _ budget: inout FaultBudget, at now: ContinuousClock.Instant
  ) -> Int {
    var forgiven = 0
    for _ in 0..<count where budget.spend(at: now) { forgiven += 1 }
    return forgiven
  }

  @Test("A burst is forgiven, one fault more is not, and time gives some back")
  func burst() {
    var budget = FaultBudget()
    let start = ContinuousClock.now
    #expect(self.forgiven(FaultBudget.burst + 5, &budget, at: start) == FaultBudget.burst)
    let later = start + .seconds(2)
    #expect(
      self.forgiven(FaultBudget.burst, &budget, at: later) == 2 * FaultBudget.perSecond)
  }

  @Test("A long rest gives no more than a burst")
  func rest() {
    var budget = FaultBudget()
    let start = ContinuousClock.now
    #expect(self.forgiven(1, &budget, at: start) == 1)
    let later = start + .seconds(100_000)
    #expect(self.forgiven(FaultBudget.burst + 5, &budget, at: later) == FaultBudget.burst)
  }
}
