/// One condition of being ready: can this process make progress?
public struct ReadinessCheck: Sendable {
  /// Short, such as `redis` or `index`.
  public let name: String
  let check: @Sendable () async -> String?

  /// - Parameter check: Returns nil when all is well, else what is wrong and the remedy in one sentence without
  ///   secrets. Is asked at every probe, so it must be cheap, and must end soon when it is cancelled.
  public init(_ name: String, check: @escaping @Sendable () async -> String?) {
    self.name = name
    self.check = check
  }
}
