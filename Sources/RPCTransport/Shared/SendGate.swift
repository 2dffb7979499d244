internal import Networking

/// Where senders wait while a stream has more to send than its peer takes.
@NetworkActor
final class SendGate {
  private var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
  private var next = 0
  /// Since when somebody waits; nil: nobody does.
  private(set) var stalledSince: ContinuousClock.Instant?

  /// Waits until ``open()``.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, or what ``fail(_:)`` was given.
  func wait() async throws {
    try Task.checkCancellation()
    let ticket = self.next
    self.next += 1
    if self.stalledSince == nil { self.stalledSince = .now }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { self.waiting[ticket] = $0 }
    } onCancel: {
      onNetworkThread {
        self.waiting.removeValue(forKey: ticket)?.resume(throwing: CancellationError())
      }
    }
  }

  /// Lets all go on.
  func open() { self.resumeAll(.success(())) }

  /// Ends all waiting with an error.
  func fail(_ error: any Error) { self.resumeAll(.failure(error)) }

  private func resumeAll(_ result: Result<Void, any Error>) {
    self.stalledSince = nil
    let waiting = self.waiting
    self.waiting = [:]
    // In the order in which they came.
    for (_, sender) in waiting.sorted(by: { $0.key < $1.key }) { sender.resume(with: result) }
  }
}
