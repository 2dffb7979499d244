import Foundation
import Synchronization

/// Compares all counters with the records they count, again and again from a thread of its own, while a test does its worst.
final class CounterSampler: Sendable {
  private struct State {
    var isStopped = false
    var samples = 0
    var mistakes: [String] = []
  }

  private let state = Mutex(State())
  private let ended = DispatchSemaphore(value: 0)

  init(_ probe: RedisProbe, every interval: TimeInterval = 0.1) {
    Thread.detachNewThread { [self] in
      while !self.state.withLock({ $0.isStopped }) {
        self.take(probe)
        Thread.sleep(forTimeInterval: interval)
      }
      self.ended.signal()
    }
  }

  private func take(_ probe: RedisProbe) {
    do {
      // While Redis is away there is nothing to compare.
      guard let sample = try probe.sample() else { return }
      self.state.withLock { state in
        state.samples += 1
        state.mistakes += sample.mistakes
      }
    } catch {
      self.state.withLock { $0.mistakes.append("\(error)") }
    }
  }

  /// What was wrong so far.
  var mistakes: [String] { self.state.withLock { $0.mistakes } }

  /// Ends the sampling.
  func stop() -> (samples: Int, mistakes: [String]) {
    self.state.withLock { $0.isStopped = true }
    self.ended.wait()
    self.ended.signal()
    return self.state.withLock { ($0.samples, $0.mistakes) }
  }
}
