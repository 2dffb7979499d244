package import Networking
public import RPC
internal import WireProtocol

/// The limits and habits of a client.
public struct RPCClientOptions: Sendable {
  /// The time of a call with one response that states none. Nil: no limit.
  public var defaultTimeout: Duration? = .seconds(30)
  /// The time that connecting to one address may take, TLS included.
  public var connectTimeout = Duration.seconds(5)
  /// The time that looking up a name may take.
  public var resolveTimeout = Duration.seconds(5)
  /// Names are looked up again by the first call after it, so that new replicas are found.
  public var resolveInterval = Duration.seconds(30)
  /// The first pause after an address could not be connected to; each further one is ``backoffFactor`` times longer.
  public var minBackoff = Duration.milliseconds(100)
  /// The longest pause.
  public var maxBackoff = Duration.seconds(5)
  /// How much longer each pause is than the one before.
  public var backoffFactor = 1.6
  /// A pause is up to this part shorter or longer, so that clients do not come all at once.
  public var backoffJitter = 0.2
  /// Calls at a time on one connection; more use another connection or wait. At most what servers take: 1024.
  public var maxConcurrentCallsPerConnection = 1000
  /// Calls that wait for a connection or for room on one; more fail with `RESOURCE_EXHAUSTED`.
  public var maxWaitingCalls = 10_000
  /// Attempts of a call that may be repeated, the first included: methods that are declared idempotent or without side
  /// effects, and only while nothing has come back but `UNAVAILABLE`.
  public var maxAttempts = 3
  /// The pause before the first repetition; each further one is twice as long. The server's RetryInfo goes before.
  public var retryPause = Duration.milliseconds(50)
  /// Bytes of one stream of responses that its reader has not taken before nothing more is read from its connection.
  public var maxQueuedStreamBytes = 256 << 10
  /// Bytes that may wait to be sent on a connection before streams of requests have to wait.
  public var outboundHighWaterBytes = 256 << 10
  /// How long a server with open calls may be silent before it is asked whether it lives (servers of `verbatim-rpc/1`; TCP asks others).
  public var keepaliveInterval = Duration.seconds(30)
  /// How long it has to answer before its connection is given up.
  public var keepaliveTimeout = Duration.seconds(10)
  /// Bytes of streams and large requests that servers may have on their way to this client on one connection.
  public var connectionWindowBytes = 8 << 20
  /// Metadata that calls made by a handler take over from the call that it answers (see `RPCContext.current`). Nothing else goes on:
  /// credentials in particular are for one service.
  public var propagatedMetadata = [
    RPCContext.traceparentKey, RPCContext.tracestateKey, RPCContext.requestIDKey,
  ]
  /// Sent with each call to servers that know callers by tokens (see `RPCTokenTable`): `NAME.SECRET`. Nil: none.
  public var bearerToken: String?
  /// How names are looked up; nil: as the system does. For tests, where no name server is at hand.
  package var lookUp: (@Sendable (Endpoint) async throws -> [SocketAddress])?
  /// Code around every call, the first outermost.
  public var interceptors: [any RPCClientInterceptor] = []

  /// The defaults.
  public init() {}

  var wireLimits: WireLimits {
    WireLimits(
      maxConcurrentStreams: self.maxConcurrentCallsPerConnection,
      streamWindowBytes: self.maxQueuedStreamBytes,
      connectionWindowBytes: self.connectionWindowBytes)
  }
}
