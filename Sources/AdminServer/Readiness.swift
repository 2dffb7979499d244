/// Whether this process can make progress: all of its checks together, asked whenever somebody wants to know.
public actor Readiness {
  /// A check that takes longer counts as failed, so that a probe always gets its answer. Below the one second that
  /// container platforms wait by default.
  public static let maxCheckTime = Duration.milliseconds(800)

  private let checks: [ReadinessCheck]
  private var isStopping = false

  /// - Parameter checks: All must pass.
  public init(_ checks: [ReadinessCheck]) { self.checks = checks }

  /// From now on the process is not ready, so that no new work is sent here while it finishes.
  public func beginGracefulShutdown() { self.isStopping = true }

  /// Why the process is not ready, by check, in the order of their names; empty: it is ready.
  public func reasons() async -> [(name: String, reason: String)] {
    var reasons: [(name: String, reason: String)] = []
    if self.isStopping { reasons.append(("shutdown", "the service is stopping")) }
    await withTaskGroup(of: (Int, String?).self) { group in
      for (index, check) in self.checks.enumerated() {
        group.addTask { (index, await Self.result(of: check)) }
      }
      for await (index, reason) in group {
        if let reason { reasons.append((self.checks[index].name, reason)) }
      }
    }
    return reasons.sorted { $0.name < $1.name }
  }

  /// What `check` says, or that it took too long and what it says then.
  private static func result(of check: ReadinessCheck) async -> String? {
    await withTaskGroup(of: (isLimit: Bool, reason: String?).self) { group in
      group.addTask { (false, await check.check()) }
      group.addTask {
        // Cancelled when the check was faster; then nobody looks at this.
        try? await Task.sleep(for: Self.maxCheckTime, clock: .continuous)
        return (true, nil)
      }
      let first = await group.next()
      group.cancelAll()
      guard first?.isLimit == true else { return first?.reason }
      // A check ends soon when it is cancelled, and often knows what it was waiting for.
      let late = await group.next()?.reason
      return late.map { "no answer in time: \($0)" } ?? "no answer within \(Self.maxCheckTime)"
    }
  }
}
