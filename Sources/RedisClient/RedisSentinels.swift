public import Networking

/// The sentinels of a replicated Redis: they know which server is the primary, also after a failover.
public struct RedisSentinels: Hashable, Sendable, CustomStringConvertible {
  /// Where a sentinel listens unless told otherwise.
  public static let defaultPort: UInt16 = 26379

  public var endpoints: [Endpoint]
  /// The name that the sentinels have for the primary and its replicas.
  public var primary: String

  public init(_ endpoints: [Endpoint], primary: String) {
    self.endpoints = endpoints
    self.primary = primary
  }

  public var description: String {
    "\(self.primary) (sentinels \(self.endpoints.map(\.description).joined(separator: ", ")))"
  }
}
