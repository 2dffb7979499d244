internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite("Audit", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct AuditTests {
  /// Something that a Redis with a cut file may have lost, and what the audit calls it.
  struct Damage: Sendable, CustomStringConvertible {
    var kind: String
    /// Lines of `redis-cli`; `P` is the prefix, `J` the job, `V` a video in each state.
    var commands: [[String]]
    var description: String { "\(self.kind): \(self.commands[0].joined(separator: " "))" }

    init(_ kind: String, _ commands: [String]...) { (self.kind, self.commands) = (kind, commands) }
  }

  /// Videos 0 to 2 are being indexed, 3 to 5 fetched, the others wait.
  static let damages = [
    Damage("counters", ["HSET", "Pjob:J", "q", "999", "f", "0"]),
    Damage("places", ["DEL", "Ptodo:J"]),
    Damage("places", ["XTRIM", "Pfetch", "MAXLEN", "0"]),
    Damage("todo", ["RPUSH", "Ptodo:J", "V0", "V3", "V90", "V90"]),
    Damage("entries", ["XTRIM", "Pindex", "MAXLEN", "0"]),
    Damage(
      "payloads", ["XTRIM", "Pindex", "MAXLEN", "0"], ["EVAL", "PAYLOADS", "0"]),
    Damage("locks", ["DEL", "Plock"]),
    Damage("turns", ["DEL", "Pring"]),
    Damage("turns", ["RPUSH", "Pring", "J", "J"]),
    Damage("bytes", ["HSET", "Pstate", "bytes", "7777777"]),
    Damage("held", ["HSET", "Pstate", "held", "0"]),
    Damage("ready", ["HSET", "Pstate", "ready", "0"]),
    Damage("out", ["HSET", "Pjob:J", "out", "50"]),
    Damage("records", ["HSET", "Pvideos:J", "V95", "nonsense"]),
  ]

  @Test("What was lost is mended and counted, and every video ends once", arguments: damages)
  func mends(_ damage: Damage) async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["window": 4])
      let job = try await fixture.job(
        "PLtest-list-1", 0..<100, options: JobOptions(maxInFlight: 60))
      let taken = try await queue.takeFetches(atMost: 6, wait: .zero)
      _ = try await queue.handOver(taken.prefix(3).map { ($0, QueueFixture.payload) })
      #expect(try await queue.audit(nil)?.repairs == [:])
      for command in damage.commands { try await Self.send(command, job, fixture) }
      let report = try #require(try await queue.audit(nil))
      #expect(report.jobs == 1)
      #expect(report.repairs[damage.kind, default: 0] > 0, "\(report.repairs)")
      #expect(try await queue.audit(nil)?.repairs == [:])
      let total = report.repairs.values.reduce(0, +)
      #expect(try await queue.stats().repairs == total)
      // What is with workers comes back when they are quiet.
      try await fixture.force("lease_ms", 0)
      while try await queue.job(job.id)?.state == .running {
        let idle = try await queue.fetchTasks(atMost: 64, from: "idle").tasks
        _ = try await queue.handOver(idle.map { ($0, QueueFixture.payload) })
        try await fixture.drain()
      }
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 100))
      let stats = try await queue.stats()
      #expect(stats.heldVideos == 0 && stats.heldBytes == 0)
    }
  }

  private static func send(_ words: [String], _ job: Job, _ fixture: QueueFixture) async throws {
    var command = RedisCommand("EVAL")
    command.append("return redis.call(unpack(ARGV))")
    command.append(0)
    if words == ["EVAL", "PAYLOADS", "0"] {
      let keys = try await fixture.redis("KEYS", fixture.key("payload:*")).array ?? []
      command.append("DEL")
      for key in keys { command.append(key.text ?? "") }
    } else {
      for word in words {
        if word.hasPrefix("V"), let number = Int(word.dropFirst()) {
          command.append(QueueFixture.video(number).text)
        } else if word == "J" {
          command.append(job.id.text)
        } else if word.hasPrefix("P") {
          command.append(
            fixture.key(String(word.dropFirst())).replacing("J", with: job.id.text))
        } else {
          command.append(word)
        }
      }
    }
    _ = try await fixture.queue.client.send(command)
  }

  @Test("After Redis was restarted the upkeep audits all jobs by itself, once")
  func afterRestart() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.tidy()
      for number in 0..<20 { try await fixture.job("PLtest-list-\(number)", number..<number + 1) }
      fixture.server.kill()
      try fixture.server.restart()
      for number in 0..<20 {
        // A counter of each is wrong.
        let jobs = try await queue.jobs(pageSize: 50, pageToken: nil).elements
        try await fixture.redis("HSET", fixture.key("job:\(jobs[number].id)"), "f", "3")
      }
      for _ in 0..<3 { try await queue.tidy() }
      #expect(try await queue.stats().repairs == 20)
      let jobs = try await queue.jobs(pageSize: 50, pageToken: nil).elements
      #expect(jobs.allSatisfy { $0.counts == JobCounts(queued: 1) })
      // Not again before its time.
      try await fixture.redis("HSET", fixture.key("job:\(jobs[0].id)"), "f", "3")
      for _ in 0..<3 { try await queue.tidy() }
      #expect(try await queue.stats().repairs == 20)
    }
  }

  @Test("A job that does not exist cannot be audited")
  func noSuchJob() async throws {
    try await QueueFixture.with { fixture in
      let unknown = try #require(JobID("nosuchjob"))
      #expect(try await fixture.queue.audit(unknown) == nil)
    }
  }
}
