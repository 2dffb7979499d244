/// How much an index worker does at once, and how long it waits.
public struct IndexWorkerOptions: Hashable, Sendable {
  /// Documents in one transaction.
  public var maxBatch = 64
  /// Compressed bytes in one batch; a single larger payload comes alone.
  public var maxBatchBytes = 8 << 20
  /// Batches in work: one is written while the next is taken and decoded.
  public var maxConcurrentBatches = 2
  /// Below the lease (30 s), so that two lost heartbeats lose nothing.
  public var heartbeatInterval = Duration.seconds(10)
  /// How long one take waits for work.
  public var takeWait = Duration.seconds(30)
  /// What is in work at a graceful stop may take so long; then it is given back.
  public var shutdownTimeout = Duration.seconds(20)
  /// Wait after an error of the queue or the index, doubled each time.
  public var minErrorDelay = Duration.milliseconds(100)
  public var maxErrorDelay = Duration.seconds(10)

  public init() {}
}
