/// What an operator does to slow the pipeline down and let it go on. Implemented in Redis by `RedisQueue`.
///
/// Pausing begins nothing new: no page is listed and no video fetched. What is in work is finished, and what was fetched is
/// indexed. All calls may be repeated, and throw ``QueueError``.
public protocol PipelineControl: Sendable {
  /// Nil: no such job. A job that has ended is returned as it is.
  func pause(_ id: JobID) async throws -> Job?
  /// Nil: no such job.
  func resume(_ id: JobID) async throws -> Job?
  /// Pauses all jobs, those that are submitted later included. Jobs paused one by one stay paused when it is resumed.
  func pauseAll() async throws
  func resumeAll() async throws
  func isPaused() async throws -> Bool
}
