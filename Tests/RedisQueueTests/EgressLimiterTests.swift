internal import Pipeline
internal import RedisClient
internal import RedisQueue
internal import TestKit
internal import Testing
internal import Transcripts

@Suite("Egress limiter", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct EgressLimiterTests {
  static let direct = EgressIdentity("direct")

  @Test("A burst is granted at once, then requests come at the rate")
  func bucket() async throws {
    try await QueueFixture.with { fixture in
      let limiter = RedisEgressLimiter(fixture.queue)
      // So slow that the time the test takes gives no further request.
      try await fixture.queue.configure(["limit_rate": 0.01])
      for _ in 0..<20 { #expect(try await limiter.permit(Self.direct, count: 1) == .zero) }
      let wait = try await limiter.permit(Self.direct, count: 1)
      #expect(wait > .seconds(50) && wait <= .seconds(100))
      #expect(try await limiter.permit(EgressIdentity("proxy"), count: 1) == .zero)
    }
  }

  @Test("No more than the hourly number is granted in an hour")
  func hourly() async throws {
    try await QueueFixture.with { fixture in
      let limiter = RedisEgressLimiter(fixture.queue)
      try await fixture.queue.configure([
        "limit_rate": 1_000_000, "limit_burst": 1000, "limit_hourly": 30,
      ])
      var granted = 0
      for _ in 0..<60 where try await limiter.permit(Self.direct, count: 1) == .zero {
        granted += 1
      }
      #expect(granted == 30)
      #expect(try await limiter.permit(Self.direct, count: 1) > .seconds(1))
    }
  }

  @Test("Throttling pauses the identity as long as it was asked to; one probe opens it again")
  func breaker() async throws {
    try await QueueFixture.with { fixture in
      let limiter = RedisEgressLimiter(fixture.queue)
      try await fixture.queue.configure(["limit_throttled_ms": 1, "limit_throttled_max_ms": 1])
      try await limiter.report(Self.direct, .throttled(retryAfter: .seconds(90)))
      let wait = try await limiter.permit(Self.direct, count: 1)
      #expect(wait > .seconds(88) && wait <= .seconds(90))

      // Another identity, whose pause is over at once.
      let proxy = EgressIdentity("proxy")
      try await limiter.report(proxy, .throttled(retryAfter: nil))
      var answers: [Duration] = []
      let deadline = ContinuousClock.now + .seconds(5)
      repeat {
        answers.append(try await limiter.permit(proxy, count: 1))
      } while answers.last != .zero && ContinuousClock.now < deadline
      #expect(answers.last == .zero)
      // The probe is on its way: nobody else goes.
      #expect(try await limiter.permit(proxy, count: 1) > .seconds(10))
      try await limiter.report(proxy, .ok)
      // It begins slowly, at half the rate. Another process asks: here the callers before stand in line.
      let other = RedisEgressLimiter(fixture.queue)
      #expect(try await other.permit(proxy, count: 1) <= .seconds(2))
    }
  }

  @Test("A block pauses for minutes, and reports of the same burst count once")
  func blocked() async throws {
    try await QueueFixture.with { fixture in
      let limiter = RedisEgressLimiter(fixture.queue)
      for _ in 0..<10 { try await limiter.report(Self.direct, .blocked) }
      let wait = try await limiter.permit(Self.direct, count: 1)
      #expect(wait >= .seconds(11 * 60) && wait <= .seconds(19 * 60))
    }
  }

  @Test("An identity of weight 3 has three times the limits, and is slowed down like any other")
  func weight() async throws {
    try await QueueFixture.with { fixture in
      let limiter = RedisEgressLimiter(fixture.queue)
      try await fixture.queue.configure(["limit_rate": 0.01, "limit_burst": 5])
      let pool = EgressIdentity("pool")
      for _ in 0..<15 {
        #expect(try await limiter.permit(pool, weight: 3, count: 1) == .zero)
      }
      #expect(try await limiter.permit(pool, weight: 3, count: 1) > .seconds(20))
      // Told by another process, the block holds for all; what operators see are its own limits.
      let other = RedisEgressLimiter(try fixture.worker("other"))
      #expect(try await other.permit(pool, weight: 3, count: 1) > .seconds(20))
      let limits = try await fixture.queue.egressLimits()
      #expect(limits.first { $0.identity == "pool" }.map { abs($0.rate - 0.03) < 0.001 } == true)
      try await other.report(pool, .blocked)
      #expect(try await limiter.permit(pool, weight: 3, count: 1) > .seconds(11 * 60))
    }
  }
}
