internal import Networking

/// Where senders wait while a stream has more to send than its peer takes.
@NetworkActor
final class SendGate {
  private let stream: Stream
  private var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
  private var next = 0
  /// Since when somebody waits; nil: nobody does.
  private(set) var stalledSince: ContinuousClock.Instant?

  init(_ stream: Stream) { self.stream = stream }

  /// Whether senders have to wait.
  var isClosed: Bool { self.stream.unsentBytes > self.stream.highWaterMark }

  /// Waits until ``open()``, if the gate is closed.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, or what ``fail(_:)`` was given.
  func wait() async throws {
    let ticket = self.next
    self.next += 1
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { self.wait(ticket, $0) }
    } onCancel: {
      onNetworkThread {
        self.waiting.removeValue(forKey: ticket)?.resume(throwing: CancellationError())
      }
    }
  }

  /// Looks again, because an `await` may let others run even before its operation begins.
  private func wait(_ ticket: Int, _ continuation: CheckedContinuation<Void, any Error>) {
    if Task.isCancelled {
      continuation.resume(throwing: CancellationError())
    } else if self.isClosed {
      self.stalledSince = self.stalledSince ?? .now
      self.waiting[ticket] = continuation
    } else {
      continuation.resume()
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
