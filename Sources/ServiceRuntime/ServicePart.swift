/// Something long-lived that a service is made of: a server, a worker, the upkeep of the index.
public struct ServicePart: Sendable {
  /// For logs, such as `rpc server`.
  public let name: String
  let run: @Sendable () async throws -> Void
  let beginGracefulShutdown: @Sendable () async -> Void
  /// Is cancelled when all others have ended.
  let isUpkeep: Bool

  /// - Parameters:
  ///   - run: Returns after `beginGracefulShutdown`, when what was begun is finished; or soon after its task is
  ///     cancelled. Returning earlier, or throwing, ends the whole service.
  ///   - beginGracefulShutdown: Takes nothing new from now on. Returns at once.
  public init(
    _ name: String, run: @escaping @Sendable () async throws -> Void,
    beginGracefulShutdown: @escaping @Sendable () async -> Void
  ) {
    self.name = name
    self.run = run
    self.beginGracefulShutdown = beginGracefulShutdown
    self.isUpkeep = false
  }

  private init(upkeep name: String, run: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.run = run
    self.beginGracefulShutdown = {}
    self.isUpkeep = true
  }

  /// Something that the others need as long as they work: it goes on during a graceful stop and is cancelled after it.
  ///
  /// - Parameter run: Returns soon after its task is cancelled. Returning earlier, or throwing, ends the whole service.
  public static func upkeep(
    _ name: String, run: @escaping @Sendable () async throws -> Void
  ) -> ServicePart {
    ServicePart(upkeep: name, run: run)
  }
}
