/// Lets one task of an actor wait for something that another task of the same actor does.
///
/// It remembers one wake-up, so that what happens just before the wait is not missed. It is a value inside the actor's
/// state: the actor is its lock. Waits are not cancellable; whoever stops the actor's tasks wakes them.
public struct Wake {
  private final class Box {
    var waiting: [CheckedContinuation<Void, Never>] = []
    var isSet = false
  }

  private let box = Box()

  public init() {}

  /// Wakes all who wait, or else the next who would.
  public func wake() {
    guard !self.box.waiting.isEmpty else {
      self.box.isSet = true
      return
    }
    let waiting = self.box.waiting
    self.box.waiting = []
    for continuation in waiting { continuation.resume() }
  }

  /// Returns after the next ``wake()``, or at once when there was one since the last wait.
  public func wait() async {
    await withCheckedContinuation { continuation in
      // Looked at here and not before: entering this block may be a suspension.
      if self.box.isSet {
        self.box.isSet = false
        continuation.resume()
      } else {
        self.box.waiting.append(continuation)
      }
    }
  }
}
