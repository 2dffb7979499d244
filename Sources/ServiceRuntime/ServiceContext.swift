public import Networking
public import Options
public import RPC
public import RPCTransport
public import RedisClient
public import Telemetry

/// What the runtime has prepared for a service before it is made.
public struct ServiceContext: Sendable {
  public let values: OptionValues
  public let logger: Logger
  public let metrics: MetricsRegistry
  /// This process' name in Redis.
  public let consumer: String
  public let redis: RedisConfiguration
  /// For calls to other services. Nil: plain TCP, on loopback only.
  public let clientTLS: TLSContext?
  /// Makes spans of calls, and carries the caller's trace on.
  public let tracing: RPCTracing
  /// What a graceful stop may take.
  public let shutdownTimeout: Duration

  /// For clients of other services.
  public var clientOptions: RPCClientOptions {
    var options = RPCClientOptions()
    options.interceptors = [self.tracing]
    return options
  }
}
