public import Networking
public import Options
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
  /// What a graceful stop may take.
  public let shutdownTimeout: Duration
}
