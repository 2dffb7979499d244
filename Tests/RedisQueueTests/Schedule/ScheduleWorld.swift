internal import Pipeline
internal import RedisClient
internal import TestRandom
internal import Transcripts

@testable internal import RedisQueue

/// Something that must never be: the finding of a schedule.
struct BrokenInvariant: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What all actors of a schedule share: Redis, chance, and what an outsider would know.
final class ScheduleWorld {
  /// What a schedule does, for the summary of many.
  struct Tally {
    var calls = 0
    var kills = 0
    var repeats = 0
    var rollbacks = 0
    var accepted = 0
    var refused = 0
    var checks = 0
    var videos = 0

    static func + (a: Tally, b: Tally) -> Tally {
      Tally(
        calls: a.calls + b.calls, kills: a.kills + b.kills, repeats: a.repeats + b.repeats,
        rollbacks: a.rollbacks + b.rollbacks, accepted: a.accepted + b.accepted,
        refused: a.refused + b.refused,
        checks: a.checks + b.checks, videos: a.videos + b.videos)
    }
  }

  /// Small numbers, so that every bound is met all the time.
  struct Limits {
    var window: Int
    var maxIndexEntries: Int
    var maxIndexBytes: Int
    var maxDeliveries: Int
    var maxAttempts: Int
  }

  static let maxTake = 4

  let functions: QueueFunctions
  let configuration: RedisConfiguration
  let keys: QueueKeys
  let limits: Limits
  /// The videos of each playlist: some are in several.
  let playlists: [[VideoID]]
  var random: SeededRandom
  var tally = Tally()
  /// In the order of their submission.
  var jobs: [JobID] = []
  /// The newest token of each task, by stage, job and video.
  var newestToken: [String: String] = [:]
  /// Videos that are in the index.
  var written: Set<VideoID> = []
  /// Payloads whose fetchers died between upload and report: they stay until they expire.
  var orphans: Set<String> = []
  private var names = 0

  init(seed: UInt64, functions: (String) -> QueueFunctions, configuration: RedisConfiguration) {
    var random = SeededRandom(seed: seed)
    self.keys = QueueKeys(prefix: "s:{\(seed)}:", sourcePrefix: "playlist_task:{\(seed)}")
    self.functions = functions(self.keys.prefix)
    self.configuration = configuration
    self.limits = Limits(
      window: random.pick([1, 2, 4]), maxIndexEntries: random.pick([1, 3, 6]),
      maxIndexBytes: random.pick([300, 1500, 100_000]), maxDeliveries: random.pick([3, 20]),
      maxAttempts: random.pick([1, 3]))
    let pool = 4 + random.below(9)
    self.playlists = (0..<3).map { _ in
      let count = 1 + random.below(min(8, pool))
      return (0..<pool).shuffled(using: &random).prefix(count).map(QueueFixture.video)
    }
    self.random = random
  }

  func key(_ name: String) -> String { self.keys.prefix + name }

  func source(_ playlist: Int) -> SourceID { .playlist("PLtest-list-\(playlist)") }

  /// A process with a name of its own.
  func process(_ kind: String) -> RedisQueue {
    self.names += 1
    return self.process(named: "\(kind)\(self.names)")
  }

  /// A process that comes back under its name.
  func process(named name: String) -> RedisQueue {
    RedisQueue(self.functions, self.configuration, consumer: name, keys: self.keys)
  }

  @discardableResult
  func redis(_ name: StaticString, _ arguments: [String]) async throws -> RedisValue {
    var command = RedisCommand(name)
    for argument in arguments { command.append(argument) }
    return try await self.functions.client.send(command)
  }

  func configure() async throws {
    // Live workers are robbed all the time; delays end when the schedule says so.
    try await self.redis(
      "HSET",
      [
        self.key("config"), "lease_ms", "0", "backoff_base_ms", "1000000000", "backoff_max_ms",
        "1000000000", "identity_wait_ms", "1000000000", "retry_after_max_ms", "1000000000",
        "window", "\(self.limits.window)", "max_index_entries", "\(self.limits.maxIndexEntries)",
        "max_index_bytes", "\(self.limits.maxIndexBytes)", "max_deliveries",
        "\(self.limits.maxDeliveries)", "max_attempts", "\(self.limits.maxAttempts)",
      ])
  }

  /// Makes one delayed task, or all of them, due.
  func passTime(all: Bool) async throws {
    let members = try await self.redis("ZRANGE", [self.key("delay"), "0", "-1"]).array ?? []
    let names = members.compactMap(\.text).sorted()
    guard !names.isEmpty else { return }
    let due = all ? names : [self.random.pick(names)]
    try await self.redis("ZADD", [self.key("delay")] + due.flatMap { ["1", $0] })
  }

  // MARK: Calls

  /// Makes a call, sometimes twice, as a client does whose reply was lost.
  ///
  /// - Returns: The first reply and the last.
  func call<Reply>(_ body: () async throws -> Reply) async throws -> (first: Reply, last: Reply) {
    self.tally.calls += 1
    let first = try await body()
    guard self.random.percent(8) else { return (first, first) }
    self.tally.repeats += 1
    return (first, try await body())
  }

  /// Remembers who may report about a task from now on.
  func granted(_ stage: Stage, _ job: JobID, _ video: String, _ token: String) {
    self.newestToken["\(stage.rawValue) \(job) \(video)"] = token
  }

  /// Checks that a result was only accepted from whom the task was given to last.
  func reported(
    _ stage: Stage, _ job: JobID, _ video: String, _ token: String, _ outcome: ReportOutcome
  ) throws {
    guard outcome == .accepted else {
      self.tally.refused += 1
      return
    }
    self.tally.accepted += 1
    guard self.newestToken["\(stage.rawValue) \(job) \(video)"] == token else {
      throw BrokenInvariant("the result of a stale attempt was accepted in \(stage): \(video)")
    }
  }
}
