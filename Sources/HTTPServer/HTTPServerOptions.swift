/// Limits and addresses of an ``HTTPServer``. Every limit is enforced before memory is spent on what exceeds it.
public struct HTTPServerOptions: Sendable {
  /// Numeric address to listen on, or `localhost`; `::` and an empty one mean every address of this machine.
  public var address: String
  /// Zero picks a free port; ``HTTPServer/port`` tells which.
  public var port: UInt16
  /// Request line and header fields together. Beyond it: 431.
  public var maxHeaderBytes = 16 * 1024
  /// Beyond it: 431.
  public var maxHeaderFields = 100
  /// Beyond it: 413.
  public var maxBodyBytes = 1 << 20
  /// Connections at one time; one more gets 503 and is closed.
  public var maxConnections = 4096
  /// Bytes that wait in memory for a client that reads slowly; a streamed body pauses there.
  public var maxUnsentBytes = 1 << 20
  /// Requests on one connection, then `Connection: close`. Keeps load spread over restarted peers.
  public var maxRequestsPerConnection = 100_000
  /// From the first byte of a request to the end of its body. Beyond it: 408 and the connection closes.
  public var requestTimeout: Duration = .seconds(20)
  /// An open connection without a request is closed after this long.
  public var idleTimeout: Duration = .seconds(75)
  /// How long ``HTTPServer/run()`` lets running requests finish once it is told to stop.
  public var drainTimeout: Duration = .seconds(5)

  public init(address: String = "127.0.0.1", port: UInt16 = 0) {
    self.address = address
    self.port = port
  }
}
