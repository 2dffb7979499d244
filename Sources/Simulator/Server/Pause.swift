internal import Networking

/// Waits on the network thread without a thread or a dispatch timer of its own; ends early when the task is cancelled.
@NetworkActor
final class Pause {
  private var timer: Timer?
  private var continuation: CheckedContinuation<Void, Never>?
  private var isOver = false

  static func wait(_ duration: Duration) async {
    guard duration > .zero else { return }
    let pause = Pause()
    await withTaskCancellationHandler {
      await withCheckedContinuation { pause.start(duration, $0) }
    } onCancel: {
      // Cancelling may happen on any thread; the hop is all this task does.
      Task { @NetworkActor in pause.end() }
    }
  }

  private func start(_ duration: Duration, _ continuation: CheckedContinuation<Void, Never>) {
    guard !self.isOver else { return continuation.resume() }
    self.continuation = continuation
    let timer = Timer()
    self.timer = timer
    timer.schedule(after: duration) { [self] in self.end() }
  }

  private func end() {
    self.isOver = true
    self.timer?.close()
    self.timer = nil
    self.continuation?.resume()
    self.continuation = nil
  }
}
