internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite("Outages of Redis", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct OutageTests {
  /// Returns when so many clients of Redis wait in a blocking command.
  private func untilBlocked(_ fixture: QueueFixture, _ count: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      let info = try await fixture.redis("INFO", "clients").text ?? ""
      if info.contains("blocked_clients:\(count)\r\n") { return }
    }
    Issue.record("nobody waits")
  }

  @Test("A worker that waits for work outlives a crash of Redis, and is given what comes after")
  func waitingWorker() async throws {
    try await QueueFixture.with { fixture in
      let worker = try fixture.worker("worker")
      let waiting = Task { try await worker.takeFetches(atMost: 1, wait: .seconds(60)) }
      try await self.untilBlocked(fixture, 1)
      try fixture.server.restart()
      let job = try await fixture.queue.submit(
        .video(QueueFixture.video(1)), options: JobOptions()
      ).job
      #expect(try await waiting.value.map(\.job) == [job.id])
      await worker.close()
    }
  }

  @Test("A Redis that comes back empty is filled with the functions and groups again")
  func comesBackEmpty() async throws {
    try await QueueFixture.with(arguments: ["--appendonly", "no"]) { fixture in
      let worker = try fixture.worker("worker")
      let lost = try await fixture.job("PLtest-list-1", 0..<3)
      let tasks = try await worker.takeFetches(atMost: 1, wait: .zero)
      let waiting = Task {
        try await worker.takeIndexes(atMost: 1, maxBytes: 1000, wait: .seconds(60))
      }
      try await self.untilBlocked(fixture, 1)
      try fixture.server.restart()
      #expect(try await worker.handOver(tasks.map { ($0, QueueFixture.payload) }) == [.cancelled])
      #expect(try await fixture.queue.job(lost.id) == nil)
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      let again = try await worker.takeFetches(atMost: 1, wait: .seconds(30))
      #expect(again.map(\.job) == [job.id])
      _ = try await worker.handOver(again.map { ($0, QueueFixture.payload) })
      #expect(try await waiting.value.map(\.job) == [job.id])
      await worker.close()
    }
  }

  @Test("Destroyed groups are made again, and what was delivered comes again")
  func groups() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<3)
      let old = try await queue.takeFetches(atMost: 2, wait: .zero)
      for (stage, group) in ScheduleSnapshot.stages {
        try await fixture.redis("XGROUP", "DESTROY", fixture.key(stage.rawValue), group)
      }
      let new = try await queue.takeFetches(atMost: 9, wait: .zero)
      #expect(Set(new.map(\.video)) == Set((0..<3).map(QueueFixture.video)))
      #expect(try await queue.handOver([(old[0], QueueFixture.payload)]) == [.stale])
      _ = try await queue.handOver(new.map { ($0, QueueFixture.payload) })
      try await fixture.drain()
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 3))
    }
  }

  @Test("While Redis is away callers are told, and can go on with the same queue when it is back")
  func away() async throws {
    try await QueueFixture.with { fixture in
      var configuration = QueueFixture.configuration(fixture.server)
      configuration.connectTimeout = .milliseconds(100)
      let queue = try RedisQueue(configuration, consumer: "impatient")
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      let task = try await queue.takeFetches(atMost: 1, wait: .zero)
      fixture.server.kill()
      for _ in 0..<2 {
        let error = await #expect(throws: QueueError.self) {
          try await queue.handOver(task.map { ($0, QueueFixture.payload) })
        }
        #expect(error?.code == .unavailable)
      }
      let error = await #expect(throws: QueueError.self) {
        try await queue.takeFetches(atMost: 1, wait: .seconds(60))
      }
      #expect(error?.code == .unavailable)
      try fixture.server.restart()
      // As workers do: what was refused is repeated, until the pause between two attempts is over.
      let deadline = ContinuousClock.now + .seconds(30)
      var outcomes: [ReportOutcome] = []
      while outcomes.isEmpty, ContinuousClock.now < deadline {
        do {
          outcomes = try await queue.handOver(task.map { ($0, QueueFixture.payload) })
        } catch let error as QueueError where error.code == .unavailable {}
      }
      #expect(outcomes == [.accepted])
      try await fixture.drain()
      #expect(try await fixture.queue.job(job.id)?.counts == JobCounts(done: 1))
      await queue.close()
    }
  }

  @Test("A watcher is told nothing during an outage, and goes on after it")
  func watcher() async throws {
    try await QueueFixture.with { fixture in
      let job = try await fixture.job("PLtest-list-1", 0..<3)
      var configuration = QueueFixture.configuration(fixture.server)
      configuration.connectTimeout = .milliseconds(100)
      let gateway = try RedisQueue(configuration, consumer: "gateway")
      let (seen, tell) = AsyncThrowingStream<JobCounts, any Error>.makeStream()
      let watching = Task {
        do {
          for try await job in gateway.changes(of: job.id) { tell.yield(job.counts) }
          tell.finish()
        } catch {
          tell.finish(throwing: error)
        }
      }
      var counts = seen.makeAsyncIterator()
      #expect(try await counts.next() == JobCounts(queued: 3))
      fixture.server.kill()
      let error = await #expect(throws: QueueError.self) { try await gateway.job(job.id) }
      #expect(error?.code == .unavailable)
      try fixture.server.restart()
      try await fixture.drain()
      var last: JobCounts?
      while let next = try await counts.next() { last = next }
      #expect(last == JobCounts(done: 3))
      await watching.value
      await gateway.close()
    }
  }

  @Test("What is unsafe about the server is told by the queue")
  func serverCheck() async throws {
    try await QueueFixture.with(arguments: ["--appendonly", "no"]) { fixture in
      let problems = try await fixture.queue.checkServer().problems
      #expect(problems.count == 1)
      #expect(problems.first?.contains("appendonly yes") == true)
    }
  }
}
