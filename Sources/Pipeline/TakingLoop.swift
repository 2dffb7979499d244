/// The part of a worker that takes work until it is told to stop. A value inside the worker's actor, which is its lock.
///
/// The loop is a task of its own, so that a graceful stop ends the wait for work and nothing else: what was taken goes
/// on. A take that is cancelled either returns its tasks or has taken none.
public struct TakingLoop {
  private final class Box {
    var task: Task<Void, Never>?
    var isStopped = false
  }

  private let box = Box()

  public init() {}

  /// Whether ``stop()`` was called.
  public var isStopped: Bool { self.box.isStopped }

  /// Takes nothing new. May be called before ``run(_:onCancel:)``, and again.
  public func stop() {
    self.box.isStopped = true
    self.box.task?.cancel()
  }

  /// Runs `take` until it returns, which it has to do soon after its task was cancelled.
  ///
  /// - Parameter onCancel: Called when the calling task is cancelled: wakes the loop where it waits for a free slot. A
  ///   cancellation handler is not on the actor, so it runs as a task.
  public func run(
    _ take: @escaping @Sendable () async -> Void, onCancel: @escaping @Sendable () async -> Void
  ) async {
    let task = Task { await take() }
    self.box.task = task
    if self.isStopped { task.cancel() }
    await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
      Task { await onCancel() }
    }
  }
}
