internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite(
  "Bounds and leftovers", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct BoundTests {
  @Test("Videos that wait for an index retry count as held: an index that fails stops the fetching")
  func failingIndex() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["window": 4, "max_index_entries": 10])
      try await fixture.job("PLtest-list-1", 0..<100)
      var fetched = 0
      while true {
        let tasks = try await queue.takeFetches(atMost: 2, wait: .zero)
        if tasks.isEmpty { break }
        fetched += try await queue.handOver(tasks.map { ($0, QueueFixture.payload) }).count
        let indexes = try await queue.takeIndexes(atMost: 2, maxBytes: 1000, wait: .zero)
        _ = try await queue.fail(indexes.map { ($0, TaskTests.unreachable) })
        try #require(fetched < 50)
      }
      #expect((10...16).contains(fetched))
      #expect(try await queue.statistics()["held"] == fetched)
    }
  }

  @Test("A wait that a source asks for is kept within an hour")
  func retryAfter() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<2)
      let tasks = try await queue.takeFetches(atMost: 2, wait: .zero)
      for (task, consequence) in zip(tasks, [FetchError.Consequence.retry, .waitForIdentity]) {
        let failure = TaskFailure(
          kind: "throttled", message: "A year.", consequence: consequence,
          retryAfter: .seconds(31_536_000))
        #expect(try await queue.fail([(task, failure)]) == [.accepted])
      }
      let delayed =
        try await fixture.redis(
          "ZRANGE", fixture.key("delay"), "0", "-1", "WITHSCORES"
        ).array ?? []
      let now = Double(try await fixture.redis("TIME").array?[0].integer ?? 0) * 1000
      let waits = stride(from: 1, to: delayed.count, by: 2).compactMap {
        delayed[$0].text.flatMap { Double($0) }.map { $0 - now }
      }
      #expect(waits.count == 2 && waits.allSatisfy { (3_500_000...3_602_000).contains($0) })
    }
  }

  @Test(
    "At the limit of jobs the oldest that ended is forgotten, and only running ones are in the way")
  func makesRoom() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["max_jobs": 3])
      let ended = try await fixture.job("PLtest-list-1", [])
      let later = try await fixture.job("PLtest-list-2", [])
      #expect(ended.state == .done)
      for number in 3..<6 {
        _ = try await queue.submit(.playlist("PLtest-list-\(number)"), options: JobOptions())
      }
      #expect(try await queue.job(ended.id) == nil)
      #expect(try await queue.job(later.id) == nil)
      let error = await #expect(throws: QueueError.self) {
        try await queue.submit(.playlist("PLtest-list-9"), options: JobOptions())
      }
      #expect(error?.code == .full)
      // Its name is free, although it was remembered.
      _ = try await queue.configure(["max_jobs": 4])
      #expect(try await queue.submit(ended.source, options: JobOptions()).created)
    }
  }

  @Test("Locks of a job that vanished are taken away by the upkeep, whatever its languages")
  func vanishedJob() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let german = JobOptions(languages: LanguagePreference(languageCodes: ["de"]))
      let job = try await fixture.job("PLtest-list-1", 0..<5, options: german)
      let tasks = try await queue.takeFetches(atMost: 5, wait: .zero)
      _ = try await queue.cancel(job.id)
      for kind in ["job", "videos"] {
        try await fixture.redis("DEL", fixture.key("\(kind):\(job.id)"))
      }
      #expect(try await queue.handOver([(tasks[0], QueueFixture.payload)]) == [.cancelled])
      #expect(try await fixture.redis("HLEN", fixture.key("lock")).integer == 5)
      try await queue.tidy()
      #expect(try await fixture.redis("HLEN", fixture.key("lock")).integer == 0)
    }
  }

  @Test("A hundred jobs that wait for one video are freed in parts, and all end")
  func manyWaiters() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      var jobs: [Job] = []
      for number in 0..<100 { jobs.append(try await fixture.job("PLtest-list-\(number)", 0..<1)) }
      let first = try await queue.takeFetches(atMost: 200, wait: .zero)
      #expect(first.count == 1)
      let waiting = fixture.key("waiting:\(QueueFixture.video(0))")
      #expect(try await fixture.redis("LLEN", waiting).integer == 99)
      _ = try await queue.handOver(first.map { ($0, QueueFixture.payload) })
      let index = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
      #expect(try await queue.complete(index) == [.accepted])
      #expect(try await fixture.redis("LLEN", waiting).integer == 35)
      try await queue.tidy()
      try await fixture.drain()
      for job in jobs {
        let ended = try #require(try await queue.job(job.id))
        #expect(ended.state == .done)
        #expect(
          ended.counts == JobCounts(done: job == jobs[0] ? 1 : 0, skipped: job == jobs[0] ? 0 : 1))
      }
    }
  }

  @Test("No more videos are remembered as indexed than the limit")
  func recentIsBounded() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["max_recent": 1])
      try await fixture.job("PLtest-list-1", 0..<1)
      try await fixture.drain()
      try await fixture.job("PLtest-list-2", 1..<2)
      try await fixture.drain()
      let again = try await fixture.job("PLtest-list-3", 0..<2)
      try await fixture.drain()
      #expect(try await queue.job(again.id)?.counts == JobCounts(done: 1, skipped: 1))
    }
  }

  @Test("Completing is known when it is repeated, even after it ended the job")
  func completeAgain() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      let fetch = try await queue.takeFetches(atMost: 1, wait: .zero)
      _ = try await queue.handOver(fetch.map { ($0, QueueFixture.payload) })
      let index = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
      #expect(try await queue.complete(index) == [.accepted])
      #expect(try await queue.job(job.id)?.state == .done)
      #expect(try await queue.complete(index) == [.accepted])
      #expect(try await queue.statistics()["bytes"] == 0)
    }
  }

  @Test("A list above the limit is not read on")
  func cutList() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["max_videos_per_job": 10])
      _ = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions())
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      let page = QueueFixture.page(0..<20, cursor: "more")
      #expect(try await queue.append(page, to: task) == .accepted)
      #expect(try await queue.append(QueueFixture.page(20..<30), to: task) == .stale)
    }
  }

  @Test("A short list waits behind a window of 64, not behind the long one")
  func windowIsSmall() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<2000)
      let short = try await fixture.job("PLtest-list-2", 3000..<3001)
      var before = 0
      while true {
        let task = try #require(try await queue.takeFetches(atMost: 1, wait: .zero).first)
        if task.job == short.id { break }
        before += 1
        try #require(before < 200)
      }
      #expect(before <= 64 + 16)
      // And yet a take of hundreds is answered with hundreds.
      #expect(try await queue.takeFetches(atMost: 256, wait: .zero).count == 256)
    }
  }

  @Test(
    "Which kinds of captions are wanted reaches the fetcher",
    arguments: CaptionKindPreference.allCases)
  func kinds(_ kinds: CaptionKindPreference) throws {
    for codes in [[], ["en", "pt-BR"]] {
      for anyLanguage in [true, false] {
        let languages = LanguagePreference(
          languageCodes: codes, anyLanguage: anyLanguage, kinds: kinds)
        #expect(LanguagePreference(queueText: try languages.queueText()) == languages)
      }
    }
  }
}
