internal import Networking
internal import Pipeline
internal import RedisClient

/// How a process takes entries of one stage: its own of an earlier life first, every few seconds those of workers that
/// went quiet, else new ones; and how it waits for them without polling.
///
/// A function cannot block, so the wait is a plain `XREAD BLOCK` on the work stream itself, from the id that the take
/// saw: nothing that was added in between is missed, and nothing needs to be trimmed. It delivers nothing, it only wakes.
/// Takes of one stage go one after another: a process has one loop that takes.
@NetworkActor
final class StageReader {
  /// Between two looks for quiet workers, give or take a fifth so that workers do not come in step.
  static let sweepInterval = Duration.seconds(5)

  private let waiter: RedisClient
  private let key: String
  /// Own entries after this id have not been looked at since the process began; nil: all have.
  private var ownAfter: String? = "0"
  private var nextSweep = ContinuousClock.now
  /// A sweep goes on until it finds nothing more.
  private var isSweeping = false

  nonisolated init(_ configuration: RedisConfiguration, key: String) {
    var configuration = configuration
    // Its own connection: a blocked one answers nothing else.
    configuration.clientName += "-wait"
    self.waiter = RedisClient(configuration)
    self.key = key
  }

  func close() { self.waiter.close() }

  /// Takes tasks, waiting for the first at most `wait`.
  ///
  /// - Parameters:
  ///   - read: Calls the stage's take function with its `from` argument.
  ///   - tidy: Does the stage's upkeep.
  func take<Task>(
    wait: Duration, read: @Sendable (String) async throws -> Taken<Task>,
    tidy: @Sendable () async throws -> Void
  ) async throws -> [Task] {
    let deadline = ContinuousClock.now + wait
    while true {
      while let after = self.ownAfter {
        let own = try await read(after)
        self.ownAfter = own.last.isEmpty ? nil : own.last
        guard own.tasks.isEmpty else { return own.tasks }
      }
      if self.nextSweep <= .now {
        self.nextSweep = .now + Self.sweepInterval * Double.random(in: 0.8...1.2)
        self.isSweeping = true
        try await tidy()
      }
      while self.isSweeping {
        let idle = try await read("idle")
        self.isSweeping = !idle.last.isEmpty
        guard idle.tasks.isEmpty else { return idle.tasks }
      }
      let new = try await read(">")
      guard new.tasks.isEmpty, ContinuousClock.now < deadline else { return new.tasks }
      try Swift.Task.checkCancellation()
      var until = min(deadline, self.nextSweep)
      if let due = new.due { until = min(until, .now + due) }
      try await self.wait(after: new.last, until: until)
    }
  }

  /// Returns when the stream has an entry after `last`, or at `until`; sooner when the connection is lost.
  private func wait(after last: String, until: ContinuousClock.Instant) async throws {
    // At least a millisecond: zero would block for ever.
    let time = max(.milliseconds(1), until - .now)
    let command = RedisCommand(
      "XREAD", "COUNT", "1", "BLOCK", String(time.wholeMilliseconds), "STREAMS", self.key, last)
    do {
      _ = try await self.waiter.sendBlocking(command, blockedFor: time)
    } catch {
      try Swift.Task.checkCancellation()
      // The next take finds out what is wrong; connecting again, this client goes slower each time.
      switch error.code {
      case .connectionLost, .timeout, .moved: break
      default: throw QueueError(error)
      }
    }
  }
}
