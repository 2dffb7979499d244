internal import Foundation
internal import Networking
internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

/// The users that `deploy/redis/users.acl` makes.
@Suite("Rights in Redis", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct AccessTests {
  private static let file = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("deploy/redis/users.acl")

  private func withServer(_ body: (RedisConfiguration) async throws -> Void) async throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    let rules = text.split(separator: "\n").filter { $0.hasPrefix("user ") }
      .joined(separator: "\n").replacing("CHANGE-ME", with: "secret")
    let copy = FileManager.default.temporaryDirectory
      .appendingPathComponent("verbatim-users-\(UUID().uuidString).acl")
    try Data("\(rules)\n".utf8).write(to: copy)
    defer { unlink(copy.path) }
    try await RedisServer.with(arguments: ["--aclfile", copy.path]) { server in
      try await body(
        RedisConfiguration(
          host: "127.0.0.1", port: server.port, user: "verbatim", password: "secret"))
    }
  }

  @Test("With the shipped rights everything works that the queue does")
  func suffices() async throws {
    try await self.withServer { configuration in
      let queue = try RedisQueue(configuration, consumer: "worker")
      let (job, _) = try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions())
      let listing = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      _ = try await queue.heartbeat([listing])
      _ = try await queue.append(QueueFixture.page(0..<10), to: listing)
      #expect(try await queue.pause(job.id)?.isPaused == true)
      _ = try await queue.resume(job.id)
      try await queue.pauseAll()
      try await queue.resumeAll()
      #expect(try await queue.isPaused() == false)
      let fetches = try await queue.takeFetches(atMost: 10, wait: .zero)
      #expect(fetches.count == 10)
      _ = try await queue.heartbeat(fetches)
      _ = try await queue.fail([(fetches[0], TaskTests.gone), (fetches[1], TaskTests.unreachable)])
      try await queue.release([fetches[2]])
      _ = try await queue.handOver(fetches[3...].map { ($0, QueueFixture.payload) })
      let indexes = try await queue.takeIndexes(atMost: 10, maxBytes: 1 << 20, wait: .zero)
      _ = try await queue.fail([(indexes[0], TaskTests.unreachable)])
      try await queue.release([indexes[1]])
      _ = try await queue.complete(Array(indexes[2...]))
      // Nothing comes now: the waiting is tried too.
      _ = try await queue.takeExpansions(atMost: 1, wait: .milliseconds(20))
      let letters = try await queue.deadLetters(.all, pageSize: 10, pageToken: nil).elements
      #expect(letters.count == 1)
      #expect(try await queue.requeue(.all).count == 1)
      _ = try await queue.drop(.ids(["1-1"]))
      #expect(try await queue.videos(of: job.id, in: nil, pageSize: 20, pageToken: nil) != nil)
      #expect(try await queue.jobs(pageSize: 10, pageToken: nil).elements.count == 1)
      _ = try await queue.stats()
      try await queue.configure(["window": 32])
      #expect(try await queue.audit(nil)?.repairs == [:])
      let limiter = RedisEgressLimiter(queue)
      _ = try await limiter.permit(EgressIdentity("direct"), count: 1)
      try await limiter.report(EgressIdentity("direct"), .ok)
      #expect(try await queue.egressLimits().count == 1)
      try await queue.tidy()
      #expect(try await queue.checkServer().problems == [])
      for try await change in queue.changes(of: job.id) {
        #expect(change.id == job.id)
        _ = try await queue.cancel(job.id)
      }
      _ = try await queue.submit(
        .video(QueueFixture.video(77)), options: JobOptions(priority: .interactive))
      await queue.close()
    }
  }

  @Test("With the shipped rights nothing else is allowed, and who refuses says so")
  func noMore() async throws {
    try await self.withServer { configuration in
      let client = RedisClient(configuration)
      for command in [
        RedisCommand("FLUSHALL"), RedisCommand("CONFIG", "GET", "*"), RedisCommand("KEYS", "*"),
        RedisCommand("GET", "someone-else"), RedisCommand("EVAL", "return 1", "0"),
        RedisCommand("FUNCTION", "FLUSH"), RedisCommand("ACL", "LIST"),
        RedisCommand("SUBSCRIBE", "x"),
      ] {
        let error = await #expect(throws: RedisError.self) { try await client.send(command) }
        #expect(error?.code == .permission)
      }
      await client.close()
    }
  }

  @Test("Every command of the functions is among the shipped rights")
  func complete() throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8).lowercased()
    let rights = Set(
      text.split(whereSeparator: { $0 == " " || $0 == "\n" }).filter { $0.hasPrefix("+") }.map {
        String($0.dropFirst().prefix { $0 != "|" })
      })
    let calls = FunctionLibrary.source.matches(of: #/call\('([A-Z]+)'/#).map {
      $0.output.1.lowercased()
    }
    #expect(calls.count > 50)
    #expect(Set(calls).subtracting(rights) == [])
  }
}
