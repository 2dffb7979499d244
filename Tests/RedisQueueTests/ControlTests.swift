internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite("Pausing and turns", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct ControlTests {
  @Test("A paused job begins nothing, keeps what it has, and goes on when it is resumed")
  func pauseJob() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<100)
      let other = try await fixture.job("PLtest-list-2", 200..<203)
      let inWork = try await queue.takeFetches(atMost: 2, wait: .zero)
      let paused = try #require(try await queue.pause(job.id))
      #expect(paused.isPaused && paused.state == .running)
      #expect(try await queue.pause(job.id) == paused)
      // What was in the window already goes back; the other job is not held up.
      let taken = try await queue.takeFetches(atMost: 100, wait: .zero)
      #expect(taken.allSatisfy { $0.job == other.id })
      // What is in work goes on, through the index stage.
      #expect(
        try await queue.handOver(inWork.map { ($0, QueueFixture.payload) })
          == inWork.map { _ in .accepted })
      let indexes = try await queue.takeIndexes(atMost: 10, maxBytes: 1 << 20, wait: .zero)
      _ = try await queue.complete(indexes)
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 98, done: 2))
      #expect(try await queue.resume(job.id)?.isPaused == false)
      try await fixture.drain()
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 100))
      let unknown = try #require(JobID("unknown"))
      #expect(try await queue.pause(unknown) == nil)
      #expect(try await queue.resume(unknown) == nil)
    }
  }

  @Test("The listing of a paused job waits, whether it was taken before or not")
  func pauseListing() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions()).job
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      _ = try await queue.pause(job.id)
      #expect(
        try await queue.append(QueueFixture.page(0..<3, cursor: "next"), to: task) == .accepted)
      try await queue.release([task])
      #expect(try await queue.takeExpansions(atMost: 1, wait: .zero).isEmpty)
      _ = try await queue.resume(job.id)
      let again = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      #expect(again.cursor == "next")
      try await queue.release([again])
      _ = try await queue.pause(job.id)
      #expect(try await queue.takeExpansions(atMost: 1, wait: .zero).isEmpty)
      _ = try await queue.resume(job.id)
      #expect(try await queue.takeExpansions(atMost: 1, wait: .zero).count == 1)
    }
  }

  @Test(
    "While all is paused nothing is listed or fetched, and waiting workers wake when it goes on")
  func pauseAll() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<5)
      let first = try await queue.takeFetches(atMost: 1, wait: .zero)
      try await queue.pauseAll()
      try await queue.pauseAll()
      #expect(try await queue.isPaused())
      let waiting = try fixture.worker("waiting")
      async let taken = waiting.takeFetches(atMost: 10, wait: .seconds(60))
      _ = try await queue.submit(.playlist("PLtest-list-2"), options: JobOptions())
      #expect(try await queue.takeExpansions(atMost: 1, wait: .zero).isEmpty)
      #expect(try await queue.takeFetches(atMost: 10, wait: .zero).isEmpty)
      // What was fetched is indexed.
      _ = try await queue.handOver(first.map { ($0, QueueFixture.payload) })
      let indexes = try await queue.takeIndexes(atMost: 10, maxBytes: 1000, wait: .zero)
      #expect(try await queue.complete(indexes) == [.accepted])
      try await queue.resumeAll()
      #expect(try await taken.count == 4)
      #expect(try await queue.isPaused() == false)
      #expect(try await queue.takeExpansions(atMost: 1, wait: .zero).count == 1)
      await waiting.close()
    }
  }

  @Test("High priority has three places of four, and the rest is not starved")
  func priorities() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<400)
      let high = try await fixture.job(
        "PLtest-list-2", 400..<800, options: JobOptions(priority: .interactive))
      #expect(high.priority == .interactive)
      // Past what was in the window before.
      _ = try await queue.takeFetches(atMost: 64, wait: .zero)
      let next = try await queue.takeFetches(atMost: 64, wait: .zero)
      let ours = next.count { $0.job == high.id }
      #expect(next.count == 64 && ours == 48)
    }
  }

  @Test("A take that only met entries of ended jobs waits after those, not after what follows")
  func waitsAfterWhatWasDelivered() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let cancelled = try await fixture.job("PLtest-list-1", 0..<1)
      let job = try await fixture.job("PLtest-list-2", 1..<2)
      _ = try await queue.cancel(cancelled.id)
      let taken = try await queue.fetchTasks(atMost: 1, from: ">")
      #expect(taken.tasks.isEmpty)
      let unread = try await fixture.redis(
        "XREAD", "COUNT", "1", "STREAMS", fixture.key("fetch"), taken.last)
      #expect(unread.array?.count == 1)
      #expect(try await queue.takeFetches(atMost: 1, wait: .zero).map(\.job) == [job.id])
    }
  }

  @Test("One sweep takes over all that a dead worker held, however few fit at a time")
  func sweepGoesOn() async throws {
    try await QueueFixture.with { fixture in
      let (dead, other) = (try fixture.worker("dead"), try fixture.worker("other"))
      try await fixture.job("PLtest-list-1", 0..<20)
      #expect(try await dead.takeFetches(atMost: 20, wait: .zero).count == 20)
      try await fixture.force("lease_ms", 0)
      var taken = 0
      while taken < 20 {
        let tasks = try await other.takeFetches(atMost: 3, wait: .zero)
        try #require(!tasks.isEmpty)
        taken += tasks.count
        _ = try await other.handOver(tasks.map { ($0, QueueFixture.payload) })
      }
      #expect(try await fixture.queue.statistics()["reclaimed_fetch"] == 20)
      for worker in [dead, other] { await worker.close() }
    }
  }
}
