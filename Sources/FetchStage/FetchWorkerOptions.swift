/// How much a fetch worker does at once, and how long it waits.
public struct FetchWorkerOptions: Hashable, Sendable {
  /// Videos in work at once. Memory: about one transcript each.
  public var maxConcurrentFetches = 1000
  /// How long one video may take, waiting for the rate limit included.
  public var fetchTimeout = Duration.seconds(300)
  /// Results in one report. While a report is on its way the next collects, so a busy worker sends full ones and
  /// an idle one sends at once.
  public var maxReportBatch = 128
  /// The largest compressed transcript; a larger one fails for good.
  public var maxPayloadBytes = 8 << 20
  /// Well below the lease (30 s), so that two lost heartbeats lose nothing.
  public var heartbeatInterval = Duration.seconds(10)
  /// How long one take waits for work.
  public var takeWait = Duration.seconds(30)
  /// What is in work at a graceful stop may take so long; then it is given back.
  public var shutdownTimeout = Duration.seconds(20)
  /// Wait after an error of the queue, doubled each time.
  public var minErrorDelay = Duration.milliseconds(100)
  public var maxErrorDelay = Duration.seconds(5)

  public init() {}
}
