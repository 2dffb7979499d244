internal import Pipeline
internal import RedisClient
internal import Synchronization
internal import Telemetry

/// Calls the pipeline's functions, loading their library where it is missing.
final class QueueFunctions: Sendable {
  let client: RedisClient
  private let prefix: String
  private let logger: Logger
  private let isLibraryChecked = Atomic<Bool>(false)

  init(_ client: RedisClient, prefix: String, logger: Logger) {
    self.client = client
    self.prefix = prefix
    self.logger = logger
  }

  /// A call of a function, up to its first argument.
  func command(_ name: String) -> RedisCommand {
    var command = RedisCommand("FCALL")
    command.append("\(FunctionLibrary.name)_\(name)")
    command.append(1)
    command.append(self.prefix)
    return command
  }

  /// Calls a function. Every function may be repeated, so a call whose reply was lost is sent once more.
  func call(_ command: RedisCommand) async throws -> RedisValue {
    let replies = try await self.call([command])
    return replies.first ?? .null
  }

  /// Sends several commands in one piece, a function's call as the last; its error is thrown.
  func call(_ commands: [RedisCommand]) async throws -> [RedisValue] {
    var isRepeated = false
    while true {
      do {
        if !self.isLibraryChecked.load(ordering: .acquiring) {
          try await FunctionLibrary.ensure(on: self.client)
          self.isLibraryChecked.store(true, ordering: .releasing)
        }
        let replies = try await self.client.send(commands)
        if case .error(let error) = replies.last { throw error }
        return replies
      } catch let error as RedisError {
        guard !isRepeated, Self.mayRepeat(after: error) else {
          if error.code == .moved, self.client.configuration.cluster != nil {
            // Sent to a node that is gone: the others have not elected its successor yet.
            throw QueueError(
              .unavailable,
              "The Redis cluster has nobody for our keys now, or moves them: try again.")
          }
          throw QueueError(error)
        }
        isRepeated = true
        // Whoever answers next may be another server, or one that has lost its data.
        self.isLibraryChecked.store(false, ordering: .releasing)
        self.logger.debug("A call to Redis is repeated.", [.reason: "\(error)"])
      }
    }
  }

  /// The job as it is now; nil: there is none.
  func job(_ id: JobID) async throws -> Job? {
    var command = self.command("job")
    command.append(id.text)
    return Job(try await self.call(command))
  }

  private static func mayRepeat(after error: RedisError) -> Bool {
    switch error.code {
    case .connectionLost, .timeout, .functionMissing, .readOnly, .moved: true
    default: false
    }
  }
}
