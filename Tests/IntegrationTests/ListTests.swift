import API
import Protobuf
import RPC
import TestKit
import Testing

extension RealPrograms {
  /// A video in several lists, from the outside.
  @Suite(
    "Videos in several lists", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)))
  struct ListTests {
    /// A playlist and a channel with the same ten videos, and the playlist that a channel's uploads are.
    private static let lists = (
      playlist: "PLsimL000010-00042", channel: "UCsimL000010-00042______",
      uploads: "UUsimL000010-00042______"
    )

    @Test("A video is found by every list it is in, though it is fetched once: listed later")
    func later() async throws {
      try await Cluster.with { cluster in
        let gateway = try cluster.client()
        let first = try await gateway.index(Self.lists.playlist)
        #expect(first.counts?.done == 10)
        let second = try await gateway.index(Self.lists.channel)
        #expect(second.counts?.skipped == 10)
        try await Self.expectAllFound(gateway)
      }
    }

    @Test("A video is found by every list it is in, though it is fetched once: listed meanwhile")
    func meanwhile() async throws {
      var setup = Cluster.Setup()
      setup.simulator = ["--latency", "300ms"]
      setup.indexers = 2
      try await Cluster.with(setup) { cluster in
        let gateway = try cluster.client()
        let first = try await gateway.submit(Self.lists.playlist)
        let second = try await gateway.submit(Self.lists.channel)
        let ended = [
          try await gateway.watchUntilEnd(first.id), try await gateway.watchUntilEnd(second.id),
        ]
        #expect(ended.allSatisfy { $0.state == .done })
        // Each video is fetched by one of them.
        #expect(ended.reduce(0) { $0 + ($1.counts?.done ?? 0) } == 10)
        #expect(ended.reduce(0) { $0 + ($1.counts?.skipped ?? 0) } == 10)
        try await Self.expectAllFound(gateway)
      }
    }

    private static func expectAllFound(_ gateway: GatewayClient) async throws {
      for list in [Self.lists.playlist, Self.lists.uploads] {
        let query = APISearchQuery.with { $0.text = "talk playlist:\(list)" }
        let results = try await gateway.search(.with { $0.query = query }).results
        #expect(results?.total == 10, "\(list)")
      }
    }
  }
}
