@testable import AdminServer
import Pipeline
import RedisClient
import RedisQueue
import ServiceRuntime
import TestKit
import Testing
import Transcripts

@Suite(
  "Readiness by progress",
  .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)))
struct ProgressCheckTests {
  private func withQueue(_ body: (RedisQueue) async throws -> Void) async throws {
    try await RedisServer.with { server in
      let queue = try RedisQueue(
        RedisConfiguration(host: "127.0.0.1", port: server.port), consumer: "worker")
      try await body(queue)
      await queue.close()
    }
  }

  private func problem(
    _ queue: RedisQueue, maxIdleTime: Duration, rest: Duration
  ) async -> String? {
    let last = ContinuousClock.now - rest
    return await ReadinessCheck.progress(of: .fetch, in: queue, maxIdleTime: maxIdleTime) { last }
      .check()
  }

  @Test("A process that begins nothing while old work waits is not ready, and says how much waits")
  func stuck() async throws {
    try await self.withQueue { queue in
      _ = try await queue.submit(
        .video(try #require(VideoID("abcdefghijk"))), options: JobOptions())
      // The entry is older than nothing; the process rests for a minute and more.
      var stuck: String?
      while stuck == nil {
        stuck = await self.problem(queue, maxIdleTime: .zero, rest: .seconds(90))
      }
      #expect(stuck?.hasPrefix("1 entries wait for the fetch stage, and for 90 s") == true)
      // What has come just now does not count, nor does work while this process gets on.
      #expect(await self.problem(queue, maxIdleTime: .seconds(60), rest: .seconds(90)) == nil)
      #expect(await self.problem(queue, maxIdleTime: .seconds(100), rest: .seconds(90)) == nil)
      // Paused, there is nothing to begin.
      try await queue.pauseAll()
      #expect(await self.problem(queue, maxIdleTime: .zero, rest: .seconds(90)) == nil)
      try await queue.resumeAll()
    }
  }

  @Test("An egress identity that is blocked is named")
  func blocked() async throws {
    try await self.withQueue { queue in
      _ = try await queue.submit(
        .video(try #require(VideoID("abcdefghijk"))), options: JobOptions())
      let limiter = RedisEgressLimiter(queue)
      try await limiter.report(
        EgressIdentity("proxy-7"), .throttled(retryAfter: .seconds(600)))
      var stuck: String?
      while stuck == nil {
        stuck = await self.problem(queue, maxIdleTime: .zero, rest: .seconds(90))
      }
      #expect(stuck?.contains("proxy-7 is blocked for 6") == true, "\(stuck ?? "")")
    }
  }

  @Test("With nothing to do a process may rest for ever")
  func idle() async throws {
    try await self.withQueue { queue in
      #expect(await self.problem(queue, maxIdleTime: .zero, rest: .seconds(9000)) == nil)
    }
  }
}
