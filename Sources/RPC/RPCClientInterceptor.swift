/// Code around every call that a client makes.
///
/// Interceptors run in the order in which the client has them, the first outermost.
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
}
