internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

/// Redis has lost its newest writes, and workers hold what it does not know of.
@Suite("Rollback of Redis", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct RollbackTests {
  private static func state(_ fixture: QueueFixture) async throws -> RedisState {
    try await RedisState(fixture.queue.keys.patterns, of: fixture.queue.client)
  }

  @Test("An entry that is undelivered again is not dropped by a worker of a cancelled job")
  func undelivered() async throws {
    try await QueueFixture.with { try await Self.undelivered($0) }
  }

  @Sendable static func undelivered(_ fixture: QueueFixture) async throws {
    let queue = fixture.queue
    let job = try await fixture.job("PLtest-list-1", 0..<2)
    let earlier = try await Self.state(fixture)
    let tasks = try await queue.takeFetches(atMost: 2, wait: .zero)
    try await earlier.restore(to: queue.client)
    _ = try await queue.cancel(job.id)
    #expect(try await queue.handOver([(tasks[0], QueueFixture.payload)]) == [.cancelled])
    #expect(try await queue.heartbeat([tasks[1]]) == [.cancelled])
    // Both are in the stream, and counted there, until somebody takes them.
    #expect(try await fixture.redis("XLEN", fixture.key("fetch")).integer == 2)
    #expect(try await fixture.redis("HGET", fixture.key("state"), "ready").text == "2")
    #expect(try await queue.takeFetches(atMost: 2, wait: .zero).isEmpty)
    #expect(try await fixture.redis("XLEN", fixture.key("fetch")).integer == 0)
    #expect(try await fixture.redis("HGET", fixture.key("state"), "ready").text == "0")
  }

  @Test("A worker of a job that was lost does not drop another's entry that has the same id now")
  func idsAgain() async throws {
    try await QueueFixture.with { try await Self.idsAgain($0) }
  }

  @Sendable static func idsAgain(_ fixture: QueueFixture) async throws {
    let queue = fixture.queue
    try await RedisState.countIDsUp(queue.keys, queue.client)
    let earlier = try await Self.state(fixture)

    // Lost in the middle of listing, of fetching, and of indexing.
    _ = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions())
    let listing = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
    try await earlier.restore(to: queue.client)
    let job = try await queue.submit(.playlist("PLtest-list-2"), options: JobOptions()).job
    let again = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
    let entries = try [again, listing].map { try RedisQueue.claim(of: $0).entry }
    #expect(entries[0] == entries[1])
    #expect(try await queue.heartbeat([listing]) == [.cancelled])
    #expect(try await queue.append(QueueFixture.page(0..<2), to: listing) == .cancelled)
    #expect(try await fixture.redis("XLEN", fixture.key("expand")).integer == 1)
    #expect(try await queue.append(QueueFixture.page(0..<2), to: again) == .accepted)
    try await fixture.drain()
    #expect(try await queue.job(job.id)?.counts == JobCounts(done: 2))

    let before = try await Self.state(fixture)
    try await fixture.job("PLtest-list-3", 2..<4)
    let fetches = try await queue.takeFetches(atMost: 2, wait: .zero)
    _ = try await queue.handOver([(fetches[0], QueueFixture.payload)])
    let indexes = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
    try await before.restore(to: queue.client)
    let next = try await fixture.job("PLtest-list-4", 4..<6)
    let newFetches = try await queue.takeFetches(atMost: 2, wait: .zero)
    #expect(newFetches.map(\.claim.entry) == fetches.map(\.claim.entry))
    #expect(try await queue.heartbeat([fetches[0]]) == [.cancelled])
    #expect(try await queue.handOver([(fetches[1], QueueFixture.payload)]) == [.cancelled])
    _ = try await queue.handOver([(newFetches[0], QueueFixture.payload)])
    let newIndexes = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
    #expect(newIndexes.map(\.claim.entry) == indexes.map(\.claim.entry))
    #expect(try await queue.complete(indexes) == [.cancelled])
    #expect(try await queue.job(next.id)?.counts == JobCounts(fetching: 1, indexing: 1))
    #expect(try await queue.complete(newIndexes) == [.accepted])
    _ = try await queue.handOver([(newFetches[1], QueueFixture.payload)])
    try await fixture.drain()
    #expect(try await queue.job(next.id)?.counts == JobCounts(done: 2))
    #expect(try await queue.audit(nil)?.repairs.isEmpty == true)
  }
}
