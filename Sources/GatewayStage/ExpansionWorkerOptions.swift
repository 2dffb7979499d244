/// How many playlists a gateway lists at once, and how long it waits.
public struct ExpansionWorkerOptions: Hashable, Sendable {
  /// Playlists in work at once. Each holds one page, and one call to a fetcher.
  public var maxConcurrentExpansions = 16
  /// Well below the lease (30 s), so that two lost heartbeats lose nothing.
  public var heartbeatInterval = Duration.seconds(10)
  /// How long one take waits for work.
  public var takeWait = Duration.seconds(30)
  /// Wait after an error of the queue, doubled each time.
  public var minErrorDelay = Duration.milliseconds(100)
  public var maxErrorDelay = Duration.seconds(5)

  public init() {}
}
