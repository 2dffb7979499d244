public import Networking

/// Where Redis is and how to talk to it.
public struct RedisConfiguration: Sendable {
  /// Not used where ``sentinels`` say who the primary is.
  public var host: String
  public var port: UInt16
  /// Asked before each connection, which then goes to the primary they name. Nil: ``host`` is the server.
  public var sentinels: RedisSentinels?
  /// Nodes of a cluster, in place of ``host``. Nil: it is none.
  public var cluster: RedisCluster?
  /// ACL user; empty: the default user.
  public var user: String
  /// Empty: no AUTH is sent.
  public var password: String
  /// Set for `rediss://`; the context holds the CA and, where Redis wants one, the client's certificate.
  public var tls: TLSContext?
  /// Shown by `CLIENT LIST`.
  public var clientName: String
  /// How long a caller waits for a connection, all attempts together.
  public var connectTimeout: Duration = .seconds(5)
  /// For callers who would rather hear that there is no Redis than wait for it: one attempt to connect is made for them, and for so long after
  /// it has failed, or a command got no answer, others are told so at once. Nil: they wait, all of ``connectTimeout``.
  public var outageMemory: Duration?
  /// How long a command may take from sending to reply. Blocking commands get their time on top.
  public var commandTimeout: Duration = .seconds(5)
  /// The largest reply; above it the connection is given up. Batches of payloads are kept well below by who asks.
  public var maxReplyBytes = 256 << 20
  /// Wait before the second attempt to connect; doubled each time, with jitter.
  public var minReconnectDelay: Duration = .milliseconds(50)
  public var maxReconnectDelay: Duration = .seconds(2)

  public init(
    host: String, port: UInt16 = 6379, user: String = "", password: String = "",
    tls: TLSContext? = nil, clientName: String = "verbatim"
  ) {
    self.host = host
    self.port = port
    self.user = user
    self.password = password
    self.tls = tls
    self.clientName = clientName
  }

  /// What a URL says, and what does not belong into one.
  public init(
    _ url: RedisURL, password: String? = nil, tls: TLSContext? = nil,
    clientName: String = "verbatim"
  ) {
    self.init(
      host: url.host, port: url.port, user: url.user, password: password ?? url.password, tls: tls,
      clientName: clientName)
    self.sentinels = url.sentinels
    self.cluster = url.cluster
  }

  /// The same, for those who answer somebody's call.
  public func impatient() -> RedisConfiguration {
    var configuration = self
    configuration.outageMemory = .seconds(1)
    return configuration
  }

  /// The server as errors and logs name it: never with credentials.
  public var address: String {
    if let sentinels { return sentinels.description }
    if let cluster { return cluster.description }
    return self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
  }
}
