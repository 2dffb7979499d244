internal import RedisClient

@testable internal import RedisQueue

/// All keys of a pipeline as they were, streams with their groups included; so that Redis can go back to it, as after a power
/// cut that took the end of the append-only file, or a failover to a replica that lagged.
struct RedisState {
  private let patterns: [String]
  private let values: [(key: String, value: [UInt8], lifetime: Int)]

  var keys: [String] { self.values.map(\.key) }

  /// - Parameter patterns: Of the keys that belong together.
  init(_ patterns: [String], of client: RedisClient) async throws {
    var values: [(key: String, value: [UInt8], lifetime: Int)] = []
    for key in try await Self.keys(patterns, client) {
      // A key can expire between two commands.
      guard let value = try await client.send(RedisCommand("DUMP", key)).bytes else { continue }
      let lifetime = try await client.send(RedisCommand("PTTL", key)).integer ?? -1
      values.append((key, value, max(0, lifetime)))
    }
    self.patterns = patterns
    self.values = values
  }

  /// Makes Redis forget what it was told since.
  func restore(to client: RedisClient) async throws {
    for key in try await Self.keys(self.patterns, client) {
      _ = try await client.send(RedisCommand("UNLINK", key))
    }
    for (key, value, lifetime) in self.values {
      var command = RedisCommand("RESTORE", key)
      command.append(lifetime)
      command.append(value)
      _ = try await client.send(command)
    }
  }

  /// The names of the keys that there are.
  static func keys(_ patterns: [String], _ client: RedisClient) async throws -> [String] {
    var keys: Set<String> = []
    for pattern in patterns {
      var cursor = "0"
      repeat {
        let scan = RedisCommand("SCAN", cursor, "MATCH", pattern, "COUNT", "1000")
        let reply = try await client.send(scan)
        cursor = reply.array?.first?.text ?? "0"
        keys.formUnion((reply.array?.last?.array ?? []).compactMap(\.text))
      } while cursor != "0"
    }
    return keys.sorted()
  }

  /// Far ahead of the clock. Redis counts up from it, so that entries that are added after a rollback get the ids of those
  /// that were lost: as when the clock was set back, or that of the replica is behind.
  private static let futureID = "9000000000000-0"

  /// Lets the ids of entries that a rollback loses be given again.
  static func countIDsUp(_ keys: QueueKeys, _ client: RedisClient) async throws {
    for (stage, group) in ScheduleSnapshot.stages {
      let key = keys.stream(stage)
      _ = try await client.send(RedisCommand("XGROUP", "CREATE", key, group, "0", "MKSTREAM"))
      _ = try await client.send(RedisCommand("XSETID", key, Self.futureID))
    }
  }
}

extension QueueKeys {
  /// Patterns of all keys.
  var patterns: [String] { ["\(self.prefix)*", "\(self.sourcePrefix)*"] }
}
