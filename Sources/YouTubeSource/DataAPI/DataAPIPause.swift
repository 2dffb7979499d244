internal import Networking

/// Until when the Data API is left alone because its quota is used up. Learned while running.
@NetworkActor
final class DataAPIPause {
  private var end: ContinuousClock.Instant?

  nonisolated init() {}

  /// Zero: it may be asked.
  var remaining: Duration { self.end.map { max(.zero, $0 - .now) } ?? .zero }

  func begin(_ duration: Duration) { self.end = .now + duration }
}
