internal import Networking

/// How a connection's stream is made: the one place that knows `Networking`'s way to connect.
enum RedisTransport {
  @NetworkActor
  static func connect(
    _ configuration: RedisConfiguration, deadline: ContinuousClock.Instant
  ) async throws -> Stream {
    try await Stream.connect(
      host: configuration.host, port: configuration.port, tls: configuration.tls,
      timeout: max(.zero, deadline - .now))
  }
}
