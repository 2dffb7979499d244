internal import Pipeline
public import RedisClient

extension RedisQueue {
  /// Upkeep that every process does every few seconds: what is due moves on, dead consumers go.
  func tidy() async throws {
    var command = self.function("tidy")
    command.append(self.consumer)
    _ = try await self.call(command)
  }

  /// Whether the server is set up so that work is safe in it.
  ///
  /// - Throws: ``QueueError`` when it cannot be asked.
  public func checkServer() async throws -> ServerCheck {
    do throws(RedisError) {
      return try await self.client.check()
    } catch {
      throw QueueError(error)
    }
  }

  /// How much is where, by name: `fetch_entries`, `fetch_pending`, `index_entries`, `bytes` (of payloads), `backlog`,
  /// `delayed`, `dead_entries`, `jobs`, `stale`, `reclaimed_fetch`, and others; see `verbatim1_stats`.
  public func statistics() async throws -> [String: Int] {
    Self.numbers(try await self.call(self.function("stats")))
  }

  /// The settings in force, defaults included, by the names in `Functions/verbatim.lua`.
  public func settings() async throws -> [String: Double] {
    let flat = try await self.call(self.function("config")).array ?? []
    var result: [String: Double] = [:]
    for index in stride(from: 0, to: flat.count - 1, by: 2) {
      guard let name = flat[index].text, let value = flat[index + 1].text.flatMap({ Double($0) })
      else { continue }
      result[name] = value
    }
    return result
  }

  /// Changes settings for all processes at once; they stay until they are changed again.
  ///
  /// - Throws: ``QueueError`` (`invalidArgument`) for a name that does not exist or a value that is not positive.
  public func configure(_ settings: [String: Double]) async throws {
    guard !settings.isEmpty else { return }
    let known = try await self.settings()
    var command = RedisCommand("HSET", self.keys.config)
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      guard known[name] != nil else {
        throw QueueError(
          .invalidArgument,
          "There is no setting \(name); there are \(known.keys.sorted().joined(separator: ", ")).")
      }
      guard value.isFinite, value > 0 else {
        throw QueueError(.invalidArgument, "The setting \(name) must be above zero.")
      }
      command.append(name)
      command.append(value == value.rounded() ? String(Int64(value)) : String(value))
    }
    _ = try await self.call(command)
  }
}
