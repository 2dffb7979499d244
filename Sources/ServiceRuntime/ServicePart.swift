/// Something long-lived that a service is made of: a server, a worker, the upkeep of the index.
public struct ServicePart: Sendable {
  /// For logs, such as `rpc server`.
  public let name: String
  let run: @Sendable () async throws -> Void
  let beginGracefulShutdown: @Sendable () async -> Void

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
  }
}
