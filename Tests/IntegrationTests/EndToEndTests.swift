import API
import Foundation
import Networking
import RPC
import TestKit
import Testing

extension RealPrograms {
  /// The three services and a playlist, from the outside.
  @Suite(
    "End to end", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)))
  struct EndToEndTests {
    @Test("A playlist is listed, fetched, indexed and found, and any indexer gives the same answer")
    func indexesAndFinds() async throws {
      var setup = Cluster.Setup()
      setup.fetchers = 4
      setup.indexers = 2
      try await Cluster.with(setup) { cluster in
        let gateway = try cluster.client()
        let job = try await gateway.index(TestPlaylists.synthetic(300))
        #expect(job.state == .done)
        #expect(job.counts?.total == 300)
        #expect(job.counts?.done == 300)
        #expect(job.statedTotal == 300)

        let talks = try await gateway.index(TestPlaylists.samples)
        #expect(talks.state == .done)
        var query = APISearchQuery()
        query.text = "\"milky way\""
        var request = IndexerSearchRequest()
        request.query = query
        let sent = request
        let first = try await cluster.indexer(0).search(sent).results
        let second = try await cluster.indexer(1).search(sent).results
        #expect(first?.hits.isEmpty == false)
        #expect(first?.hits == second?.hits)
        let moment = try #require(first?.hits.first?.moments.first)
        #expect(moment.text.lowercased().contains("milky way"))
        #expect(moment.url.hasPrefix("https://youtu.be/"))
        #expect(moment.url.contains("?t="))

        var stats: [IndexerGetIndexStatsResponse] = []
        for number in 0...1 {
          stats.append(
            try await cluster.indexer(number).getIndexStats(IndexerGetIndexStatsRequest()))
        }
        #expect(stats[0].videos == stats[1].videos)
        // Both indexers wrote: a shard file each.
        #expect(stats[0].shards == 2)

        var transcript = GatewayGetTranscriptRequest()
        transcript.videoId = first?.hits.first?.video?.id ?? ""
        let found = try await gateway.getTranscript(transcript).transcript
        #expect(found?.segments.isEmpty == false)
      }
    }

    @Test("Fetcher, indexer and gateway are killed in the middle: every video ends exactly once")
    func kills() async throws {
      var setup = Cluster.Setup()
      setup.fetchers = 2
      setup.indexers = 2
      setup.gateways = 2
      // Five seconds at least, so that each kill comes in the middle.
      setup.simulator = ["--latency", "400ms"]
      setup.fetcher = ["--max-fetches", "40"]
      try await Cluster.with(setup) { cluster in
        let total: Int64 = 1_000
        let first = try cluster.client(gateway: 0)
        let second = try cluster.client(gateway: 1)
        let id = try await first.submit(TestPlaylists.synthetic(Int(total))).id
        // The gateway that was asked dies at once, likely in the middle of reading the list.
        try cluster.gateways[0].restart()
        var request = GatewayGetJobRequest()
        request.jobId = id
        let sent = request
        var killed = 0
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
          let job = try #require(try await second.getJob(sent).job)
          let counts = try #require(job.counts)
          let sum =
            counts.queued + counts.fetching + counts.indexing + counts.done + counts.failed
            + counts.skipped + counts.cancelled
          #expect(sum == counts.total)
          if job.state == .done { break }
          // One kill at each quarter.
          let victims = [cluster.fetchers[0], cluster.indexers[0], cluster.fetchers[1]]
          if killed < victims.count, counts.done * 4 > total * Int64(killed + 1) {
            try victims[killed].restart()
            killed += 1
          }
          try await Task.sleep(for: .milliseconds(20), clock: .continuous)
        }
        let job = try #require(try await second.getJob(sent).job)
        #expect(killed == 3)
        #expect(job.state == .done)
        #expect(job.counts?.done == total)
        #expect(job.counts?.failed == 0)
        let stats = try await cluster.indexer(1).getIndexStats(IndexerGetIndexStatsRequest())
        #expect(stats.videos == total)
        #expect(stats.documents == total)
      }
    }

    @Test("A stopped service finishes or gives back what it has, and ends with 0")
    func gracefulStop() async throws {
      var setup = Cluster.Setup()
      setup.fetchers = 2
      setup.simulator = ["--latency", "200ms"]
      setup.fetcher = ["--max-fetches", "20"]
      try await Cluster.with(setup) { cluster in
        let gateway = try cluster.client()
        let id = try await gateway.submit(TestPlaylists.synthetic(200)).id
        var stopped = false
        let job = try await gateway.watch(id) { job in
          if !stopped, (job.counts?.done ?? 0) > 20 {
            stopped = true
            #expect(cluster.fetchers[0].stop() == 0)
          }
        }
        #expect(stopped)
        #expect(job.counts?.done == 200)
        for service in cluster.gateways + cluster.indexers + [cluster.fetchers[1]] {
          #expect(service.stop() == 0, "\(service.name)")
        }
      }
    }

    @Test("What is wrong is told by name, with the remedy, and loses nothing")
    func badInput() async throws {
      try await Cluster.with { cluster in
        let gateway = try cluster.client()
        let bad = await Self.error { _ = try await gateway.submit("https://example.org/watch") }
        #expect(bad?.code == .invalidArgument)
        #expect(bad?.message.contains("youtube.com") == true)

        let missing = await Self.error { _ = try await gateway.watch("nosuchjob0000000") { _ in } }
        #expect(missing?.code == .notFound)

        let empty = await Self.error { _ = try await gateway.search(GatewaySearchRequest()) }
        #expect(empty?.code == .invalidArgument)

        let hidden = try await gateway.index(TestPlaylists.isPrivate)
        #expect(hidden.state == .failed)
        #expect(hidden.error.lowercased().contains("private"), "\(hidden.error)")

        // A certificate of the same authority whose name may not call.
        let stranger = IndexerClient(
          try cluster.channel(cluster.indexers[0].port, "indexer", "client"))
        let refused = await Self.error {
          _ = try await stranger.getIndexStats(IndexerGetIndexStatsRequest())
        }
        #expect(refused?.code == .permissionDenied)
        #expect(refused?.message.contains("client") == true)
      }
    }

    @Test("While Redis is away callers are told so, and work goes on when it is back")
    func redisAway() async throws {
      var setup = Cluster.Setup()
      setup.simulator = ["--latency", "50ms"]
      setup.fetcher = ["--max-fetches", "20"]
      try await Cluster.with(setup) { cluster in
        let gateway = try cluster.client()
        let id = try await gateway.submit(TestPlaylists.synthetic(200)).id
        // It waits while Redis is away, and goes on.
        async let end = gateway.watchUntilEnd(id)
        try await gateway.watch(id, untilDone: 21)
        cluster.redis.kill()
        let error = await Self.error { _ = try await gateway.submit("PL0123456789") }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("127.0.0.1:\(cluster.redis.port)") == true)
        let readiness = await cluster.gateways[0].readiness()
        #expect(!readiness.isReady)
        #expect(readiness.text.contains("127.0.0.1:\(cluster.redis.port)"), "\(readiness.text)")
        try cluster.redis.restart()
        let job = try await end
        #expect(job.counts?.done == 200)
      }
    }

    @Test("Without Redis a service stops when it is told to, and says what is missing")
    func redisNeverThere() async throws {
      var setup = Cluster.Setup()
      setup.fetcher = ["--shutdown-timeout", "60s"]
      try await Cluster.with(setup) { cluster in
        cluster.redis.kill()
        // With limits to write to Redis before anything else.
        try cluster.fetchers[0].restart()
        var readiness = await cluster.fetchers[0].readiness()
        while !readiness.text.contains("127.0.0.1:\(cluster.redis.port)") {
          try Task.checkCancellation()
          readiness = await cluster.fetchers[0].readiness()
        }
        let asked = ContinuousClock.now
        #expect(cluster.fetchers[0].stop() == 0)
        // Far below the time for work that is left: there is none.
        #expect(ContinuousClock.now - asked < .seconds(30))
      }
    }

    private static func error(_ body: () async throws -> Void) async -> RPCError? {
      do {
        try await body()
        return nil
      } catch {
        return error as? RPCError
      }
    }
  }
}
