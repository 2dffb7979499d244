internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite("Watching jobs", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct WatchTests {
  /// How often the server was called for a command since it started.
  private func calls(_ fixture: QueueFixture, _ command: String) async throws -> Int {
    let info = try await fixture.redis("INFO", "commandstats").text ?? ""
    let line = info.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_\(command):calls=") }
    return line.flatMap { Int($0.split(separator: "=")[1].prefix { $0.isNumber }) } ?? 0
  }

  @Test("A burst of changes is told in a few steps, ends with the last, and the stream finishes")
  func coalesced() async throws {
    try await QueueFixture.with { fixture in
      let job = try await fixture.job("PLtest-list-1", 0..<300)
      let gateway = try fixture.worker("gateway")
      let watching = Task {
        var seen: [Job] = []
        for try await job in gateway.changes(of: job.id) { seen.append(job) }
        return seen
      }
      let worker = try fixture.worker("worker")
      while try await fixture.queue.job(job.id)?.state == .running {
        let tasks = try await worker.takeFetches(atMost: 1, wait: .zero)
        _ = try await worker.handOver(tasks.map { ($0, QueueFixture.payload) })
        let indexes = try await worker.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
        _ = try await worker.complete(indexes)
      }
      let seen = try await watching.value
      #expect(seen.last?.state == .done)
      #expect(seen.last?.counts == JobCounts(done: 300))
      // 1,200 changes, and a read is at least 25 ms after the one before.
      #expect(seen.count < 600)
      #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.version < $1.version })
      for queue in [gateway, worker] { await queue.close() }
    }
  }

  @Test("However many watch a job, it is read once for all; at rest nothing is asked")
  func shared() async throws {
    try await QueueFixture.with { fixture in
      let job = try await fixture.job("PLtest-list-1", 0..<3)
      let gateway = try fixture.worker("gateway")
      let watchers = (0..<100).map { _ in
        Task {
          var seen: [JobState] = []
          for try await job in gateway.changes(of: job.id) { seen.append(job.state) }
          return seen
        }
      }
      // The reader waits, and everybody has seen the job: then Redis is left alone.
      let deadline = ContinuousClock.now + .seconds(30)
      var before = -1
      while ContinuousClock.now < deadline {
        let info = try await fixture.redis("INFO", "clients").text ?? ""
        let calls = try await self.calls(fixture, "fcall")
        if info.contains("blocked_clients:1\r\n"), calls == before { break }
        before = calls
      }
      _ = try await fixture.queue.cancel(job.id)
      for watcher in watchers {
        #expect(try await watcher.value.last == .cancelled)
      }
      // The cancellation, and a read or two.
      let after = try await self.calls(fixture, "fcall")
      #expect(after - before <= 5)
      await gateway.close()
    }
  }

  @Test("A watcher that gives up ends at once, and the others go on")
  func givesUp() async throws {
    try await QueueFixture.with { fixture in
      let job = try await fixture.job("PLtest-list-1", 0..<3)
      let queue = fixture.queue
      let first = Task {
        for try await _ in queue.changes(of: job.id) {}
      }
      var second = queue.changes(of: job.id).makeAsyncIterator()
      #expect(try await second.next()?.state == .running)
      first.cancel()
      try await first.value
      _ = try await queue.cancel(job.id)
      #expect(try await second.next()?.state == .cancelled)
      #expect(try await second.next() == nil)
    }
  }

  @Test("A closed queue ends the streams of its watchers")
  func closed() async throws {
    try await QueueFixture.with { fixture in
      let job = try await fixture.job("PLtest-list-1", 0..<3)
      let gateway = try fixture.worker("gateway")
      var changes = gateway.changes(of: job.id).makeAsyncIterator()
      #expect(try await changes.next()?.state == .running)
      await gateway.close()
      let error = await #expect(throws: QueueError.self) { try await changes.next() }
      #expect(error?.code == .unavailable)
    }
  }
}
