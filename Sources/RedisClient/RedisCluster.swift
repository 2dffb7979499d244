public import Networking

/// Nodes of a Redis Cluster, any of which knows the others.
///
/// All keys of one ``RedisClient`` must be in one slot (a hash tag, such as `{0}`): it talks to the one node that owns it,
/// goes where the others send it (`MOVED`), and asks them again when that node is gone.
public struct RedisCluster: Hashable, Sendable, CustomStringConvertible {
  public static let defaultPort: UInt16 = 6379

  public var endpoints: [Endpoint]

  public init(_ endpoints: [Endpoint]) { self.endpoints = endpoints }

  public var description: String {
    "a cluster (\(self.endpoints.map(\.description).joined(separator: ", ")))"
  }
}
