import API
import Foundation
import Protobuf
import RPC
import TestKit
import Testing

extension RealPrograms {
  /// The `verbatim` command line against real services: what an operator does on a bad day.
  @Suite(
    "Operators", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)))
  struct OperatorTests {
    @Test("A paused pipeline fetches nothing, a paused job neither; both go on where they were")
    func pauses() async throws {
      var setup = Cluster.Setup()
      setup.simulator = ["--latency", "50ms"]
      setup.fetcher = ["--max-fetches", "10"]
      try await Cluster.with(setup) { cluster in
        let gateway = try cluster.client()
        #expect(try cluster.verbatim("pause", "--all").status == 0)
        let submitted = try cluster.verbatim(
          "index", "--no-watch", "--json", "--priority", "interactive", "--weight", "2",
          "--max-in-flight", "5", TestPlaylists.synthetic(100))
        #expect(submitted.status == 0, "\(submitted.errors)")
        #expect(submitted.output.contains("JOB_PRIORITY_INTERACTIVE"))
        #expect(submitted.output.contains(#""maxInFlight":5"#))
        let job = try #require(
          try await gateway.listJobs(GatewayListJobsRequest()).jobs.first)
        #expect(try cluster.verbatim("stats").output.contains("The pipeline is paused."))
        #expect(job.counts?.fetching == 0)
        #expect(try cluster.verbatim("pause", job.id).output.contains("paused"))
        #expect(try cluster.verbatim("resume", "--all").status == 0)
        // Another job passes the paused one.
        let other = try await gateway.index(TestPlaylists.samples)
        #expect(other.state == .done)
        let paused = try #require(
          try await gateway.getJob(.with { $0.jobId = job.id }).job)
        #expect(paused.paused)
        #expect(paused.counts?.done == 0)
        #expect(try cluster.verbatim("resume", job.id).output.contains("goes on"))
        let ended = try await gateway.watchUntilEnd(job.id)
        #expect(ended.counts?.done == 100)
        let audit = try cluster.verbatim("audit")
        #expect(audit.output.contains("all is as it should be"), "\(audit.output)")
        let stats = try cluster.verbatim("stats", "--json")
        // The egress identity and its limits are seen.
        #expect(stats.output.contains(#""egressLimits":[{"identity""#), "\(stats.output)")
      }
    }

    @Test("What was given up is listed, requeued and dropped")
    func deadLetters() async throws {
      var setup = Cluster.Setup()
      setup.scenario = #"{"videoShares": {"no-captions": 0.15}}"#
      try await Cluster.with(setup) { cluster in
        let gateway = try cluster.client()
        let failing = try await gateway.index(TestPlaylists.synthetic(40))
        let failed = try #require(failing.counts?.failed)
        try #require(failed > 1)
        let list = try cluster.verbatim("dead", "--job", failing.id)
        #expect(list.output.split(separator: "\n").count == Int(failed) + 1)
        let id = try #require(
          list.output.split(separator: "\n").last?.split(separator: " ").first)
        #expect(try cluster.verbatim("drop", String(id)).output == "1 letter forgotten.\n")
        let requeued = try cluster.verbatim("requeue", "--job", failing.id)
        #expect(requeued.output.hasPrefix("\(failed - 1) "), "\(requeued.output)")
        let again = try #require(
          requeued.errors.split(separator: " ").last.map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
          })
        // They fail again, and are letters again.
        #expect(try await gateway.watchUntilEnd(again).counts?.failed == failed - 1)
        let stats = try cluster.verbatim("stats", "--json")
        #expect(stats.output.contains(#""deadLetters":"\#(failed - 1)""#), "\(stats.output)")
      }
    }

    @Test("Who follows a job goes on at another gateway when the one that told dies")
    func followsOn() async throws {
      var setup = Cluster.Setup()
      setup.gateways = 2
      setup.simulator = ["--latency", "100ms"]
      setup.fetcher = ["--max-fetches", "10"]
      try await Cluster.with(setup) { cluster in
        let id = try await cluster.client(gateway: 1).submit(TestPlaylists.synthetic(100)).id
        let second = "127.0.0.1:\(cluster.gateways[1].port)"
        let tool = try cluster.startVerbatim(["watch", "--json", id, "--gateway", second])
        try await cluster.client(gateway: 1).watch(id, untilDone: 21)
        cluster.gateways[0].kill()
        let result = tool.end()
        #expect(result.status == 0, "\(result.errors)")
        let last = result.output.split(separator: "\n").last ?? ""
        #expect(last.contains("JOB_STATE_DONE") && last.contains(#""done":"100""#), "\(last)")
        // Told as it went on, not once: changes come at most every 25 ms, and at once.
        #expect(result.output.split(separator: "\n").count > 5)
        #expect(result.output.contains("videosPerSecond"))
        #expect(result.output.contains("remainingSeconds"))
      }
    }

    @Test("Who may call but is no operator cannot pause")
    func allowed() async throws {
      var setup = Cluster.Setup()
      setup.gateway = ["--allow", "client", "--allow-operator", "gateway"]
      try await Cluster.with(setup) { cluster in
        let refused = try cluster.verbatim("pause", "--all")
        #expect(refused.status == 2)
        let listed = try cluster.verbatim("jobs")
        #expect(listed.status == 0, "\(listed.errors)")
      }
    }
  }
}
