public import Transcripts

/// A part of a long list.
public struct Page<Element: Sendable>: Sendable {
  public var elements: [Element]
  /// Nil on the last page.
  public var nextPageToken: String?

  public init(elements: [Element], nextPageToken: String?) {
    self.elements = elements
    self.nextPageToken = nextPageToken
  }
}

/// What callers of the gateway do with jobs. Implemented in Redis by `RedisQueue`.
///
/// All calls throw ``QueueError``.
public protocol JobStore: Sendable {
  /// Creates a job for `source`, or returns the one that runs already. `expected` gives the expansion to the gateways.
  func submit(_ source: SourceID, options: JobOptions) async throws -> (job: Job, created: Bool)
  /// Nil: no such job, or it ended longer ago than its record is kept (2 h).
  func job(_ id: JobID) async throws -> Job?
  /// Newest first.
  func jobs(pageSize: Int, pageToken: String?) async throws -> Page<Job>
  /// Nil: no such job.
  func videos(
    of job: JobID, in state: VideoState?, pageSize: Int, pageToken: String?
  ) async throws -> Page<JobVideo>?
  /// One step, whatever the number of videos. Nil: no such job. A job that has ended is returned as it is.
  func cancel(_ id: JobID) async throws -> Job?
  /// The job now and after every change, coalesced; finishes after its end. Empty: no such job.
  func changes(of id: JobID) -> AsyncThrowingStream<Job, any Error>
}

/// What a gateway does to turn a submitted source into a list of videos: a crash-safe task like every other.
public protocol ExpansionQueue: Sendable {
  /// Claims at most `count` expansions, waiting for the first at most `wait`.
  func takeExpansions(atMost count: Int, wait: Duration) async throws -> [ExpansionTask]
  /// Appends a page and saves the cursor in one step. `page.cursor` nil: the list is complete.
  func append(_ page: PlaylistPage, to task: ExpansionTask) async throws -> ReportOutcome
  /// Renews leases. One outcome for each task, in order.
  func heartbeat(_ tasks: [ExpansionTask]) async throws -> [ReportOutcome]
  /// Tries again later, or fails the job, by the error's consequence and the attempts made.
  func fail(_ task: ExpansionTask, with error: FetchError) async throws -> ReportOutcome
  /// Gives the task back unharmed: somebody else goes on at once.
  func release(_ tasks: [ExpansionTask]) async throws
}

/// A source whose videos are to be listed.
public struct ExpansionTask: Hashable, Sendable {
  public var job: JobID
  public var source: SourceID
  /// Where to go on; nil: from the start.
  public var cursor: String?
  /// Counts from 1.
  public var attempt: Int
  /// Proof of this claim; opaque.
  public var token: String

  public init(job: JobID, source: SourceID, cursor: String?, attempt: Int, token: String) {
    self.job = job
    self.source = source
    self.cursor = cursor
    self.attempt = attempt
    self.token = token
  }
}

/// The queue's answer to a worker's report.
public enum ReportOutcome: Hashable, Sendable {
  case accepted
  /// Somebody else has the task now: drop the result. A normal outcome, counted.
  case stale
  /// The job was cancelled or has ended: drop the result and stop working on it.
  case cancelled
}

/// Why the queue did not do what it was asked.
public struct QueueError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// Redis cannot be reached, or broke off: the call may be repeated.
    case unavailable
    /// Redis is at its memory limit, or too much is queued: come back later.
    case full
    /// The server's set-up is unsafe or too old; the message names the setting.
    case misconfigured
    /// A page token or argument that is not ours.
    case invalidArgument
    /// An answer that should not exist: our bug.
    case internalError
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { self.message }
}
