internal import Options
internal import RedisQueue
internal import Telemetry

/// Rate limits that were given on the command line, to be written to Redis where all fetchers read them.
struct LimitSettings {
  /// Wait before Redis is tried again.
  static let retryDelay = Duration.seconds(1)

  private let settings: [String: Double]
  private let queue: RedisQueue
  private let logger: Logger

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
  func write() async {
    guard !self.settings.isEmpty else { return }
    var isFirst = true
    while !Task.isCancelled {
      do {
        return try await self.queue.configure(self.settings)
      } catch {
        if isFirst {
          self.logger.warning(
            "The rate limits could not be written to Redis; trying again.", [.error: "\(error)"])
        }
        isFirst = false
        // A cancelled pause ends the loop at its head.
        try? await Task.sleep(for: Self.retryDelay, clock: .continuous)
      }
    }
  }
}
