internal import Networking
internal import Pipeline

/// One caller that follows a job.
@NetworkActor
final class JobWatch {
  private let id: JobID
  private let changes: JobChanges
  private var isWatching = false
  private var version: Int64?
  private var hasEnded = false

  nonisolated init(_ id: JobID, _ changes: JobChanges) {
    self.id = id
    self.changes = changes
  }

  isolated deinit {
    if self.isWatching { self.changes.unwatch(self.id) }
  }

  /// The job now, later the job when it has changed; nil: there is none, it has ended, or the caller was cancelled.
  func next() async throws -> Job? {
    if !self.isWatching {
      self.isWatching = true
      self.changes.watch(self.id)
    }
    guard !self.hasEnded, let job = try await self.changes.job(self.id, after: self.version) else {
      return nil
    }
    self.version = job.version
    self.hasEnded = job.state != .running
    return job
  }
}
