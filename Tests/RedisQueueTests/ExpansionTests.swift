internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite("Expansion", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct ExpansionTests {
  @Test("Another gateway goes on at the saved page, and the first is refused")
  func crash() async throws {
    try await QueueFixture.with { fixture in
      try await fixture.force("lease_ms", 0)
      let (first, second) = (try fixture.worker("first"), try fixture.worker("second"))
      let job = try await first.submit(.playlist("PLtest-list-1"), options: JobOptions()).job
      let old = try await first.expansionTasks(atMost: 1, from: ">").tasks[0]
      for _ in 0..<2 {
        #expect(
          try await first.append(QueueFixture.page(0..<100, cursor: "page 2"), to: old)
            == .accepted)
      }
      let new = try await second.expansionTasks(atMost: 1, from: "idle").tasks[0]
      #expect(new.cursor == "page 2")
      #expect(try await first.append(QueueFixture.page(100..<200), to: old) == .stale)
      #expect(try await first.heartbeat([old]) == [.stale])
      #expect(
        try await first.fail(old, with: FetchError(.unreachable, "x")) == .stale)
      #expect(try await second.heartbeat([new]) == [.accepted])
      // The end repeats videos of the page before, as lists that change while they are read do.
      for _ in 0..<2 {
        #expect(try await second.append(QueueFixture.page(90..<150), to: new) == .accepted)
      }
      let listed = try #require(try await first.job(job.id))
      #expect(listed.listingComplete)
      #expect(listed.counts == JobCounts(queued: 150))
      #expect(try await fixture.queue.takeExpansions(atMost: 1, wait: .zero).isEmpty)
      for worker in [first, second] { await worker.close() }
    }
  }

  @Test("A playlist that cannot be read fails the job with the reason")
  func permanent() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions()).job
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      let error = FetchError(.isPrivate, "The playlist is private.")
      #expect(try await queue.fail(task, with: error) == .accepted)
      let failed = try #require(try await queue.job(job.id))
      #expect(failed.state == .failed)
      #expect(failed.error == "The playlist is private.")
      #expect(try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions()).created)
    }
  }

  @Test("A list that breaks off half-way keeps what it has, and says so")
  func partial() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions()).job
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      _ = try await queue.append(QueueFixture.page(0..<3, cursor: "c"), to: task)
      _ = try await queue.fail(task, with: FetchError(.notFound, "The second page is gone."))
      try await fixture.drain()
      let ended = try #require(try await queue.job(job.id))
      #expect(ended.state == .done)
      #expect(ended.counts == JobCounts(done: 3))
      #expect(ended.error == "The second page is gone.")
    }
  }

  @Test("Listing is tried again five times, and each page begins the count anew")
  func attempts() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["backoff_base_ms": 1, "identity_wait_ms": 1])
      let job = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions()).job
      for round in 0..<2 {
        for attempt in 1...4 {
          let task = try #require(
            try await queue.takeExpansions(atMost: 1, wait: .seconds(5)).first)
          #expect(task.attempt == attempt)
          _ = try await queue.fail(task, with: FetchError(.throttled, "wait"))
          let again = try #require(
            try await queue.takeExpansions(atMost: 1, wait: .seconds(5)).first)
          #expect(again.attempt == attempt)
          _ = try await queue.fail(again, with: FetchError(.unreachable, "no answer"))
        }
        let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .seconds(5)).first)
        guard round == 0 else {
          _ = try await queue.fail(task, with: FetchError(.unreachable, "no answer"))
          break
        }
        _ = try await queue.append(QueueFixture.page([], cursor: "c"), to: task)
        try await queue.release([task])
      }
      #expect(try await queue.job(job.id)?.state == .failed)
      #expect(try await queue.job(job.id)?.error == "no answer")
    }
  }

  @Test("An expansion that kills its gateways fails the job; one given back goes on at once")
  func deliveries() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.force("lease_ms", 0)
      let job = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions()).job
      for _ in 0..<10 {
        let task = try await queue.expansionTasks(atMost: 1, from: ">").tasks
        #expect(task.count == 1)
        try await queue.release(task)
      }
      _ = try await queue.expansionTasks(atMost: 1, from: ">")
      for delivery in 2...6 {
        let taken = try await queue.expansionTasks(atMost: 1, from: "idle").tasks
        #expect(taken.isEmpty == (delivery == 6))
      }
      #expect(try await queue.job(job.id)?.state == .failed)
    }
  }

  @Test("An empty playlist is done at once; what the list calls unavailable has failed already")
  func emptyAndUnavailable() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let empty = try await fixture.job("PLtest-list-1", [])
      #expect(empty.state == .done)
      let job = try await queue.submit(.playlist("PLtest-list-2"), options: JobOptions()).job
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      var page = QueueFixture.page(0..<3)
      page.items[1].unavailableReason = "private"
      page.items[2].unavailableReason = "deleted"
      _ = try await queue.append(page, to: task)
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 1, failed: 2))
      let videos = try await queue.videos(
        of: job.id, in: .failed, pageSize: 10, pageToken: nil)
      #expect(Set(videos?.elements.map(\.errorKind) ?? []) == ["private", "not-found"])
    }
  }

  @Test(
    "A page of several thousand videos is one page, and a list above the limit is cut and says so")
  func large() async throws {
    try await QueueFixture.with { fixture in
      try await fixture.queue.configure(["max_videos_per_job": 2500])
      let job = try await fixture.job("PLtest-list-1", 0..<3500)
      #expect(job.counts == JobCounts(queued: 2500))
      #expect(job.listingComplete)
      #expect(job.error.contains("2500"))
    }
  }

  @Test("A cancelled job's expansion stops")
  func cancelled() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions()).job
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      _ = try await queue.cancel(job.id)
      #expect(try await queue.heartbeat([task]) == [.cancelled])
      #expect(try await queue.append(QueueFixture.page(0..<3), to: task) == .cancelled)
      #expect(try await queue.statistics()["expand_entries"] == 0)
    }
  }
}
