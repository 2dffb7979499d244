/// Waits between tries, each twice as long as the one before up to a bound, with jitter so that those who failed together
/// do not come back together.
public struct Backoff: Hashable, Sendable {
  private let minDelay: Duration
  private let maxDelay: Duration
  private var delay: Duration

  /// - Parameters:
  ///   - minDelay: The longest first wait.
  ///   - maxDelay: No wait is longer.
  public init(from minDelay: Duration, to maxDelay: Duration) {
    self.minDelay = minDelay
    self.maxDelay = max(minDelay, maxDelay)
    self.delay = minDelay
  }

  /// Something worked: the next wait is a first one.
  public mutating func reset() { self.delay = self.minDelay }

  /// The wait after another failure.
  ///
  /// - Parameter jitter: What part of the delay to wait, 0.5 to 1.
  public mutating func next(jitter: Double = .random(in: 0.5...1)) -> Duration {
    defer { self.delay = min(self.delay * 2, self.maxDelay) }
    return self.delay * jitter
  }

  /// Waits after another failure; returns sooner when the task is cancelled, which its caller has to look at.
  public mutating func pause() async {
    // A cancelled pause only ends sooner.
    try? await Task.sleep(for: self.next(), clock: .continuous)
  }
}
