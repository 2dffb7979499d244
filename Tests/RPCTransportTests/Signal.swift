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
    if !self.values.isEmpty { return self.values.removeFirst() }
    return await withCheckedContinuation { self.waiting.append($0) }
  }

  /// How many values nobody has taken.
  var count: Int { self.values.count }
}
