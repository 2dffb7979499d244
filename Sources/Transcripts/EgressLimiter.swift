/// The address that requests leave from: the machine's own, or a proxy. Never the proxy's credentials.
public struct EgressIdentity: Hashable, Sendable, CustomStringConvertible {
  public let name: String
  public init(_ name: String) { self.name = name }
  public var description: String { self.name }
}

/// What an egress identity met, told to the limiter after each request.
public enum EgressOutcome: Hashable, Sendable {
  case ok
  /// 429 or the like, with the wait that was asked for.
  case throttled(retryAfter: Duration?)
  /// A bot check, a captcha, an answer for another video.
  case blocked
}

/// Shares out requests among all fetchers, for each egress identity. Implemented in Redis by `RedisQueue`.
public protocol EgressLimiter: Sendable {
  /// Asks for `count` requests at once. Zero: go. Otherwise nothing was taken; ask again after that time.
  ///
  /// - Parameter weight: So many times the limits of an ordinary identity are this one's.
  func permit(_ identity: EgressIdentity, weight: Int, count: Int) async throws -> Duration
  func report(_ identity: EgressIdentity, _ outcome: EgressOutcome) async throws
}

extension EgressLimiter {
  /// Asks for an ordinary identity.
  public func permit(_ identity: EgressIdentity, count: Int) async throws -> Duration {
    try await self.permit(identity, weight: 1, count: count)
  }
}
