public import Networking
internal import Protobuf
public import RPC
public import Telemetry

/// Calls services of ttrpc and Verbatim servers over TLS.
///
///     let client = RPCClient(
///       endpoints: [try Endpoint(parsing: "indexer:7500")],
///       tls: try .client(authority: "…", certificate: "…", key: "…", protocols: RPCProtocol.names), serverName: nil)
///     let indexer = IndexerClient(client)
///     let answer = try await indexer.search(request, options: RPCOptions(timeout: .seconds(2)))
///     await client.close()
///
/// It keeps one connection to each address of each endpoint and takes them in turn; names are looked up again while it is
/// used, so replicas that come and go are found. Streams of responses have connections of their own: on a connection without
/// windows a slow reader delays everybody. Connections are opened by the first call and closed with the client.
///
/// Calls fail with `RPCError`, or `CancellationError` when the calling task is cancelled, which ends the call at once. One that cannot
/// reach any server fails with `UNAVAILABLE`, and a reason for each cause: nobody listens, no such name, a certificate that is refused.
public final class RPCClient: RPCChannel, Sendable {
  /// What the parts of a client share.
  struct Settings: Sendable {
    let endpoints: [Endpoint]
    let tls: ClientTLS
    let serverName: String?
    let options: RPCClientOptions
    let logger: Logger
    /// The endpoints as text, for messages.
    var name: String { self.endpoints.map(\.description).joined(separator: ", ") }
  }

  private let core: ClientCore

  /// Creates a client. Nothing is connected before the first call.
  ///
  /// - Parameters:
  ///   - endpoints: Where servers are; all of them offer the same.
  ///   - tls: A client's context, with ``RPCProtocol/names``. Nil, plain TCP, is for loopback addresses only.
  ///   - serverName: The name that servers' certificates must carry; nil: the endpoint's host.
  ///   - options: Limits and habits.
  ///   - logger: Gets connections at debug.
  ///   - metrics: Gets `rpc_client_call_duration_seconds` by method and code.
  public init(
    endpoints: [Endpoint], tls: TLSContext?, serverName: String?,
    options: RPCClientOptions = RPCClientOptions(), logger: Logger = .disabled,
    metrics: MetricsRegistry? = nil
  ) {
    self.core = ClientCore(
      Settings(
        endpoints: endpoints, tls: ClientTLS(tls), serverName: serverName, options: options,
        logger: logger),
      metrics)
  }

  /// For connections opened from now on: set it to reload certificates. Those that are open keep theirs. It stays nil for plain TCP.
  @NetworkActor
  public var tls: TLSContext? {
    get { self.core.settings.tls.context }
    set { self.core.settings.tls.context = newValue }
  }

  /// Closes all connections. Calls that run, and later ones, fail with `CANCELLED`.
  public func close() async { await self.core.close() }

  /// Sends a request and returns the response.
  public func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) async throws -> Response {
    let bytes = try await self.core.unary(method.erased, request.encoded(), options)
    return try Response(received: bytes)
  }

  /// Sends a request when the responses are iterated.
  public func serverStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) -> RPCRequests<Response> {
    self.core.responses(method.erased, options) { .message(request.encoded()) }
      .decoding(Response.self)
  }

  /// Sends what `requests` sends, and returns the response.
  public func clientStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) async throws -> Response {
    let bytes = try await self.core.clientStreaming(method.erased, options) { output in
      try await requests(output.encoding())
    }
    return try Response(received: bytes)
  }

  /// Sends what `requests` sends while the responses are iterated.
  public func bidirectional<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) -> RPCRequests<Response> {
    self.core.responses(method.erased, options) {
      .messages { try await requests($0.encoding()) }
    }.decoding(Response.self)
  }
}
