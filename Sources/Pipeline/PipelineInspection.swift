/// How the pipeline is, for operators. Implemented in Redis by `RedisQueue`.
///
/// All calls throw ``QueueError``.
public protocol PipelineInspection: Sendable {
  func stats() async throws -> PipelineStats
  /// The egress identities that were used in the last day, by name.
  func egressLimits() async throws -> [EgressLimit]
  /// Compares what is kept twice and mends what differs.
  ///
  /// - Parameter job: Nil: all jobs that run, and what they share.
  /// - Returns: Nil: no such job.
  func audit(_ job: JobID?) async throws -> AuditReport?
}

/// The stages of the pipeline.
public enum WorkStage: String, Hashable, Sendable, CaseIterable {
  case expand, fetch, index
}

/// One stage, now.
public struct StageStats: Hashable, Sendable {
  /// Entries that nobody has taken yet.
  public var waiting = 0
  /// Entries with a worker.
  public var inWork = 0
  /// Age of the oldest entry; zero: there is none.
  public var oldest = Duration.zero
  /// Entries taken over from workers that went quiet, since the beginning.
  public var reclaimed = 0

  public init() {}
}

/// How much is where, and what was counted since the beginning.
public struct PipelineStats: Hashable, Sendable {
  public var isPaused = false
  public var runningJobs = 0
  /// Jobs whose videos wait for their turn, and those videos (of the first 1,000 jobs of each priority).
  public var waitingJobs = 0
  public var backlog = 0
  public var stages: [WorkStage: StageStats] = [:]
  /// Tasks that wait for their next attempt.
  public var delayed = 0
  public var deadLetters = 0
  /// Videos that are fetched and not yet indexed, and the bytes of their payloads.
  public var heldVideos = 0
  public var heldBytes = 0
  /// Results that were refused because their worker had lost the task.
  public var staleResults = 0
  /// What audits have mended.
  public var repairs = 0

  public init() {}
}

/// The rate limit of an egress identity, now.
public struct EgressLimit: Hashable, Sendable {
  public enum State: Hashable, Sendable, CaseIterable { case closed, open, halfOpen }

  public var identity: String
  public var state: State
  /// How long it stays open; zero unless it is.
  public var openFor: Duration
  /// Requests a second that are allowed now.
  public var rate: Double
  /// Requests in the last hour, a sliding estimate.
  public var lastHour: Int

  public init(
    identity: String, state: State, openFor: Duration = .zero, rate: Double, lastHour: Int
  ) {
    self.identity = identity
    self.state = state
    self.openFor = openFor
    self.rate = rate
    self.lastHour = lastHour
  }
}

/// What an audit found, and mended.
public struct AuditReport: Hashable, Sendable {
  /// Repairs by kind; empty: all was as it should be.
  public var repairs: [String: Int]
  /// Jobs that were looked at.
  public var jobs: Int

  public init(repairs: [String: Int] = [:], jobs: Int = 0) {
    self.repairs = repairs
    self.jobs = jobs
  }
}
