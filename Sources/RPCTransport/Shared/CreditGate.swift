internal import Networking

/// Where the sender of one stream waits for credit.
///
/// It remembers that it was opened until somebody comes to wait: a sender looks for credit, finds none, and waits; what comes in between
/// must not be lost.
@NetworkActor
final class CreditGate {
  private var waiting: CheckedContinuation<Void, any Error>?
  private var isOpen = false
  private var failure: (any Error)?

  /// To be called before a sender looks for credit.
  func close() { self.isOpen = false }

  /// Waits until ``open()`` has been called after the last ``close()``.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, or what ``fail(_:)`` was given.
  func wait() async throws {
    precondition(self.waiting == nil, "a stream has one sender")
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (waiting: CheckedContinuation<Void, any Error>) in
        if let failure {
          waiting.resume(throwing: failure)
        } else if Task.isCancelled {
          waiting.resume(throwing: CancellationError())
        } else if self.isOpen {
          waiting.resume()
        } else {
          self.waiting = waiting
        }
      }
    } onCancel: {
      onNetworkThread { self.resume(.failure(CancellationError())) }
    }
  }

  /// There may be credit.
  func open() {
    self.isOpen = true
    self.resume(.success(()))
  }

  /// Ends all waiting, for good.
  func fail(_ error: any Error) {
    self.failure = error
    self.resume(.failure(error))
  }

  private func resume(_ result: Result<Void, any Error>) {
    guard let waiting else { return }
    self.waiting = nil
    waiting.resume(with: result)
  }
}
