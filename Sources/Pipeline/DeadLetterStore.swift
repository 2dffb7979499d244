public import Transcripts

/// The tasks that were given up, for an operator to look at and to decide about. Implemented in Redis by `RedisQueue`.
///
/// All calls throw ``QueueError``.
public protocol DeadLetterStore: Sendable {
  /// Newest first. A page may hold fewer than asked, or none, while more follow.
  func deadLetters(
    _ filter: DeadLetterFilter, pageSize: Int, pageToken: String?
  ) async throws -> Page<DeadLetter>
  /// Gives tasks another life, with all their attempts. A video goes back to its job while that runs, else to a new job of
  /// the same source; letters that others have taken meanwhile are passed over.
  func requeue(_ filter: DeadLetterFilter) async throws -> RequeuedLetters
  /// Forgets letters; their videos stay failed.
  ///
  /// - Returns: How many there were.
  func drop(_ filter: DeadLetterFilter) async throws -> Int
}

/// A video that was given up.
public struct DeadLetter: Hashable, Sendable {
  /// Names the letter; larger is newer, in the order of its two numbers.
  public var id: String
  public var job: JobID
  public var source: SourceID
  public var video: VideoID
  /// `fetch` or `index`.
  public var stage: String
  /// The last error's kind, such as `unreachable`; `poison`: its workers died.
  public var reason: String
  /// The last error in words a user understands.
  public var message: String
  /// Attempts that failed.
  public var attempts: Int
  /// Times that it was given to a worker in its last attempt.
  public var deliveries: Int
  /// Milliseconds since 1970, on Redis' clock.
  public var atMilliseconds: Int64

  public init(
    id: String, job: JobID, source: SourceID, video: VideoID, stage: String, reason: String,
    message: String = "", attempts: Int = 0, deliveries: Int = 0, atMilliseconds: Int64 = 0
  ) {
    self.id = id
    self.job = job
    self.source = source
    self.video = video
    self.stage = stage
    self.reason = reason
    self.message = message
    self.attempts = attempts
    self.deliveries = deliveries
    self.atMilliseconds = atMilliseconds
  }
}

/// Which dead letters are meant.
public enum DeadLetterFilter: Hashable, Sendable {
  case all
  case reason(String)
  case job(JobID)
  case ids([String])
}

/// What became of dead letters that were requeued.
public struct RequeuedLetters: Hashable, Sendable {
  public var count: Int
  /// The jobs they are in now.
  public var jobs: [JobID]

  public init(count: Int = 0, jobs: [JobID] = []) {
    self.count = count
    self.jobs = jobs
  }
}
