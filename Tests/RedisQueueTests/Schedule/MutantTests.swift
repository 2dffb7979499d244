internal import Foundation
internal import RedisClient
internal import TestKit
internal import Testing

@testable internal import RedisQueue

/// `VERBATIM_MUTANTS=1` runs them: a minute and more.
@Suite(
  "Mutants",
  .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"),
  .enabled(
    if: ProcessInfo.processInfo.environment["VERBATIM_MUTANTS"] != nil,
    "they take minutes: set VERBATIM_MUTANTS=1"),
  .serialized)
struct MutantTests {
  @Test("The schedules find a fault", arguments: Mutant.all)
  func found(_ mutant: Mutant) async throws {
    let parts = FunctionLibrary.source.components(separatedBy: mutant.original)
    try #require(parts.count == 2, "the functions have \(parts.count - 1) places of this fault")
    let source = parts.joined(separator: mutant.fault)
    if let scenario = mutant.scenario {
      try await QueueFixture.with { fixture in
        _ = try await fixture.queue.client.send(RedisCommand("FUNCTION", "LOAD", source))
        // Fails when no issue is recorded.
        await withKnownIssue { try await scenario(fixture) }
      }
      return
    }
    try await RedisServer.with(arguments: ["--appendonly", "no"]) { server in
      let client = RedisClient(QueueFixture.configuration(server))
      // It has the version of the sound one: nobody replaces it.
      _ = try await client.send(RedisCommand("FUNCTION", "LOAD", source))
      let count = UInt64(ScheduleRuns.count(100))
      let first = ScheduleRuns.firstSeed
      let (finding, _) = try await ScheduleRuns.run(seeds: first..<first + count, on: client)
      await client.close()
      if let finding {
        let sentence = finding.what.prefix { $0 != "\n" }
        print("found after \(finding.seed - first + 1): \(mutant): \(sentence.prefix(160))")
      }
      #expect(
        (finding == nil) == (mutant.harmless != nil),
        "\(mutant): \(finding?.what ?? "not found") \(mutant.harmless ?? "")")
    }
  }
}
