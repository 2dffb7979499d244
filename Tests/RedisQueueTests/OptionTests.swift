internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite("Options of a job", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct OptionTests {
  @Test("A job of weight 3 begins three videos for one of its neighbour")
  func weight() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let light = try await fixture.job("PLtest-list-1", 0..<400)
      let heavy = try await fixture.job(
        "PLtest-list-2", 500..<900, options: JobOptions(weight: 3))
      #expect(heavy.weight == 3)
      // What was in the window before the second job came is the first one's.
      _ = try await queue.takeFetches(atMost: 64, wait: .zero)
      var counts: [JobID: Int] = [:]
      for task in try await queue.takeFetches(atMost: 200, wait: .zero) {
        counts[task.job, default: 0] += 1
      }
      #expect(counts[heavy.id, default: 0] > 2 * counts[light.id, default: 0])
      #expect(counts[light.id, default: 0] > 20)
    }
  }

  @Test("No more videos of a job are in the fetch stage than it allows, and others pass it")
  func cap() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let slow = try await fixture.job(
        "PLtest-list-1", 0..<10, options: JobOptions(maxInFlight: 2))
      #expect(slow.maxInFlight == 2)
      try await fixture.job("PLtest-list-2", 20..<40)
      let tasks = try await queue.takeFetches(atMost: 30, wait: .zero)
      #expect(tasks.count { $0.job == slow.id } == 2)
      #expect(tasks.count == 22)
      // One done, one released, one failed for now: each makes room.
      let own = tasks.filter { $0.job == slow.id }
      #expect(try await queue.handOver([(own[0], QueueFixture.payload)]) == [.accepted])
      #expect(try await queue.takeFetches(atMost: 30, wait: .zero).map(\.job) == [slow.id])
      try await queue.release([own[1]])
      let next = try await queue.takeFetches(atMost: 30, wait: .zero)
      #expect(next.map(\.video) == [own[1].video])
      #expect(try await queue.fail([(next[0], TaskTests.unreachable)]) == [.accepted])
      #expect(try await queue.takeFetches(atMost: 30, wait: .zero).count == 1)
      #expect(try await queue.audit(nil)?.repairs == [:])
    }
  }

  @Test("What was indexed before the greatest age is fetched again, what came later is skipped")
  func maxAge() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<2)
      try await fixture.drain()
      // As if the first had been indexed an hour ago.
      let keys = try await fixture.redis("KEYS", fixture.key("recent:*")).array ?? []
      let now = try await fixture.redis("TIME").array?.first?.integer ?? 0
      try await fixture.redis(
        "HSET", keys.first?.text ?? "", QueueFixture.video(0).text, String(now - 3600))
      let job = try await fixture.job(
        "PLtest-list-2", 0..<2, options: JobOptions(maxAge: .seconds(1800)))
      try await fixture.drain()
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 1, skipped: 1))
      let patient = try await fixture.job(
        "PLtest-list-3", 0..<2, options: JobOptions(maxAge: .seconds(7200)))
      try await fixture.drain()
      #expect(try await queue.job(patient.id)?.counts == JobCounts(skipped: 2))
    }
  }

  @Test("A video goes to each index that asks for it, also when it lives another life")
  func indexName() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<1)
      let talks = try await fixture.job("PLtest-list-2", 0..<1, options: JobOptions(index: "talks"))
      #expect(talks.index == "talks")
      let fetches = try await queue.takeFetches(atMost: 2, wait: .zero)
      #expect(fetches.count == 2)
      _ = try await queue.handOver(fetches.map { ($0, QueueFixture.payload) })
      let indexes = try await queue.takeIndexes(atMost: 2, maxBytes: 1 << 20, wait: .zero)
      #expect(Set(indexes.map(\.index)) == ["", "talks"])
      _ = try await queue.fail(indexes.map { ($0, TaskTests.gone) })
      let requeued = try await queue.requeue(.all)
      #expect(requeued.count == 2)
      var names: [String] = []
      for id in requeued.jobs { names.append(try #require(try await queue.job(id)).index) }
      #expect(names.sorted() == ["", "talks"])
      try await fixture.drain()
      let again = try await fixture.job("PLtest-list-3", 0..<1, options: JobOptions(index: "talks"))
      try await fixture.drain()
      #expect(try await queue.job(again.id)?.counts == JobCounts(skipped: 1))
    }
  }

  @Test(
    "Options out of their bounds are refused by name",
    arguments: [
      (JobOptions(weight: 0), "weight"), (JobOptions(weight: 101), "weight"),
      (JobOptions(maxInFlight: 0), "in flight"), (JobOptions(maxAge: .zero), "age"),
      (JobOptions(maxAge: .seconds(86_401)), "age"), (JobOptions(index: "a b"), "index"),
    ])
  func bounds(_ options: JobOptions, _ word: String) async throws {
    try await QueueFixture.with { fixture in
      let error = await #expect(throws: QueueError.self) {
        try await fixture.queue.submit(.playlist("PLtest-list-1"), options: options)
      }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains(word) == true)
    }
  }
}
