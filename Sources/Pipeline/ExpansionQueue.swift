public import Transcripts

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
