import API
import Foundation
import Protobuf
import RPC
import TestKit
import Testing

extension RealPrograms {
  /// The whole pipeline with its index in a real OpenSearch or Elasticsearch.
  @Suite(
    "Search clusters", .serialized, .timeLimit(.minutes(15)),
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)))
  struct SearchClusterTests {
    /// Videos that go in while the server is killed; `VERBATIM_CLUSTER_VIDEOS` says how many.
    private static let videos =
      ProcessInfo.processInfo.environment["VERBATIM_CLUSTER_VIDEOS"].flatMap { Int($0) } ?? 400

    @Test(
      "Several indexers fill one OpenSearch; each answers alike, and lists and videos are found",
      .enabled(
        if: SearchNode.Kind.opensearch.isAvailable, Comment(rawValue: SearchNode.missingReason)))
    func openSearch() async throws { try await Self.fill(.opensearch, name: "opensearch") }

    @Test(
      "Several indexers fill one Elasticsearch; each answers alike, and lists and videos are found",
      .enabled(
        if: SearchNode.Kind.elasticsearch.isAvailable, Comment(rawValue: SearchNode.missingReason)))
    func elasticsearch() async throws { try await Self.fill(.elasticsearch, name: "elasticsearch") }

    private static func fill(_ kind: SearchNode.Kind, name: String) async throws {
      try await SearchNode.with(kind) { node in
        try await Self.with(node) { cluster in
          let gateway = try cluster.client()
          let job = try await gateway.index(TestPlaylists.synthetic(200))
          #expect(job.counts?.done == 200)
          #expect(try await gateway.index(TestPlaylists.samples).state == .done)
          #expect(try await gateway.index("UCsimL000200-00200______").counts?.skipped == 200)
          try await Self.untilIndexed(cluster) { $0.documents > 200 }
          let request = IndexerSearchRequest.with {
            $0.query = .with { $0.text = "\"milky way\"" }
          }
          let first = try await cluster.indexer(0).search(request).results
          let second = try await cluster.indexer(1).search(request).results
          #expect(first?.hits.isEmpty == false)
          #expect(first?.hits == second?.hits)
          #expect(first?.hits.first?.moments.first?.text.lowercased().contains("milky way") == true)
          for list in ["PLsim-200", "UUsimL000200-00200______"] {
            let listed = try await gateway.search(
              .with { $0.query = .with { $0.text = "talk playlist:\(list)" } })
            #expect(listed.results?.total == 200, "\(list)")
          }
          let stats = try await cluster.indexer(0).getIndexStats(IndexerGetIndexStatsRequest())
          #expect(stats.backend.lowercased().contains(name), "\(stats.backend)")
        }
      }
    }

    @Test(
      "A search server killed while videos go in, and started again: none is lost, none is there twice, none is stuck",
      .enabled(
        if: SearchNode.Kind.opensearch.isAvailable, Comment(rawValue: SearchNode.missingReason)),
      .enabled(if: SearchNode.canBeSecure, "it has to be started here"))
    func crash() async throws {
      try await SearchNode.with(.opensearch) { node in
        try await Self.with(node) { cluster in
          let gateway = try cluster.client()
          let total = Int64(Self.videos)
          let id = try await gateway.submit(TestPlaylists.synthetic(Self.videos)).id
          for part in 1...2 {
            try await gateway.watch(id, untilDone: total * Int64(part) / 4)
            try await node.kill()
            try await node.restart()
          }
          let job = try await gateway.watchUntilEnd(id)
          #expect(job.state == .done)
          #expect(job.counts?.done == total)
          #expect(job.counts?.failed == 0)
          try await Self.untilIndexed(cluster) { $0.documents == total && $0.videos == total }
          let audit = try cluster.verbatim("audit")
          #expect(audit.output.contains("all is as it should be"), "\(audit.output)")
          let stats = try cluster.verbatim("stats", "--json").output
          #expect(
            stats.contains(#""deadLetters":"0""#) || !stats.contains("deadLetters"), "\(stats)")
          for indexer in cluster.indexers { #expect(await indexer.isReady(), "\(indexer.name)") }
        }
      }
    }

    @Test(
      "`indexer reindex` makes the index anew while videos go in and are searched: nothing is missed or lost",
      .enabled(
        if: SearchNode.Kind.elasticsearch.isAvailable, Comment(rawValue: SearchNode.missingReason)))
    func reindex() async throws {
      try await SearchNode.with(.elasticsearch) { node in
        try await Self.with(node) { cluster in
          let gateway = try cluster.client()
          #expect(try await gateway.index(TestPlaylists.synthetic(300)).counts?.done == 300)
          let before = GatewaySearchRequest.with {
            $0.query = .with { $0.text = "talk playlist:PLsim-300" }
          }
          try await Self.untilIndexed(cluster) { $0.documents == 300 }
          let id = try await gateway.submit(TestPlaylists.synthetic(400)).id
          try await gateway.watch(id, untilDone: 20)
          let options = Self.options(node, cluster.id)
          async let reindex = Program.run(Executables.url("indexer"), ["reindex"] + options)
          var searches = 0
          while try await (gateway.getJob(.with { $0.jobId = id }).job?.counts?.done ?? 0) < 400 {
            #expect(try await gateway.search(before).results?.total == 300)
            searches += 1
          }
          let result = try await reindex
          #expect(result.status == 0, "\(result.output)")
          #expect(searches > 0)
          #expect(try await gateway.search(before).results?.total == 300)
          #expect(try await gateway.watchUntilEnd(id).counts?.failed == 0)
          try await Self.untilIndexed(cluster) { $0.documents == 700 && $0.videos == 700 }
        }
      }
    }

    // MARK: Helpers

    /// A server may be another's too: names of our own.
    private static func options(_ node: SearchNode, _ id: String) -> [String] {
      [
        "--index-backend", "elasticsearch", "--elasticsearch-url", node.url,
        "--elasticsearch-replicas", "0", "--elasticsearch-prefix", "test-\(id)",
      ]
    }

    private static func with(
      _ node: SearchNode, _ body: (Cluster) async throws -> Void
    ) async throws {
      var setup = Cluster.Setup()
      setup.indexers = 2
      setup.fetchers = 2
      setup.indexerOptions = { Self.options(node, $0) }
      try await Cluster.with(setup, body)
    }

    /// What was written a moment ago is found a little later: nothing tells when.
    private static func untilIndexed(
      _ cluster: Cluster, _ isReached: (IndexerGetIndexStatsResponse) -> Bool
    ) async throws {
      let deadline = ContinuousClock.now + .seconds(30)
      var last = IndexerGetIndexStatsResponse()
      while ContinuousClock.now < deadline {
        last = try await cluster.indexer(0).getIndexStats(IndexerGetIndexStatsRequest())
        if isReached(last) { return }
        try await Task.sleep(for: .milliseconds(100), clock: .continuous)
      }
      Issue.record("the index has \(last.documents) documents of \(last.videos) videos")
    }
  }
}
