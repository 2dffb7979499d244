internal import Synchronization

/// A number that only grows. One atomic addition a call.
public final class Counter: Sendable {
  private let number = Atomic<Int>(0)

  init() {}

  /// Adds to the counter; a negative `count` is ignored, for a counter must never fall.
  public func add(_ count: Int = 1) {
    guard count > 0 else { return }
    self.number.wrappingAdd(count, ordering: .relaxed)
  }

  /// The sum so far.
  public var value: Int { self.number.load(ordering: .relaxed) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
  private let bits = Atomic<UInt64>(0)

  init() {}

  public func set(_ value: Double) { self.bits.store(value.bitPattern, ordering: .relaxed) }

  /// Adds, which may be negative, without losing additions of other threads.
  public func add(_ change: Double) {
    var old = self.bits.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + change).bitPattern
      let (exchanged, seen) = self.bits.weakCompareExchange(
        expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = seen
    }
  }

  public var value: Double { Double(bitPattern: self.bits.load(ordering: .relaxed)) }
}

/// Counts values in fixed buckets. One short lock a call, so that sum and counts always agree.
public final class Histogram: Sendable {
  /// Upper bounds for durations in seconds, as OpenTelemetry's semantic conventions advise.
  public static let secondsBuckets: [Double] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ]
  /// The same for what takes less than a millisecond, such as a call of Redis.
  public static let shortSecondsBuckets: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  ]

  /// A consistent look at a histogram.
  public struct Snapshot: Hashable, Sendable {
    /// How many values fell into each bucket, not cumulated; the last is above all bounds.
    public var counts: [Int]
    public var sum: Double
    public var count: Int { self.counts.reduce(0, +) }
  }

  let upperBounds: [Double]
  private let state: Locked<Snapshot>

  init(upperBounds: [Double]) {
    self.upperBounds = upperBounds
    self.state = Locked(
      Snapshot(counts: Array(repeating: 0, count: upperBounds.count + 1), sum: 0))
  }

  /// Counts a value; NaN is ignored.
  public func observe(_ value: Double) {
    guard !value.isNaN else { return }
    let index = self.upperBounds.firstIndex { value <= $0 } ?? self.upperBounds.count
    self.state.withLock {
      $0.counts[index] += 1
      $0.sum += value
    }
  }

  /// Counts a duration, in seconds.
  public func observe(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.observe(Double(seconds) + Double(attoseconds) * 1e-18)
  }

  public var snapshot: Snapshot { self.state.withLock { $0 } }
}
