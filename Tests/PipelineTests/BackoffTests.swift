import Pipeline
import Testing

@Suite("Backoff")
struct BackoffTests {
  @Test("Each wait is twice the one before, up to the bound")
  func doubles() {
    var backoff = Backoff(from: .milliseconds(100), to: .seconds(1))
    let waits = (0..<6).map { _ in backoff.next(jitter: 1) }
    #expect(waits == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
  }

  @Test("After a success the next wait is a first one")
  func resets() {
    var backoff = Backoff(from: .milliseconds(100), to: .seconds(1))
    for _ in 0..<5 { _ = backoff.next() }
    backoff.reset()
    #expect(backoff.next(jitter: 1) == .milliseconds(100))
  }

  @Test("Jitter leaves at least half of a wait, and never lengthens it")
  func jitter() {
    for _ in 0..<1000 {
      var backoff = Backoff(from: .milliseconds(100), to: .seconds(1))
      #expect((.milliseconds(50)...(.milliseconds(100))).contains(backoff.next()))
    }
  }

  @Test("A bound below the first wait is raised to it")
  func bound() {
    var backoff = Backoff(from: .seconds(2), to: .seconds(1))
    #expect([backoff.next(jitter: 1), backoff.next(jitter: 1)] == [.seconds(2), .seconds(2)])
  }

  @Test("A cancelled pause ends at once", .timeLimit(.minutes(1)))
  func cancelledPause() async {
    let task = Task {
      var backoff = Backoff(from: .seconds(3600), to: .seconds(3600))
      await backoff.pause()
    }
    task.cancel()
    await task.value
  }
}
