internal import Pipeline
internal import RedisClient

@testable internal import RedisQueue

/// Everything that a schedule's pipeline has in Redis, read in one piece.
struct ScheduleSnapshot {
  struct Record {
    var state: String
    var deliveries: Int
    var entry: String
    var fetchToken: String
  }

  struct Work {
    var job: String
    var video: String
    var payload: String
    var bytes: Int
  }

  struct JobRecord {
    var fields: [String: String]
    var videos: [String: Record]
    var todo: [String]
    var recordLifetime: Int
    var videosLifetime: Int

    func count(_ name: String) -> Int { Int(self.fields[name] ?? "") ?? Int.min }
    var isRunning: Bool { self.fields["st"] == "R" }
    var isPaused: Bool { self.fields["paused"] == "1" }
  }

  var jobs: [String: JobRecord] = [:]
  /// Entries by stage and id.
  var streams: [Stage: [String: Work]] = [:]
  /// Ids of entries that somebody holds.
  var pending: [Stage: Set<String>] = [:]
  var delayed: [String] = []
  var locks: [String: String] = [:]
  var parked: Set<String> = []
  var waiting: [String: [String]] = [:]
  var rings: [String: [String]] = [:]
  var state: [String: Int] = [:]

  static let stages: [(stage: Stage, group: String)] = [
    (.expand, "gateways"), (.fetch, "fetchers"), (.index, "indexers"),
  ]

  init(_ world: ScheduleWorld) async throws {
    var commands: [RedisCommand] = []
    func ask(_ name: StaticString, _ arguments: String...) {
      var command = RedisCommand(name)
      for argument in arguments { command.append(argument) }
      commands.append(command)
    }
    for (stage, group) in Self.stages {
      ask("XRANGE", world.keys.stream(stage), "-", "+")
      ask("XPENDING", world.keys.stream(stage), group, "-", "+", "1000")
    }
    ask("ZRANGE", world.key("delay"), "0", "-1")
    ask("HGETALL", world.key("lock"))
    ask("SMEMBERS", world.key("parked"))
    ask("LRANGE", world.key("ring"), "0", "-1")
    ask("LRANGE", world.key("ring:high"), "0", "-1")
    ask("HGETALL", world.key("state"))
    for job in world.jobs {
      ask("HGETALL", world.key("job:\(job)"))
      ask("HGETALL", world.keys.videos(job))
      ask("LRANGE", world.key("todo:\(job)"), "0", "-1")
      ask("TTL", world.key("job:\(job)"))
      ask("TTL", world.keys.videos(job))
    }
    var replies = try await world.functions.client.send(commands)[...]
    func next() -> RedisValue { replies.popFirst() ?? .null }

    for (stage, _) in Self.stages {
      self.streams[stage] = Self.entries(next())
      self.pending[stage] = Set((next().array ?? []).compactMap { $0.array?.first?.text })
    }
    self.delayed = Self.texts(next())
    self.locks = Self.pairs(next())
    self.parked = Set(Self.texts(next()))
    self.rings["0"] = Self.texts(next())
    self.rings["1"] = Self.texts(next())
    self.state = Self.pairs(next()).compactMapValues { Int($0) }
    for job in world.jobs {
      self.jobs[job.text] = JobRecord(
        fields: Self.pairs(next()), videos: Self.pairs(next()).mapValues(Self.record),
        todo: Self.texts(next()), recordLifetime: next().integer ?? 0,
        videosLifetime: next().integer ?? 0)
    }
    for key in self.parked {
      let list = try await world.redis("LRANGE", [world.key("waiting:\(key)"), "0", "-1"])
      self.waiting[key] = Self.texts(list)
    }
  }

  private static func texts(_ reply: RedisValue) -> [String] {
    (reply.array ?? []).compactMap(\.text)
  }

  private static func pairs(_ reply: RedisValue) -> [String: String] {
    let texts = Self.texts(reply)
    return Dictionary(
      uniqueKeysWithValues: stride(from: 0, to: texts.count - 1, by: 2).map {
        (texts[$0], texts[$0 + 1])
      })
  }

  private static func record(_ text: String) -> Record {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    return Record(
      state: parts[0], deliveries: Int(parts[3]) ?? -1, entry: parts[4], fetchToken: parts[5])
  }

  private static func entries(_ reply: RedisValue) -> [String: Work] {
    var result: [String: Work] = [:]
    for entry in reply.array ?? [] {
      guard let id = entry.array?.first?.text, let fields = entry.array?.last.map(Self.texts)
      else { continue }
      result[id] = Work(
        job: fields[0], video: fields[1], payload: fields.count > 2 ? fields[2] : "",
        bytes: fields.count > 3 ? Int(fields[3]) ?? 0 : 0)
    }
    return result
  }
}
