/// What a client stub needs of a connection.
///
/// All calls throw ``RPCError``, and `CancellationError` when the calling task is cancelled.
public protocol RPCChannel: Sendable {
  /// Sends a request and returns the response.
  func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) async throws -> Response

  /// Sends a request when the responses are iterated.
  func serverStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) -> RPCRequests<Response>

  /// Sends what `requests` sends, and returns the response. `requests` is cancelled when the call ends before it.
  func clientStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) async throws -> Response

  /// Sends what `requests` sends while the responses are iterated. It is cancelled when the call ends before it.
  func bidirectional<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) -> RPCRequests<Response>
}
