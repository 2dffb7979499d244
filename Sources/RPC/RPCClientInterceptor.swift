/// Code around every call that a client makes.
///
/// Interceptors run in the order in which the client has them, the first outermost. For a call with a stream of responses
/// ``intercept(_:_:next:)`` is around its beginning, and ``responses(_:_:_:)`` around all of it.
public protocol RPCClientInterceptor: Sendable {
  /// Makes the call, normally by calling `next` once.
  ///
  /// - Parameters:
  ///   - method: What is called.
  ///   - options: What the caller wants; metadata may be added before they are passed on.
  ///   - next: The other interceptors, then the call. It returns the response; for a call whose responses are a
  ///     stream, it returns when the request is on its way.
  /// - Returns: What `next` returned.
  func intercept<Result: Sendable>(
    _ method: RPCMethod, _ options: RPCOptions,
    next: @Sendable (RPCOptions) async throws -> Result
  ) async throws -> Result

  /// The stream of responses of a call as its caller reads it: each message, encoded, and how it ends.
  ///
  /// - Parameters:
  ///   - method: What is called.
  ///   - options: As the caller gave them.
  ///   - responses: What the interceptors further in, and the call, give.
  /// - Returns: What the caller, and the interceptors further out, get.
  func responses(
    _ method: RPCMethod, _ options: RPCOptions, _ responses: RPCRequests<[UInt8]>
  ) -> RPCRequests<[UInt8]>

  /// Where the caller's stream of requests goes.
  ///
  /// - Parameter requests: Takes messages, encoded.
  /// - Returns: What the caller is given to send to.
  func requests(_ method: RPCMethod, _ requests: RPCResponses<[UInt8]>) -> RPCResponses<[UInt8]>
}

extension RPCClientInterceptor {
  /// Unchanged.
  public func responses(
    _ method: RPCMethod, _ options: RPCOptions, _ responses: RPCRequests<[UInt8]>
  ) -> RPCRequests<[UInt8]> { responses }

  /// Unchanged.
  public func requests(
    _ method: RPCMethod, _ requests: RPCResponses<[UInt8]>
  ) -> RPCResponses<[UInt8]> { requests }
}
