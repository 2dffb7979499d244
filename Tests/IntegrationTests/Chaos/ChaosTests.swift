import API
import Foundation
import TestKit
import TestRandom
import Testing

extension RealPrograms {
  /// Real processes, a real Redis, and everything that can happen to them while videos flow. Short here; `Tests/Chaos/run` is the
  /// long form, whose report is `Tests/Chaos/RESULTS.md`.
  @Suite(
    "Chaos", .serialized, .timeLimit(.minutes(30)),
    .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"),
    .enabled(if: RedisProbe.isInstalled, "\(RedisProbe.missingReason)"))
  struct ChaosTests {
    /// A tenth of a second each, so that whoever dies has something in work.
    private static let slowly = ["--latency", "50ms"]

    @Test("A process is killed every half second, clocks are wrong: each video ends once")
    func kills() async throws {
      var setup = Cluster.Setup()
      setup.fetchers = ChaosRun.size(4, short: 2)
      setup.indexers = 2
      setup.gateways = 2
      setup.simulator = Self.slowly
      setup.fetcher = ["--max-fetches", "40"]
      if WrongClock.isAvailable {
        setup.clockErrors = ["transcript-fetcher-1": 600, "indexer-1": -600]
      } else {
        print("clocks are right: \(WrongClock.missingReason)")
      }
      try await Cluster.with(setup) { cluster in
        var run = try ChaosRun("kills", cluster)
        // A video that six processes had when they were killed is not what a poison task is.
        try run.configure("max_deliveries", 50)
        try run.configure("lease_ms", ChaosRun.isLong ? 30_000 : 3_000)
        let sampler = CounterSampler(run.probe)
        for _ in 0..<4 { try await run.submit(ChaosRun.size(5_000, short: 150)) }
        let began = ContinuousClock.now
        var kills = 0
        while try run.probe.sample()?.running != 0, kills < ChaosRun.size(1_200, short: 8) {
          try run.random.pick(cluster.services).restart()
          kills += 1
          try await ChaosRun.pause(0.5)
        }
        let end = try await run.untilAllEnded(within: 120)
        let seconds = ChaosRun.seconds(since: began)
        let samples = run.check(sampler)
        try await run.checkNothingLost(end)
        let fetches = try SimulatorControl(port: cluster.simulatorControlPort).fetches()
        run.report(
          "\(kills) of \(cluster.services.count) processes killed within \(run.expected) videos in \(ChaosRun.text(seconds)), two clocks wrong by 10 min: 0 lost, 0 twice, \(samples) samples exact, \(end.stale) late results refused, \(fetches - run.expected) videos asked for again"
        )
      }
    }

    @Test("What a killed or frozen fetcher had is done by others, and its late results are refused")
    func recovery() async throws {
      var setup = Cluster.Setup()
      setup.fetchers = 3
      setup.simulator = Self.slowly
      setup.fetcher = ["--max-fetches", "20"]
      try await Cluster.with(setup) { cluster in
        var run = try ChaosRun("recovery", cluster)
        let lease = ChaosRun.isLong ? 30.0 : 3.0
        try run.configure("lease_ms", Int(lease * 1000))
        let sampler = CounterSampler(run.probe)
        try await run.submit(ChaosRun.size(20_000, short: 500))

        // One is killed for good, another frozen.
        let dead = try await self.whatItHolds(run, "transcript-fetcher-1") {
          cluster.fetchers[0].kill()
        }
        let frozen = try await self.whatItHolds(run, "transcript-fetcher-2") {
          cluster.fetchers[1].pause(true)
        }
        // The lease, two looks for quiet workers, and the work itself: 45 s with a lease of 30.
        let recovered = try await self.untilGone(dead + frozen, run, within: lease + 15)
        let before = try run.probe.sample()?.stale ?? 0
        cluster.fetchers[1].pause(false)
        let refused = try await run.until(within: 20) { $0.stale > before }
        #expect(refused != nil, "nobody told the frozen fetcher that it was late")

        // It restarts under its name, and has at once what it had.
        try cluster.fetchers[0].restart()
        try await run.submit(ChaosRun.size(500, short: 200))
        let own = try await self.whatItHolds(run, "transcript-fetcher-1") {
          cluster.fetchers[0].kill()
        }
        let restart = ContinuousClock.now
        try cluster.fetchers[0].restart()
        _ = try await self.untilGone(own, run, within: ChaosRun.limit(2))
        let returned = ChaosRun.seconds(since: restart)

        let end = try await run.untilAllEnded(within: 180)
        let samples = run.check(sampler)
        try await run.checkNothingLost(end)
        run.report(
          "\(dead.count) videos of a killed and \(frozen.count) of a frozen fetcher done elsewhere after \(ChaosRun.text(recovered)) (lease \(Int(lease)) s); \(end.stale) late results refused; \(own.count) videos of one that restarts under its name done after \(ChaosRun.text(returned)); \(samples) samples exact"
        )
      }
    }

    /// What a fetcher holds at the moment when `strike` hits it.
    private func whatItHolds(
      _ run: ChaosRun, _ consumer: String, _ strike: () -> Void
    ) async throws -> [String] {
      for _ in 0..<500 {
        if try !run.probe.entries(of: consumer, stage: "fetch", group: "fetchers").isEmpty {
          strike()
          let entries = try run.probe.entries(of: consumer, stage: "fetch", group: "fetchers")
          if !entries.isEmpty { return entries }
        }
        try await ChaosRun.pause(0.02)
      }
      throw ClusterError("\(consumer) never has anything")
    }

    /// How long it takes until all these entries are done.
    private func untilGone(
      _ entries: [String], _ run: ChaosRun, within seconds: Double
    ) async throws -> Double {
      let began = ContinuousClock.now
      while try run.probe.remaining(entries, stage: "fetch") > 0 {
        let passed = ChaosRun.seconds(since: began)
        guard passed < seconds else {
          Issue.record("\(entries.count) videos are not done after \(passed) s")
          return passed
        }
        try await ChaosRun.pause(0.02)
      }
      return ChaosRun.seconds(since: began)
    }

    @Test("Redis is killed, stopped, paused, its connections cut: work goes on when it answers")
    func redisTrouble() async throws {
      var setup = Cluster.Setup()
      setup.fetchers = 2
      setup.indexers = 2
      setup.gateways = 2
      setup.simulator = Self.slowly
      setup.fetcher = ["--max-fetches", "20"]
      setup.hasProxy = true
      try await Cluster.with(setup) { cluster in
        var run = try ChaosRun("redis", cluster)
        try run.configure("max_deliveries", 50)
        try run.configure("lease_ms", ChaosRun.isLong ? 30_000 : 3_000)
        let sampler = CounterSampler(run.probe)
        let rounds = ChaosRun.size(50, short: 2)
        var resumed: [Double] = []
        for round in 0..<rounds {
          // Enough for all of the round.
          if try run.probe.sample().map({ $0.total - $0.done < ChaosRun.size(600, short: 150) })
            ?? true
          {
            try await run.submit(ChaosRun.size(1_000, short: 500))
          }
          if round == rounds / 2 { _ = try run.probe.run("CONFIG", "SET", "appendfsync", "always") }
          try await self.untilFlowing(run)
          cluster.redis.kill()
          // Once for so long that everybody has become patient.
          let isLong = round == rounds / 2
          try await ChaosRun.pause(
            isLong ? Double(ChaosRun.size(20, short: 3)) : Double(run.random.below(1_000)) / 1_000)
          try cluster.redis.restart()
          resumed.append(try await self.resumption(run))

          cluster.redis.pause(true)
          try await ChaosRun.pause(Double(run.random.below(1_500)) / 1_000)
          cluster.redis.pause(false)
          resumed.append(try await self.resumption(run))

          _ = try run.probe.run("CLIENT", "PAUSE", "300", "WRITE")
          try await ChaosRun.pause(0.3)
          resumed.append(try await self.resumption(run))

          for _ in 0..<3 {
            cluster.proxy?.cut()
            try await ChaosRun.pause(0.05)
          }
          resumed.append(try await self.resumption(run))
        }
        let end = try await run.untilAllEnded(within: 180)
        let samples = run.check(sampler)
        try await run.checkNothingLost(end)
        resumed.sort()
        let (median, worst) = (resumed[resumed.count / 2], resumed.last ?? 0)
        #expect(worst <= ChaosRun.limit(2))
        run.report(
          "\(rounds) times SIGKILL, SIGSTOP, CLIENT PAUSE, \(cluster.proxy?.cuts ?? 0) connections cut within \(run.expected) videos: 0 lost, 0 twice, \(samples) samples exact, work went on after \(ChaosRun.text(median)) (median; at worst \(ChaosRun.text(worst))), \(end.stale) late results refused"
        )
      }
    }

    private func untilFlowing(_ run: ChaosRun) async throws {
      let now = try run.probe.sample()?.progress ?? 0
      guard try await run.until(within: 60, { $0.progress > now }) != nil else {
        throw ClusterError("nothing flows:\n\(run.cluster.lastWords)")
      }
    }

    /// How long it takes from now on until videos get on, and every fetcher takes some.
    private func resumption(_ run: ChaosRun) async throws -> Double {
      let began = ContinuousClock.now
      try await self.untilFlowing(run)
      while true {
        let passed = ChaosRun.seconds(since: began)
        let silence = try run.probe.longestSilence(stage: "fetch", group: "fetchers")
        if let silence, silence < passed { return passed }
        guard passed < 30 else { throw ClusterError("a fetcher takes nothing") }
        try await ChaosRun.pause(0.02)
      }
    }

    @Test("A power cut takes the end of the append-only file: what is left is whole")
    func powerCuts() async throws {
      let (cuts, bytes, found, run) = try await self.cutting(
        ChaosRun.size(200, short: 2), hasShippedRedis: true)
      #expect(found.mistakes.isEmpty, "\(found.mistakes.prefix(3))")
      run.report(
        "\(cuts) power cuts, \(bytes / 1024) KiB of the append-only file lost, two starts each: \(found.samples) samples exact, 0 repairs, every job that was kept ended"
      )
    }

    /// Shows that the test above can fail.
    @Test(
      "Without the shipped start sequence, power cuts break the counters",
      .enabled(if: ChaosRun.isLong, "it takes minutes: Tests/Chaos/run"))
    func powerCutsWithoutRepair() async throws {
      let (cuts, _, found, run) = try await self.cutting(60, hasShippedRedis: false)
      #expect(!found.mistakes.isEmpty, "nothing broke in \(cuts) cuts")
      run.report(
        "redis-server 7.0 started without deploy/redis/start: broken after \(cuts) power cuts: \(found.mistakes.first ?? "")"
      )
    }

    /// Cuts until something is wrong, or so often.
    private func cutting(
      _ times: Int, hasShippedRedis: Bool
    ) async throws -> (
      cuts: Int, bytes: Int, found: (samples: Int, mistakes: [String]), run: ChaosRun
    ) {
      var setup = Cluster.Setup()
      setup.fetchers = 2
      setup.simulator = ["--latency", "20ms"]
      setup.fetcher = ["--max-fetches", "20"]
      setup.hasShippedRedis = hasShippedRedis
      return try await Cluster.with(setup) { cluster in
        var run = try ChaosRun(hasShippedRedis ? "power cuts" : "power cuts, no repair", cluster)
        try run.configure("max_deliveries", 1_000)
        try run.configure("lease_ms", 2_000)
        let sampler = CounterSampler(run.probe)
        var (cuts, bytes, repairs) = (0, 0, 0)
        while cuts < times, repairs == 0, sampler.mistakes.isEmpty {
          // Submits are lost as well: what is there decides.
          let now = try run.probe.sample()
          if now.map({ $0.total - $0.done - $0.skipped < ChaosRun.size(400, short: 150) }) ?? true {
            try await run.submit(ChaosRun.size(700, short: 250))
          }
          try await self.untilFlowing(run)
          try await ChaosRun.pause(0.3)
          cluster.redis.kill()
          let file = try AppendOnlyFile(of: cluster.redis.folder)
          let cut = 1 + run.random.below(min(AppendOnlyFile.maxCut, max(1, try file.bytes / 2)))
          try file.cut(cut)
          cuts += 1
          bytes += cut
          try cluster.redis.restart()
          try await ChaosRun.pause(0.2)
          // What a dangling MULTI has swallowed comes back only now.
          try cluster.redis.restart()
          repairs = try run.probe.sample()?.repairs ?? 0
        }
        if hasShippedRedis {
          let end = try await run.untilAllEnded(within: 180)
          #expect(end.total == end.done + end.skipped && end.failed == 0)
          let stats = try await run.indexStats()
          // Videos of jobs that were lost are in the index as well.
          #expect(stats.videos >= Int64(end.done) && stats.documents == stats.videos)
          #expect(end.repairs == 0)
        }
        var found = sampler.stop()
        if repairs > 0 { found.mistakes.append("an audit had to mend \(repairs)") }
        return (cuts, bytes, found, run)
      }
    }

    @Test("Small playlists are not behind a large one, and the large one is cancelled at once")
    func fairnessAndCancel() async throws {
      var setup = Cluster.Setup()
      let slots = 4
      setup.simulator = ["--latency", "10ms"]
      setup.fetcher = ["--max-fetches", "\(slots)"]
      try await Cluster.with(setup) { cluster in
        var run = try ChaosRun("fairness, cancel", cluster)
        let sampler = CounterSampler(run.probe, every: 0.5)
        let size = ChaosRun.size(50_000, short: 1_000)
        let large = try await run.submit(size)
        _ = try await run.until(within: 300) { $0.total == size }
        let lists = ChaosRun.size(20, short: 4)
        for _ in 0..<lists { try await run.submit(10) }

        // Completions of all lists between the moment when a small one is listed, and its last video.
        var (listed, ended): ([String: Int], [String: Int]) = ([:], [:])
        while ended.count < lists {
          let places = try run.probe.places()
          let fetched = places.values.reduce(0) { $0 + $1.fetched }
          for (id, place) in places where id != large && place.isListed {
            if listed[id] == nil { listed[id] = fetched }
            if place.fetched == place.total, ended[id] == nil { ended[id] = fetched }
          }
          guard places[large]?.fetched ?? 0 < size else { break }
        }
        let waits = ended.map { $1 - (listed[$0] ?? 0) }.sorted()
        let bound = 64 + slots + 10 * (lists + 1)
        #expect(ended.count == lists)
        #expect(Double(waits.last ?? 0) <= Double(bound) * 1.1)

        let rest = try run.probe.places()[large].map { $0.total - $0.fetched } ?? 0
        #expect(rest > 0)
        let began = ContinuousClock.now
        var request = GatewayCancelJobRequest()
        request.jobId = large
        let answer = try await run.gateways[0].cancelJob(request).job
        let visible = ChaosRun.seconds(since: began)
        #expect(answer?.state == .cancelled)
        #expect(answer?.counts?.queued == 0)
        #expect(visible <= ChaosRun.limit(0.05))
        try await ChaosRun.pause(1)
        let control = SimulatorControl(port: cluster.simulatorControlPort)
        let asked = try control.fetches()
        try await ChaosRun.pause(2)
        #expect(try control.fetches() == asked, "videos of a cancelled job are fetched")
        _ = try await run.untilAllEnded(within: 60)
        let samples = run.check(sampler)
        run.report(
          "\(lists) lists of 10 beside one of \(size): done after at most \(waits.last ?? 0) completions (bound \(bound) + 10 %); cancel of the \(rest) left visible after \(String(format: "%.1f ms", visible * 1000)), no fetch began after 1 s; \(samples) samples exact"
        )
      }
    }
  }
}
