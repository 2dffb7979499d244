public import AdminServer
public import Pipeline
public import RedisQueue

extension ReadinessCheck {
  /// How long a process may begin and finish nothing while there is work.
  public static let maxIdleTime = Duration.seconds(60)

  /// This process gets on: within ``maxIdleTime`` it has begun or finished something, or there is nothing to do.
  ///
  /// Redis is asked only after so long a rest.
  ///
  /// - Parameter lastProgress: When the stage's worker last began or finished something.
  public static func progress(
    of stage: WorkStage, in queue: RedisQueue, maxIdleTime: Duration = ReadinessCheck.maxIdleTime,
    lastProgress: @escaping @Sendable () async -> ContinuousClock.Instant
  ) -> ReadinessCheck {
    ReadinessCheck("\(stage.rawValue) progress") {
      let rest = ContinuousClock.now - (await lastProgress())
      guard rest > maxIdleTime else { return nil }
      do {
        let stats = try await queue.stats()
        // While all is paused nothing is begun but what was fetched.
        if stats.isPaused, stage != .index { return nil }
        // What has just come is not yet a reason.
        guard let now = stats.stages[stage], now.waiting > 0, now.oldest > maxIdleTime else {
          return nil
        }
        let seconds = Int(rest / .seconds(1))
        var text =
          "\(now.waiting) entries wait for the \(stage.rawValue) stage, and for \(seconds) s this process has begun and finished nothing: see its log."
        if stage == .fetch {
          for limit in try await queue.egressLimits() where limit.state == .open {
            text +=
              " Egress identity \(limit.identity) is blocked for \(Int(limit.openFor / .seconds(1)) + 1) s more."
          }
        }
        return text
      } catch {
        return "\(error)"
      }
    }
  }
}
