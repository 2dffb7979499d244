import Networking
import Simulator
import TestKit
import Testing
import Transcripts
import YouTubeSource

/// Every row of the simulator's table of faults (`Sources/Simulator/README.md`), and what our fetcher calls it.
@Suite(
  "Every fault is told apart", .serialized,
  .enabled(if: TestCertificates.isAvailable, Comment(rawValue: TestCertificates.missingReason)))
@NetworkActor
struct TaxonomyTests {
  /// Nil: the fetcher gets a transcript all the same.
  nonisolated static let kinds: [(Scenario.Fault, Scenario.Path?, FetchError.Kind?)] = [
    (.isPrivate, .player, .isPrivate), (.deleted, .player, .notFound),
    (.ageRestricted, .player, .ageRestricted), (.membersOnly, .player, .membersOnly),
    (.musicPremium, .player, .membersOnly), (.geoBlocked, .player, .geoBlocked),
    (.noCaptions, .player, .noTranscript), (.madeForKids, .player, nil),
    (.live, .player, .notYetAvailable), (.upcoming, .player, .notYetAvailable),
    (.withheld, .player, .withheld), (.empty, .timedText, .withheld),
    (.truncated, .timedText, .malformed), (.reset, .timedText, .unreachable),
    (.serverError, .player, .unreachable), (.serverError, .timedText, .unreachable),
    (.hang, .player, .unreachable), (.throttled, .player, .throttled),
    (.throttled, .timedText, .throttled), (.botCheck, .player, .blocked),
    (.tryAgainLater, .player, .throttled), (.wrongVideo, .player, .blocked),
    (.captcha, .player, .throttled), (.forbidden, .player, .blocked),
    (.clientOutdated, .player, .clientOutdated), (.consent, .page, nil),
  ]

  /// Only what hangs waits for it.
  private func timeout(_ fault: Scenario.Fault) -> Duration {
    fault == .hang ? .seconds(3) : .seconds(30)
  }

  @Test("By video: one video has the fault, its neighbour has not", arguments: Self.kinds)
  func byVideo(
    fault: Scenario.Fault, path: Scenario.Path?, kind: FetchError.Kind?
  ) async throws {
    try await Stage.with { stage in
      let videos = stage.videos(2)
      let timeout = self.timeout(fault)
      stage.simulator.scenario.rules = [.init(fault, path: path, subject: videos[0].text)]
      try await stage.withSource(configure: { $0.requestTimeout = timeout }) { source in
        let kinds = [try await source.kind(videos[0]), try await source.kind(videos[1])]
        #expect(kinds == [kind, nil])
      }
    }
  }

  @Test("By address: one identity has the fault, another has not", arguments: Self.kinds)
  func byIdentity(
    fault: Scenario.Fault, path: Scenario.Path?, kind: FetchError.Kind?
  ) async throws {
    var scenario = Scenario.ideal
    scenario.rules = [.init(fault, path: path, identity: "a")]
    try await Stage.with(scenario) { stage in
      let video = stage.videos(1)[0]
      let timeout = self.timeout(fault)
      for (user, expected) in [("a", kind), ("b", nil)] {
        let proxy = "\(user)=\(stage.proxy("http", user: user))"
        try await stage.withSource(proxy, configure: { $0.requestTimeout = timeout }) { source in
          let found = try await source.kind(video)
          #expect(found == expected, "\(user)")
        }
      }
    }
  }

  @Test("By rate: a part of the videos has the fault, and each is that fault or a transcript")
  func byRate() async throws {
    var scenario = Scenario.ideal
    let faults: [(Scenario.Fault, FetchError.Kind)] = [
      (.isPrivate, .isPrivate), (.serverError, .unreachable), (.botCheck, .blocked),
      (.noCaptions, .noTranscript),
    ]
    scenario.rules = faults.map { .init($0.0, probability: 0.15, path: .player) }
    try await Stage.with(scenario) { stage in
      var counts: [FetchError.Kind?: Int] = [:]
      try await stage.withSource { source in
        for video in stage.videos(100) {
          let kind = try await source.kind(video)
          counts[kind, default: 0] += 1
        }
      }
      #expect((counts[nil] ?? 0) > 30)
      for (_, kind) in faults where kind != .noTranscript {
        #expect((counts[kind] ?? 0) > 0, "\(kind)")
      }
      let known = Set(faults.map(\.1))
      #expect(counts.keys.allSatisfy { $0.map { known.contains($0) } ?? true }, "\(counts)")
    }
  }

  @Test("Every fault of the player is in the table")
  func complete() {
    let others: Set<Scenario.Fault> = [.quotaExceeded, .keyInvalid]
    #expect(Set(Self.kinds.map(\.0)).union(others) == Set(Scenario.Fault.allCases))
  }
}
