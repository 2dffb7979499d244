internal import Pipeline
internal import RedisClient
internal import RedisQueue
internal import TestKit
internal import Testing
internal import Transcripts

@Suite("Dead letters", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct DeadLetterTests {
  /// Fetches every video of a new job in vain.
  private func fail(
    _ fixture: QueueFixture, _ playlist: String, _ numbers: Range<Int>, _ reason: String,
    options: JobOptions = JobOptions()
  ) async throws -> Job {
    let job = try await fixture.job(playlist, numbers, options: options)
    let failure = TaskFailure(kind: reason, message: "As told.", consequence: .permanent)
    var left = numbers.count
    while left > 0 {
      let tasks = try await fixture.queue.takeFetches(atMost: 64, wait: .zero)
      try #require(!tasks.isEmpty)
      _ = try await fixture.queue.fail(tasks.map { ($0, failure) })
      left -= tasks.count
    }
    return try #require(try await fixture.queue.job(job.id))
  }

  @Test("They are listed newest first, with all that an operator wants to know, page by page")
  func list() async throws {
    try await QueueFixture.with { fixture in
      let job = try await self.fail(fixture, "PLtest-list-1", 0..<5, "not-found")
      var letters: [DeadLetter] = []
      var token: String?
      repeat {
        let page = try await fixture.queue.deadLetters(.all, pageSize: 2, pageToken: token)
        #expect(page.elements.count <= 2)
        letters += page.elements
        token = page.nextPageToken
      } while token != nil
      #expect(letters.map(\.video) == (0..<5).reversed().map(QueueFixture.video))
      let letter = try #require(letters.first)
      #expect(letter.job == job.id && letter.source == job.source)
      #expect(letter.stage == "fetch" && letter.reason == "not-found")
      #expect(letter.message == "As told." && letter.attempts == 1 && letter.deliveries == 1)
      #expect(letter.atMilliseconds >= job.createdMilliseconds)
      let error = await #expect(throws: QueueError.self) {
        try await fixture.queue.deadLetters(.all, pageSize: 2, pageToken: "nonsense")
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test("While the job runs they go back to it, with all their attempts")
  func requeueIntoTheJob() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<2)
      let tasks = try await queue.takeFetches(atMost: 1, wait: .zero)
      _ = try await queue.fail(tasks.map { ($0, TaskTests.gone) })
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 1, failed: 1))
      #expect(
        try await queue.requeue(.reason("not-found")) == RequeuedLetters(count: 1, jobs: [job.id]))
      #expect(try await queue.requeue(.all) == RequeuedLetters())
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 2))
      let page = try await queue.videos(of: job.id, in: .queued, pageSize: 9, pageToken: nil)
      #expect(page?.elements.allSatisfy { $0.attempts == 0 && $0.errorKind.isEmpty } == true)
      try await fixture.drain()
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 2))
    }
  }

  @Test("After the job's end they are one new job of the same source and languages")
  func requeueIntoANewJob() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let german = LanguagePreference(
        languageCodes: ["de"], anyLanguage: false, kinds: .manualOnly)
      // More than one call takes.
      let old = try await self.fail(
        fixture, "PLtest-list-1", 0..<300, "unreachable", options: JobOptions(languages: german))
      let other = try await self.fail(fixture, "PLtest-list-2", 500..<501, "not-found")
      #expect(old.state == .done)
      let requeued = try await queue.requeue(.reason("unreachable"))
      #expect(requeued.count == 300)
      #expect(requeued.jobs.count == 1)
      let id = try #require(requeued.jobs.first)
      let retry = try #require(try await queue.job(id))
      #expect(retry.source == old.source && retry.listingComplete)
      #expect(retry.counts == JobCounts(queued: 300))
      let tasks = try await queue.takeFetches(atMost: 1, wait: .zero)
      #expect(tasks.map(\.languages) == [german])
      try await queue.release(tasks)
      // It does not stand for the playlist.
      let submitted = try await queue.submit(old.source, options: JobOptions())
      #expect(submitted.created)
      _ = try await queue.cancel(submitted.job.id)
      try await fixture.drain()
      #expect(try await queue.job(id)?.counts == JobCounts(done: 300))
      #expect(try await queue.job(old.id)?.counts == JobCounts(failed: 300))
      #expect(
        try await queue.deadLetters(.all, pageSize: 9, pageToken: nil).elements.map(\.job) == [
          other.id
        ])
    }
  }

  @Test("Dropped letters are gone, and their videos stay failed")
  func drop() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let first = try await self.fail(fixture, "PLtest-list-1", 0..<3, "private")
      _ = try await self.fail(fixture, "PLtest-list-2", 5..<7, "not-found")
      let letters = try await queue.deadLetters(.job(first.id), pageSize: 9, pageToken: nil)
        .elements
      #expect(letters.count == 3)
      #expect(try await queue.drop(.ids([letters[0].id, "1-1"])) == 1)
      #expect(try await queue.drop(.job(first.id)) == 2)
      #expect(try await queue.drop(.all) == 2)
      #expect(try await queue.drop(.all) == 0)
      #expect(try await queue.job(first.id)?.counts == JobCounts(failed: 3))
      let error = await #expect(throws: QueueError.self) {
        try await queue.requeue(.ids(["all of them"]))
      }
      #expect(error?.code == .invalidArgument)
    }
  }
}
