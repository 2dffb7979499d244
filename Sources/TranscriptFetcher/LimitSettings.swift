internal import Options
internal import Pipeline
internal import RedisQueue
internal import Telemetry

/// Rate limits that were given on the command line, to be written to Redis where all fetchers read them.
actor LimitSettings {
  /// Waits before Redis is tried again.
  private static let backoff = Backoff(from: .milliseconds(100), to: .seconds(1))

  private let writing = TakingLoop()
  private let settings: [String: Double]
  private let queue: RedisQueue
  private let logger: Logger
  private var isWritten = false

  init(_ values: OptionValues, _ queue: RedisQueue, _ logger: Logger) {
    var settings: [String: Double] = [:]
    settings["limit_rate"] = values[FetcherOptions.rateLimit]
    settings["limit_burst"] = values[FetcherOptions.rateBurst].map { Double($0) }
    settings["limit_hourly"] = values[FetcherOptions.rateHourly].map { Double($0) }
    self.settings = settings
    self.queue = queue
    self.logger = logger
  }

  /// Writes them, however long Redis is away: nothing may be fetched under other limits than those that were asked for.
  ///
  /// - Returns: Whether they are written; false after ``stop()`` or a cancellation.
  func write() async -> Bool {
    guard !self.settings.isEmpty else { return true }
    await self.writing.run {
      await self.writeUntilStopped()
    } onCancel: {
      await self.stop()
    }
    return self.isWritten
  }

  /// Gives up.
  func stop() { self.writing.stop() }

  private func writeUntilStopped() async {
    var backoff = Self.backoff
    var isFirst = true
    while !Task.isCancelled {
      do {
        try await self.queue.configure(self.settings)
        self.isWritten = true
        return
      } catch {
        if isFirst, !Task.isCancelled {
          self.logger.warning(
            "The rate limits could not be written to Redis; trying again.", [.error: "\(error)"])
        }
        isFirst = false
        await backoff.pause()
      }
    }
  }
}
