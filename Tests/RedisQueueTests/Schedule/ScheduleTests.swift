internal import Foundation
internal import RedisClient
internal import TestKit
internal import Testing

@testable internal import RedisQueue

/// Schedules until one finds something, a few at a time.
///
/// `VERBATIM_SCHEDULES` says how many, `VERBATIM_SEED` from which seed on: the seed of a finding repeats it.
struct ScheduleRuns {
  static let concurrency = 6

  struct Finding: Sendable {
    var seed: UInt64
    var what: String
  }

  static var firstSeed: UInt64 {
    ProcessInfo.processInfo.environment["VERBATIM_SEED"].flatMap { UInt64($0) }
      ?? UInt64.random(in: 1...1_000_000_000)
  }

  static func count(_ ordinary: Int) -> Int {
    ProcessInfo.processInfo.environment["VERBATIM_SCHEDULES"].flatMap { Int($0) } ?? ordinary
  }

  /// - Returns: The first finding; nil: there was none.
  static func run(
    seeds: Range<UInt64>, on client: RedisClient
  ) async throws -> (finding: Finding?, tally: ScheduleWorld.Tally) {
    try await withThrowingTaskGroup(of: (Finding?, ScheduleWorld.Tally).self) { group in
      var seeds = seeds.makeIterator()
      var tally = ScheduleWorld.Tally()
      func start() {
        guard let seed = seeds.next() else { return }
        group.addTask {
          do {
            return (nil, try await Schedule.run(seed: seed, on: client))
          } catch let error as BrokenInvariant {
            return (Finding(seed: seed, what: error.description), ScheduleWorld.Tally())
          } catch {
            return (Finding(seed: seed, what: "an error: \(error)"), ScheduleWorld.Tally())
          }
        }
      }
      for _ in 0..<Self.concurrency { start() }
      while let (finding, part) = try await group.next() {
        tally = tally + part
        if let finding {
          group.cancelAll()
          return (finding, tally)
        }
        start()
      }
      return (nil, tally)
    }
  }
}

@Suite("Schedules", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct ScheduleTests {
  @Test(
    "Whoever dies between whichever two commands, every video is counted once and nothing is lost")
  func adversary() async throws {
    let first = ScheduleRuns.firstSeed
    let count = ScheduleRuns.count(150)
    try await RedisServer.with(arguments: ["--appendonly", "no"]) { server in
      let client = RedisClient(QueueFixture.configuration(server))
      let (finding, tally) = try await ScheduleRuns.run(
        seeds: first..<first + UInt64(count), on: client)
      if let finding {
        Issue.record(
          "VERBATIM_SEED=\(finding.seed) VERBATIM_SCHEDULES=1 finds: \(finding.what)")
      }
      await client.close()
      print(
        "\(count) schedules from seed \(first): \(tally.calls) calls, \(tally.kills) kills, \(tally.repeats) repeated, \(tally.rollbacks) rollbacks, \(tally.accepted) results accepted, \(tally.refused) refused, \(tally.checks) checks, \(tally.videos) videos"
      )
    }
  }
}
