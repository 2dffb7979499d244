import API
import Foundation
import RPC
import TestKit
import TestRandom
import Testing

/// What all chaos tests share: how much they do, what they ask of Redis, and what they write down.
///
/// `VERBATIM_CHAOS=long` is the long form; `VERBATIM_SEED` repeats a choice of victims, as far as real processes can be
/// repeated; `VERBATIM_CHAOS_REPORT` names a file for the results. `Tests/Chaos/run` sets them.
struct ChaosRun {
  static let isLong = ProcessInfo.processInfo.environment["VERBATIM_CHAOS"] == "long"

  /// The number that the long form takes, or the one that CI has time for.
  static func size(_ long: Int, short: Int) -> Int { Self.isLong ? long : short }

  /// CI's machines are small, shared, and run debug builds: what the issue asks in milliseconds is measured by the long form.
  static func limit(_ seconds: Double) -> Double { Self.isLong ? seconds : seconds * 4 }

  let cluster: Cluster
  let probe: RedisProbe
  var random: SeededRandom
  let seed: UInt64
  let gateways: [GatewayClient]
  private let name: String
  private var series = 0
  /// Videos of all playlists that were submitted.
  private(set) var expected = 0

  init(_ name: String, _ cluster: Cluster) throws {
    self.name = name
    self.gateways = try cluster.gateways.indices.map { try cluster.client(gateway: $0) }
    self.cluster = cluster
    self.probe = RedisProbe(port: cluster.redis.port)
    self.seed =
      ProcessInfo.processInfo.environment["VERBATIM_SEED"].flatMap { UInt64($0) }
      ?? UInt64.random(in: 1...1_000_000)
    self.random = SeededRandom(seed: self.seed)
  }

  // MARK: Work

  /// Submits a playlist of videos that no other has, by whichever gateway takes it.
  @discardableResult
  mutating func submit(_ videos: Int) async throws -> String {
    self.series += 1
    self.expected += videos
    let digits =
      String(1_000_000 + videos).dropFirst() + "-" + String(100_000 + self.series).dropFirst()
    let playlist = "PLsimL" + digits
    let deadline = ContinuousClock.now + .seconds(60)
    var attempt = 0
    while true {
      do {
        return try await self.gateways[attempt % self.gateways.count].submit(playlist).id
      } catch let error as RPCError where ContinuousClock.now < deadline {
        // It was just killed, or has no Redis: the next one, after a moment.
        guard [.unavailable, .deadlineExceeded, .unknown].contains(error.code) else { throw error }
        attempt += 1
        try await Self.pause(0.05)
      }
    }
  }

  /// Waits until no job runs any more.
  func untilAllEnded(within seconds: Double) async throws -> RedisProbe.Sample {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
      if let now = try self.probe.sample(), now.jobs > 0, now.running == 0 { return now }
      try await Self.pause(0.1)
    }
    throw ClusterError(
      "jobs do not end: \(String(describing: try self.probe.sample()))\n\(self.cluster.lastWords)")
  }

  /// Waits until `isReached` of a sample; nil when that takes longer.
  func until(
    within seconds: Double, _ isReached: (RedisProbe.Sample) -> Bool
  ) async throws -> Double? {
    let began = ContinuousClock.now
    while ContinuousClock.now - began < .seconds(seconds) {
      if let now = try self.probe.sample(), isReached(now) { return Self.seconds(since: began) }
      try await Self.pause(0.01)
    }
    return nil
  }

  /// All that was submitted is done and in the index, each video once.
  func checkNothingLost(_ end: RedisProbe.Sample) async throws {
    #expect(end.total == self.expected)
    #expect(end.done == self.expected)
    #expect(end.failed == 0 && end.skipped == 0)
    let stats = try await self.indexStats()
    #expect(stats.videos == Int64(self.expected))
    #expect(stats.documents == Int64(self.expected))
    #expect(end.repairs == 0, "an audit had to mend something")
  }

  func indexStats() async throws -> IndexerGetIndexStatsResponse {
    let last = self.cluster.indexers.count - 1
    return try await self.cluster.indexer(last).getIndexStats(IndexerGetIndexStatsRequest())
  }

  /// Changes a setting of the pipeline; any value goes.
  func configure(_ name: String, _ value: Int) throws {
    _ = try self.probe.run("HSET", "verbatim:{0}:config", name, String(value))
  }

  func check(_ sampler: CounterSampler) -> Int {
    let (samples, mistakes) = sampler.stop()
    #expect(mistakes.isEmpty, "\(mistakes.count) of \(samples) samples: \(mistakes.prefix(3))")
    #expect(samples > 0)
    return samples
  }

  // MARK: Time and words

  /// The world is what these tests wait for: processes that live, leases that end.
  static func pause(_ seconds: Double) async throws {
    try await Task.sleep(for: .seconds(seconds), clock: .continuous)
  }

  static func seconds(since instant: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - instant) / .seconds(1)
  }

  static func text(_ seconds: Double) -> String {
    String(format: "%.2f s", seconds)
  }

  /// Writes one line of results.
  func report(_ text: String) {
    let line = "| \(self.name) | \(text) | \(self.seed) |"
    print(line)
    guard let path = ProcessInfo.processInfo.environment["VERBATIM_CHAOS_REPORT"] else { return }
    let url = URL(fileURLWithPath: path)
    do {
      if !FileManager.default.fileExists(atPath: path) { try Data().write(to: url) }
      let file = try FileHandle(forWritingTo: url)
      try file.seekToEnd()
      try file.write(contentsOf: Data((line + "\n").utf8))
      try file.close()
    } catch {
      Issue.record("the report \(path) cannot be written: \(error)")
    }
  }
}
