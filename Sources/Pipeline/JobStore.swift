public import Transcripts

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
