public import RPC
internal import WireProtocol

/// The limits and habits of a server. PROTOCOL.md, "Limits", says what happens at each.
public struct RPCServerOptions: Sendable {
  /// Connections at a time; more wait to be accepted.
  public var maxConnections = 4096
  /// Calls at a time on one connection; more are refused with `RESOURCE_EXHAUSTED`.
  public var maxConcurrentCallsPerConnection = 1024
  /// Calls at a time on all connections; more are refused with `RESOURCE_EXHAUSTED`.
  public var maxConcurrentCalls = 10_000
  /// The time that a call with one response gets when its client states none.
  public var defaultTimeout = Duration.seconds(60)
  /// The most time that a call with one response gets, whatever its client states.
  public var maxTimeout = Duration.seconds(600)
  /// The most time that a call with a stream of responses gets; it has this also when its client states none.
  public var maxStreamTimeout = Duration.seconds(24 * 3600)
  /// A connection on which nothing was ever called is closed after it.
  public var firstCallTimeout = Duration.seconds(30)
  /// A client that speaks `verbatim-rpc/1` must have sent its SETTINGS within it.
  public var settingsTimeout = Duration.seconds(5)
  /// Connections at a time of one identity (of one address where clients show no certificate); one more is closed.
  public var maxConnectionsPerIdentity = 1024
  /// A connection without calls is closed after it.
  public var idleTimeout = Duration.seconds(900)
  /// A frame that has begun to arrive must be complete within it.
  public var frameTimeout = Duration.seconds(30)
  /// A client that takes nothing of what handlers wait to send is closed after it.
  public var sendTimeout = Duration.seconds(60)
  /// How long ``RPCServer/beginGracefulShutdown()`` leaves calls to end by themselves.
  public var drainTimeout = Duration.seconds(15)
  /// Bytes that may wait to be sent on a connection before handlers of streams have to wait.
  public var outboundHighWaterBytes = 256 << 10
  /// Bytes that may wait to be sent on a connection before nothing more is read from it.
  public var maxOutboundBytes = 8 << 20
  /// Bytes of requests that are being answered on a connection before nothing more is read from it.
  public var maxRequestBytesInFlight = 16 << 20
  /// Bytes of requests that are being answered on all connections; more calls are refused with `RESOURCE_EXHAUSTED`.
  public var maxRequestBytes = 256 << 20
  /// How long a client with open calls may be silent before it is asked whether it lives (clients of `verbatim-rpc/1`; TCP asks others).
  public var keepaliveInterval = Duration.seconds(30)
  /// How long it has to answer before its connection is closed.
  public var keepaliveTimeout = Duration.seconds(10)
  /// How often a client may send a PING; three may come at once. A client that sends more is closed.
  public var minPingInterval = Duration.seconds(10)
  /// After it a client is asked to open another connection, so that servers which have come since get some of the calls. Calls that run
  /// may end. Nil: never. Clients of plain ttrpc cannot be asked; their connection is closed when it has no calls.
  public var maxConnectionAge: Duration? = .seconds(1800)
  /// The age is up to this part shorter or longer, so that clients do not come back all at once.
  public var connectionAgeJitter = 0.1
  /// Bytes of one stream that its handler has not taken before nothing more is read from its connection.
  public var maxQueuedStreamBytes = 1 << 20
  /// Metadata pairs of one call.
  public var maxMetadataCount = 64
  /// Bytes of one call's metadata.
  public var maxMetadataBytes = 8 << 10
  /// Tokens of callers without certificates. Nil: tokens are not looked at. With a table, a caller that has shown no certificate must send one of
  /// its tokens with each call, and counts as that token's identity; its TLS context must not require a certificate.
  public var tokens: RPCTokenTable?
  /// Code around every call, the first outermost.
  public var interceptors: [any RPCServerInterceptor] = []

  /// The defaults.
  public init() {}

  /// A plain connection that is old is closed after so long without calls.
  static let agedIdleTimeout = Duration.seconds(1)

  /// How long one connection is kept.
  ///
  /// - Parameter random: 0 to 1.
  func connectionAge(random: Double) -> Duration? {
    self.maxConnectionAge.map { $0 * (1 + self.connectionAgeJitter * (2 * random - 1)) }
  }

  var wireLimits: WireLimits {
    WireLimits(
      maxConcurrentStreams: self.maxConcurrentCallsPerConnection,
      maxMetadataCount: self.maxMetadataCount, maxMetadataBytes: self.maxMetadataBytes,
      streamWindowBytes: self.maxQueuedStreamBytes,
      connectionWindowBytes: self.maxRequestBytesInFlight, minPingInterval: self.minPingInterval)
  }
}
