internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite("Tasks", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct TaskTests {
  static let unreachable = TaskFailure(
    kind: "unreachable", message: "The connection broke.", consequence: .retry)
  static let throttled = TaskFailure(
    kind: "throttled", message: "Too many requests.", consequence: .waitForIdentity)
  static let gone = TaskFailure(
    kind: "not-found", message: "No such video.", consequence: .permanent)

  // MARK: Repeats and tokens

  @Test("Every report may be repeated and changes nothing the second time")
  func repeats() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<3)
      let tasks = try await queue.takeFetches(atMost: 3, wait: .zero)
      for _ in 0..<2 {
        #expect(try await queue.handOver([(tasks[0], QueueFixture.payload)]) == [.accepted])
      }
      #expect(try await queue.statistics()["bytes"] == 100)
      #expect(try await queue.fail([(tasks[1], Self.gone)]) == [.accepted])
      #expect(try await queue.fail([(tasks[1], Self.gone)]) == [.stale])
      try await queue.release([tasks[2]])
      try await queue.release([tasks[2]])
      #expect(
        try await queue.job(job.id)?.counts == JobCounts(queued: 1, indexing: 1, failed: 1))
      let indexes = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
      for _ in 0..<2 { #expect(try await queue.complete(indexes) == [.accepted]) }
      #expect(try await queue.statistics()["bytes"] == 0)
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 1, done: 1, failed: 1))
      #expect(try await queue.takeFetches(atMost: 9, wait: .zero).count == 1)
    }
  }

  @Test("A result under an old token is refused, in both stages, and leaves no payload")
  func staleResults() async throws {
    try await QueueFixture.with { fixture in
      try await fixture.force("lease_ms", 0)
      let (first, second) = (try fixture.worker("first"), try fixture.worker("second"))
      try await fixture.job("PLtest-list-1", 0..<1)
      let old = try await first.fetchTasks(atMost: 1, from: ">").tasks
      let new = try await second.fetchTasks(atMost: 1, from: "idle").tasks
      #expect(old[0].claim.entry == new[0].claim.entry)
      #expect(try await first.heartbeat(old) == [.stale])
      #expect(try await first.fail([(old[0], Self.gone)]) == [.stale])
      try await first.release(old)
      #expect(try await first.handOver([(old[0], [1])]) == [.stale])
      #expect(try await fixture.redis("KEYS", fixture.key("payload:*")).array?.isEmpty == true)
      #expect(try await second.heartbeat(new) == [.accepted])
      #expect(try await second.handOver([(new[0], [2])]) == [.accepted])

      let oldIndex = try await first.indexTasks(atMost: 1, maxBytes: 100, from: ">").tasks
      let newIndex = try await second.indexTasks(atMost: 1, maxBytes: 100, from: "idle").tasks
      #expect(try await first.complete(oldIndex) == [.stale])
      #expect(try await first.fail([(oldIndex[0], Self.gone)]) == [.stale])
      #expect(try await second.complete(newIndex) == [.accepted])
      #expect(try await fixture.queue.statistics()["stale"] == 6)
      // The job is done now: who comes even later is told that nothing is wanted, and is counted as well.
      #expect(try await first.handOver([(old[0], [1])]) == [.cancelled])
      #expect(try await fixture.redis("KEYS", fixture.key("payload:*")).array?.isEmpty == true)
      #expect(try await fixture.queue.statistics()["stale"] == 7)
      for worker in [first, second] { await worker.close() }
    }
  }

  @Test("A released task goes to somebody else at once, unharmed")
  func release() async throws {
    try await QueueFixture.with { fixture in
      let other = try fixture.worker("other")
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      for _ in 0..<10 {
        let task = try await fixture.queue.takeFetches(atMost: 1, wait: .zero)
        try await fixture.queue.release(task)
      }
      #expect(try await fixture.queue.job(job.id)?.counts == JobCounts(queued: 1))
      let task = try await other.takeFetches(atMost: 1, wait: .zero)
      #expect(task.map(\.attempt) == [1])
      _ = try await other.handOver([(task[0], QueueFixture.payload)])
      for _ in 0..<10 {
        let task = try await fixture.queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
        #expect(task[0].payload == QueueFixture.payload)
        try await fixture.queue.release(task)
      }
      try await fixture.drain(other)
      #expect(try await fixture.queue.job(job.id)?.state == .done)
      await other.close()
    }
  }

  // MARK: Failures

  @Test("A transient error is tried again at most five times, then it is a dead letter")
  func attempts() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["backoff_base_ms": 1])
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      for attempt in 1...5 {
        let task = try await queue.takeFetches(atMost: 1, wait: .seconds(5))
        #expect(task.map(\.attempt) == [attempt])
        #expect(try await queue.fail([(task[0], Self.unreachable)]) == [.accepted])
      }
      let ended = try #require(try await queue.job(job.id))
      #expect(ended.state == .done)
      #expect(ended.counts == JobCounts(failed: 1))
      let dead = try await fixture.redis("XRANGE", fixture.key("dead"), "-", "+").array ?? []
      #expect(dead.count == 1)
      let fields = dead[0].array?.last?.array?.compactMap(\.text) ?? []
      #expect(fields.contains("unreachable"))
      #expect(fields.contains(QueueFixture.video(0).text))
    }
  }

  @Test("A permanent error ends the video at once, with its reason")
  func permanent() async throws {
    try await QueueFixture.with { fixture in
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      let task = try await fixture.queue.takeFetches(atMost: 1, wait: .zero)
      _ = try await fixture.queue.fail([(task[0], Self.gone)])
      #expect(try await fixture.queue.job(job.id)?.state == .done)
      let page = try await fixture.queue.videos(
        of: job.id, in: nil, pageSize: 10, pageToken: nil)
      #expect(
        page?.elements == [
          JobVideo(
            id: QueueFixture.video(0), state: .failed, attempts: 1, errorKind: "not-found",
            errorMessage: "No such video.")
        ])
    }
  }

  @Test("Trouble of the egress identity spends no attempt and waits as long as it was told to")
  func waitForIdentity() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["identity_wait_ms": 1])
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      for _ in 0..<10 {
        let task = try await queue.takeFetches(atMost: 1, wait: .seconds(5))
        #expect(task.map(\.attempt) == [1])
        _ = try await queue.fail([(task[0], Self.throttled)])
      }
      let task = try await queue.takeFetches(atMost: 1, wait: .seconds(5))
      var told = Self.throttled
      told.retryAfter = .seconds(90)
      _ = try await queue.fail([(task[0], told)])
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 1))
      let delayed =
        try await fixture.redis(
          "ZRANGE", fixture.key("delay"), "0", "0", "WITHSCORES"
        ).array ?? []
      let now = try await fixture.redis("TIME").array?[0].integer ?? 0
      let due = Double(try #require(delayed.last?.text)) ?? 0
      #expect((89...92).contains(due / 1000 - Double(now)))
    }
  }

  @Test("A failing index keeps the payload and tries again; then the video fails")
  func indexRetry() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["backoff_base_ms": 1])
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      let fetch = try await queue.takeFetches(atMost: 1, wait: .zero)
      _ = try await queue.handOver([(fetch[0], QueueFixture.payload)])
      for attempt in 1...5 {
        let task = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .seconds(5))
        #expect(task.map(\.attempt) == [attempt])
        #expect(task.map(\.payload) == [QueueFixture.payload])
        #expect(try await queue.statistics()["bytes"] == 100)
        _ = try await queue.fail([(task[0], Self.unreachable)])
      }
      #expect(try await queue.job(job.id)?.counts == JobCounts(failed: 1))
      #expect(try await queue.statistics()["bytes"] == 0)
      #expect(try await fixture.redis("KEYS", fixture.key("payload:*")).array?.isEmpty == true)
    }
  }

  @Test("A payload that is lost is fetched again")
  func lostPayload() async throws {
    try await QueueFixture.with { fixture in
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      let fetch = try await fixture.queue.takeFetches(atMost: 1, wait: .zero)
      _ = try await fixture.queue.handOver([(fetch[0], QueueFixture.payload)])
      let keys = try await fixture.redis("KEYS", fixture.key("payload:*")).array ?? []
      try await fixture.redis("DEL", try #require(keys.first?.text))
      #expect(
        try await fixture.queue.takeIndexes(atMost: 1, maxBytes: 100, wait: .zero).isEmpty)
      #expect(try await fixture.queue.job(job.id)?.counts == JobCounts(queued: 1))
      try await fixture.drain()
      #expect(try await fixture.queue.job(job.id)?.counts == JobCounts(done: 1))
    }
  }

  // MARK: Crashes

  @Test("A task that kills its workers is given up after five deliveries, in both stages")
  func poison() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.force("lease_ms", 0)
      let job = try await fixture.job("PLtest-list-1", 0..<2)
      let first = try await queue.fetchTasks(atMost: 1, from: ">").tasks
      let second = try await queue.fetchTasks(atMost: 1, from: ">").tasks
      _ = try await queue.handOver([(second[0], QueueFixture.payload)])
      #expect(first.count == 1)
      for delivery in 2...6 {
        let taken = try await queue.fetchTasks(atMost: 1, from: "idle").tasks
        #expect(taken.isEmpty == (delivery == 6))
      }
      for delivery in 1...6 {
        let from = delivery == 1 ? ">" : "idle"
        let taken = try await queue.indexTasks(atMost: 1, maxBytes: 1000, from: from).tasks
        #expect(taken.isEmpty == (delivery == 6))
      }
      #expect(try await queue.job(job.id)?.counts == JobCounts(failed: 2))
      #expect(try await queue.statistics()["dead"] == 2)
      #expect(try await queue.statistics()["bytes"] == 0)
    }
  }

  @Test("A quiet worker's tasks go to another after the lease, a beating one's do not")
  func sweep() async throws {
    try await QueueFixture.with { fixture in
      let (quiet, other) = (try fixture.worker("quiet"), try fixture.worker("other"))
      try await fixture.job("PLtest-list-1", 0..<2)
      let tasks = try await quiet.fetchTasks(atMost: 2, from: ">").tasks
      #expect(try await other.fetchTasks(atMost: 9, from: "idle").tasks.isEmpty)
      // Time passes for both entries, and then one of them is kept alive.
      for task in tasks {
        try await fixture.redis(
          "XCLAIM", fixture.key("fetch"), "fetchers", "quiet", "0", task.claim.entry, "IDLE",
          "30001",
          "JUSTID")
      }
      #expect(try await quiet.heartbeat([tasks[1]]) == [.accepted])
      let taken = try await other.fetchTasks(atMost: 9, from: "idle").tasks
      #expect(taken.map(\.video) == [tasks[0].video])
      #expect(try await quiet.heartbeat(tasks) == [.stale, .accepted])
      for worker in [quiet, other] { await worker.close() }
    }
  }

  @Test("A worker that restarts under its name has its tasks back at once")
  func restart() async throws {
    try await QueueFixture.with { fixture in
      let before = try fixture.worker("fetcher-1")
      let job = try await fixture.job("PLtest-list-1", 0..<5)
      let tasks = try await before.takeFetches(atMost: 5, wait: .zero)
      _ = try await before.handOver([(tasks[4], QueueFixture.payload)])
      let index = try await before.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
      #expect(index.count == 1)
      await before.close()

      let after = try fixture.worker("fetcher-1")
      let start = ContinuousClock.now
      var again: [FetchTask] = []
      while again.count < 4 { again += try await after.takeFetches(atMost: 2, wait: .zero) }
      #expect(Set(again.map(\.video)) == Set(tasks[..<4].map(\.video)))
      let indexAgain = try await after.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
      #expect(indexAgain.map(\.video) == index.map(\.video))
      #expect(ContinuousClock.now - start < .seconds(15))
      #expect(try await after.handOver(again.map { ($0, QueueFixture.payload) }).count == 4)
      #expect(try await after.complete(indexAgain) == [.accepted])
      try await fixture.drain(after)
      #expect(try await fixture.queue.job(job.id)?.counts == JobCounts(done: 5))
      await after.close()
    }
  }

  @Test("Consumers that went away are forgotten, but not while they hold something")
  func deadConsumers() async throws {
    try await QueueFixture.with { fixture in
      try await fixture.job("PLtest-list-1", 0..<1)
      let (empty, holding) = (try fixture.worker("empty"), try fixture.worker("holding"))
      _ = try await holding.fetchTasks(atMost: 1, from: ">")
      _ = try await empty.fetchTasks(atMost: 1, from: ">")
      try await fixture.force("consumer_idle_ms", -1)
      try await fixture.queue.tidy()
      let consumers =
        try await fixture.redis(
          "XINFO", "CONSUMERS", fixture.key("fetch"), "fetchers"
        ).array ?? []
      #expect(consumers.compactMap { $0.array?[1].text } == ["holding"])
      for worker in [empty, holding] { await worker.close() }
    }
  }

  // MARK: Waiting

  @Test("A waiting worker is woken by new work, and by what becomes due")
  func wakeUp() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let waiter = try fixture.worker("waiter")
      try await queue.configure(["backoff_base_ms": 100])
      async let taken = waiter.takeFetches(atMost: 1, wait: .seconds(20))
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      let task = try await taken
      #expect(task.count == 1)
      _ = try await waiter.fail([(task[0], Self.unreachable)])
      let start = ContinuousClock.now
      #expect(try await waiter.takeFetches(atMost: 1, wait: .seconds(20)).count == 1)
      #expect(ContinuousClock.now - start < .seconds(10))
      #expect(try await queue.job(job.id)?.counts == JobCounts(fetching: 1))
      await waiter.close()
    }
  }

  @Test("A cancelled wait ends at once and has taken nothing")
  func cancelledWait() async throws {
    try await QueueFixture.with { fixture in
      let waiter = try fixture.worker("waiter")
      // Past the first sweep, so that it really waits.
      _ = try await waiter.takeFetches(atMost: 1, wait: .zero)
      let start = ContinuousClock.now
      let waiting = Task { try await waiter.takeFetches(atMost: 1, wait: .seconds(60)) }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      #expect(ContinuousClock.now - start < .seconds(30))
      try await fixture.job("PLtest-list-1", 0..<1)
      #expect(try await fixture.queue.takeFetches(atMost: 1, wait: .zero).count == 1)
      await waiter.close()
    }
  }
}
