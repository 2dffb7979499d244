internal import Networking

/// Values from callbacks and handlers, to be waited for one after another.
@NetworkActor
final class Signal<Value: Sendable> {
  private var values: [Value] = []
  private var waiting: [CheckedContinuation<Value, Never>] = []

  nonisolated init() {}

  func send(_ value: Value) {
    if self.waiting.isEmpty {
      self.values.append(value)
    } else {
      self.waiting.removeFirst().resume(returning: value)
    }
  }

  /// The next value; waits for it.
  func next() async -> Value {
    // All of it inside: in a handler, an `await` may let others run before its operation begins.
    await withCheckedContinuation {
      if self.values.isEmpty {
        self.waiting.append($0)
      } else {
        $0.resume(returning: self.values.removeFirst())
      }
    }
  }

  /// How many values nobody has taken.
  var count: Int { self.values.count }
}
