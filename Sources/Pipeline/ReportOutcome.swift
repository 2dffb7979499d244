/// The queue's answer to a worker's report.
public enum ReportOutcome: Hashable, Sendable {
  case accepted
  /// Somebody else has the task now: drop the result. A normal outcome, counted.
  case stale
  /// The job was cancelled or has ended: drop the result and stop working on it.
  case cancelled
}
