internal import Pipeline
internal import RedisClient
internal import RedisQueue
internal import TestKit
internal import Testing
internal import Transcripts

/// A real Redis with the pipeline in it, and shorthands to walk tasks through.
struct QueueFixture {
  let server: RedisServer
  /// Plays every role where it does not matter who does what.
  let queue: RedisQueue

  static func with<Result>(
    arguments: [String] = [], _ body: (QueueFixture) async throws -> Result
  ) async throws -> Result {
    try await RedisServer.with(arguments: arguments) { server in
      let queue = try RedisQueue(Self.configuration(server), consumer: "tester")
      let fixture = QueueFixture(server: server, queue: queue)
      do {
        let result = try await body(fixture)
        await queue.close()
        return result
      } catch {
        await queue.close()
        throw error
      }
    }
  }

  static func configuration(_ server: RedisServer) -> RedisConfiguration {
    RedisConfiguration(host: "127.0.0.1", port: server.port)
  }

  /// Another process.
  func worker(_ name: String) throws -> RedisQueue {
    try RedisQueue(Self.configuration(self.server), consumer: name)
  }

  static func video(_ number: Int) -> VideoID {
    let digits = String(number)
    return VideoID("v" + String(repeating: "0", count: 10 - digits.count) + digits)!
  }

  static func page(_ numbers: some Sequence<Int>, cursor: String? = nil) -> PlaylistPage {
    PlaylistPage(
      items: numbers.map { PlaylistItem(video: Video(id: Self.video($0))) }, cursor: cursor)
  }

  /// Submits a playlist and lists its videos completely.
  @discardableResult
  func job(
    _ playlist: String, _ numbers: some Sequence<Int>, options: JobOptions = JobOptions()
  ) async throws -> Job {
    let (job, _) = try await self.queue.submit(.playlist(playlist), options: options)
    let task = try #require(try await self.queue.takeExpansions(atMost: 1, wait: .zero).first)
    _ = try await self.queue.append(Self.page(numbers), to: task)
    return try await self.queue.job(job.id)!
  }

  /// Takes, fetches and indexes until nothing is left.
  func drain(_ queue: RedisQueue? = nil) async throws {
    let queue = queue ?? self.queue
    while true {
      let fetches = try await queue.takeFetches(atMost: 64, wait: .zero)
      if !fetches.isEmpty {
        _ = try await queue.handOver(fetches.map { ($0, Self.payload) })
      }
      let indexes = try await queue.takeIndexes(atMost: 64, maxBytes: 1 << 20, wait: .zero)
      if !indexes.isEmpty { _ = try await queue.complete(indexes) }
      if fetches.isEmpty && indexes.isEmpty { return }
    }
  }

  static let payload = [UInt8](repeating: 7, count: 100)

  /// Sends a command of Redis as it is.
  @discardableResult
  func redis(_ name: StaticString, _ arguments: String...) async throws -> RedisValue {
    var command = RedisCommand(name)
    for argument in arguments { command.append(argument) }
    return try await self.queue.client.send(command)
  }

  func key(_ name: String) -> String { self.queue.keys.prefix + name }

  /// Sets a setting below what `configure` allows, such as a lease of nothing.
  func force(_ name: String, _ value: Int) async throws {
    try await self.redis("HSET", self.key("config"), name, String(value))
  }
}

extension JobCounts {
  init(
    queued: Int = 0, fetching: Int = 0, indexing: Int = 0, done: Int = 0, failed: Int = 0,
    skipped: Int = 0, cancelled: Int = 0
  ) {
    self.init()
    self.queued = queued
    self.fetching = fetching
    self.indexing = indexing
    self.done = done
    self.failed = failed
    self.skipped = skipped
    self.cancelled = cancelled
  }
}
