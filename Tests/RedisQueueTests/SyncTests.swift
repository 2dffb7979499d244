internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite(
  "Playlists that are kept up to date",
  .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct SyncTests {
  private let list = SourceID.playlist("PLtest-list-1")

  /// Lists what a sync's job is to fetch, and fetches all of it.
  private func finish(
    _ job: Job, _ numbers: Range<Int>, _ fixture: QueueFixture
  ) async throws -> Job {
    let task = try #require(try await fixture.queue.takeExpansions(atMost: 1, wait: .zero).first)
    #expect(task.job == job.id)
    _ = try await fixture.queue.append(QueueFixture.page(numbers), to: task)
    try await fixture.drain()
    return try #require(try await fixture.queue.job(job.id))
  }

  /// As if half a day had gone by: what was indexed lately is forgotten.
  private func forgetRecent(_ fixture: QueueFixture) async throws {
    for key in try await self.keys("recent:*", fixture) { try await fixture.redis("DEL", key) }
  }

  private func keys(_ pattern: String, _ fixture: QueueFixture) async throws -> [String] {
    try await fixture.redis("KEYS", fixture.key(pattern)).array?.compactMap(\.text) ?? []
  }

  @Test("A second run fetches only what is new, however long after the first")
  func incremental() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let (kept, first, created) = try await queue.sync(
        self.list, every: nil, options: JobOptions())
      #expect(created && kept.every == nil && kept.nextRunMilliseconds == nil && kept.runs == 1)
      #expect(try await self.finish(first, 0..<5, fixture).counts.done == 5)
      try await queue.tidy()
      #expect(
        try await queue.syncs(pageSize: 10, pageToken: nil).elements.map(\.knownVideos) == [5])
      try await self.forgetRecent(fixture)

      let (again, second, _) = try await queue.sync(
        self.list, every: nil, options: JobOptions())
      #expect(again.runs == 2 && second.id != first.id)
      let ended = try await self.finish(second, 0..<8, fixture)
      #expect(ended.state == .done && ended.counts.done == 3 && ended.counts.skipped == 5)
      #expect(try await queue.audit(nil)?.repairs == [:])

      // An ordinary job has not learnt anything.
      try await self.forgetRecent(fixture)
      let plain = try await fixture.job("PLtest-list-2", 0..<8)
      try await fixture.drain()
      #expect(try await queue.job(plain.id)?.counts.done == 8)
    }
  }

  @Test("A run that is due begins by itself, once, and the next is set")
  func schedule() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let (kept, first, _) = try await queue.sync(
        self.list, every: .seconds(6 * 3600), options: JobOptions())
      let next = try #require(kept.nextRunMilliseconds)
      #expect(kept.every == .seconds(6 * 3600))
      #expect(next - first.createdMilliseconds == 6 * 3_600_000)
      _ = try await self.finish(first, 0..<2, fixture)
      try await queue.tidy()
      #expect(try await queue.jobs(pageSize: 10, pageToken: nil).elements.count == 1)
      // Six hours later.
      try await fixture.redis("ZADD", fixture.key("syncs"), "1", self.list.text)
      try await queue.tidy()
      try await queue.tidy()
      let jobs = try await queue.jobs(pageSize: 10, pageToken: nil).elements
      #expect(jobs.count == 2 && jobs.first?.state == .running)
      let page = try await queue.syncs(pageSize: 10, pageToken: nil)
      #expect(page.elements.first?.lastJob == jobs.first?.id)
      #expect((page.elements.first?.nextRunMilliseconds ?? 0) >= next)
      let second = try await self.finish(jobs[0], 0..<3, fixture)
      #expect(second.counts.done == 1 && second.counts.skipped == 2)
    }
  }

  @Test(
    "What cannot be had is left alone for a week, what may come back is tried with the next run")
  func failures() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let (_, first, _) = try await queue.sync(
        self.list, every: nil, options: JobOptions())
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      _ = try await queue.append(QueueFixture.page(0..<2), to: task)
      let fetches = try await queue.takeFetches(atMost: 2, wait: .zero)
      for (fetch, kind) in zip(fetches, ["no-transcript", "suspected-blocking"]) {
        let failure = TaskFailure(kind: kind, message: "why", consequence: .permanent)
        _ = try await queue.fail([(fetch, failure)])
      }
      #expect(try await queue.job(first.id)?.counts.failed == 2)
      try await queue.tidy()
      let (_, second, _) = try await queue.sync(
        self.list, every: nil, options: JobOptions())
      let ended = try await self.finish(second, 0..<2, fixture)
      #expect(ended.counts.skipped == 1 && ended.counts.done == 1)
    }
  }

  @Test("A run that is asked for while one is under way is that one")
  func running() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let plain = try await fixture.job("PLtest-list-1", 0..<2)
      let (_, job, created) = try await queue.sync(
        self.list, every: .seconds(3600), options: JobOptions())
      #expect(!created && job.id == plain.id)
      try await fixture.drain()
      try await queue.tidy()
      #expect(try await queue.syncs(pageSize: 1, pageToken: nil).elements.first?.knownVideos == 2)
    }
  }

  @Test("Other languages make all new; what is removed is forgotten; nonsense is refused")
  func changes() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let (_, first, _) = try await queue.sync(
        self.list, every: .seconds(3600), options: JobOptions())
      _ = try await self.finish(first, 0..<2, fixture)
      try await queue.tidy()
      let german = LanguagePreference(languageCodes: ["de"])
      let (kept, second, _) = try await queue.sync(
        self.list, every: nil, options: JobOptions(languages: german))
      #expect(
        kept.every == .seconds(3600) && kept.options.languages == german && kept.knownVideos == 0)
      #expect(try await self.finish(second, 0..<2, fixture).counts.done == 2)
      #expect(try await queue.removeSync(self.list))
      #expect(try await !queue.removeSync(self.list))
      #expect(try await queue.syncs(pageSize: 10, pageToken: nil).elements.isEmpty)
      for key in ["sync", "known"] {
        #expect(try await self.keys("\(key):*", fixture).isEmpty)
      }
      await #expect(throws: QueueError.self) {
        try await queue.sync(self.list, every: .seconds(60), options: JobOptions())
      }
      await #expect(throws: QueueError.self) {
        try await queue.sync(
          .video(VideoID("dQw4w9WgXcQ")!), every: nil, options: JobOptions())
      }
      await #expect(throws: QueueError.self) {
        try await queue.syncs(pageSize: 1, pageToken: "x")
      }
    }
  }

  @Test("A list that gives less than it states is said to be incomplete")
  func incomplete() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let (job, _) = try await queue.submit(self.list, options: JobOptions())
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      var page = QueueFixture.page(0..<3)
      page.statedTotal = 250
      _ = try await queue.append(page, to: task)
      #expect(
        try await queue.job(job.id)?.error.hasPrefix("incomplete: YouTube listed 3 of the 250")
          == true)
    }
  }
}
