/// How fast a job gets on, from the counters that a watcher sees: videos that ended over the last seconds.
///
/// A value that is told the time, so it gives the same answers to the same calls.
struct ProgressRate {
  /// Over how long the rate is taken. Shorter jumps about, longer lags behind.
  static let window = Duration.seconds(10)
  /// Samples closer together than this replace each other.
  static let minSpacing = Duration.milliseconds(200)

  private var samples: [(time: ContinuousClock.Instant, ended: Int)] = []

  /// Videos that end per second; zero until there are two samples.
  private(set) var videosPerSecond = 0.0

  mutating func add(ended: Int, at time: ContinuousClock.Instant) {
    if self.samples.count > 1, time - self.samples[self.samples.count - 2].time < Self.minSpacing {
      self.samples.removeLast()
    }
    self.samples.append((time, ended))
    // The newest sample that is older than the window stays: the rate is over the whole window.
    while self.samples.count > 2, time - self.samples[1].time >= Self.window {
      self.samples.removeFirst()
    }
    guard let first = self.samples.first, let last = self.samples.last, last.time > first.time
    else { return }
    self.videosPerSecond =
      Double(max(0, last.ended - first.ended)) / ((last.time - first.time) / .seconds(1))
  }

  /// Seconds until `left` videos have ended; nil: not known.
  func remainingSeconds(for left: Int) -> Double? {
    if left == 0 { return 0 }
    return self.videosPerSecond > 0 ? Double(left) / self.videosPerSecond : nil
  }
}
