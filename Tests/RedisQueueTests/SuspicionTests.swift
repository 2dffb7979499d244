internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite(
  "A job that is suspected to be blocked",
  .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct SuspicionTests {
  private let failure = TaskFailure(
    kind: "suspected-blocking", message: "why", consequence: .retry, retryAfter: .seconds(900))

  @Test("The job says so while it runs, and no more when all came well in the end")
  func says() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<2)
      let tasks = try await queue.takeFetches(atMost: 2, wait: .zero)
      _ = try await queue.fail(tasks.map { ($0, self.failure) })
      let suspected = try #require(try await queue.job(job.id))
      #expect(suspected.error.contains("YouTube seems to block") && suspected.counts.failed == 0)
      let record = try await queue.videos(of: job.id, in: nil, pageSize: 10, pageToken: nil)
      #expect(record?.elements.allSatisfy { $0.errorKind == "suspected-blocking" } == true)
      try await fixture.dueNow()
      try await fixture.drain()
      let ended = try #require(try await queue.job(job.id))
      #expect(ended.state == .done && ended.counts.done == 2 && ended.error == "")
    }
  }

  @Test(
    "What never came is a dead letter of that kind, which goes on as a whole; the job still says so"
  )
  func deadLetters() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<1)
      for _ in 0..<5 {
        let tasks = try await queue.takeFetches(atMost: 1, wait: .zero)
        #expect(tasks.count == 1)
        _ = try await queue.fail(tasks.map { ($0, self.failure) })
        try await fixture.dueNow()
      }
      let ended = try #require(try await queue.job(job.id))
      #expect(ended.state == .done && ended.counts.failed == 1)
      #expect(ended.error.contains("YouTube seems to block"))
      let letters = try await queue.deadLetters(.all, pageSize: 10, pageToken: nil)
      #expect(letters.elements.map(\.reason) == ["suspected-blocking"])
    }
  }
}

extension QueueFixture {
  /// As if the time that delayed tasks wait for had come.
  func dueNow() async throws {
    let members = try await self.redis("ZRANGE", self.key("delay"), "0", "-1").array ?? []
    for member in members {
      try await self.redis("ZADD", self.key("delay"), "1", member.text ?? "")
    }
  }
}
