/// Code around every call that a server answers.
///
/// Interceptors run in the order in which the server has them, the first outermost. Each may refuse the call (throw),
/// change context or messages, or act after it.
public protocol RPCServerInterceptor: Sendable {
  /// Answers the call, normally by calling `next` once.
  ///
  /// - Parameters:
  ///   - method: What is called.
  ///   - input: The caller's messages, encoded.
  ///   - output: Where responses go, encoded.
  ///   - context: Of the call.
  ///   - next: The other interceptors, then the handler.
  /// - Throws: What the call ends with.
  func intercept(
    _ method: RPCMethod, _ input: RPCHandler.Input, _ output: RPCHandler.Output,
    _ context: RPCContext, next: RPCHandler.Streaming
  ) async throws
}

extension RPCHandler {
  /// The handler with interceptors around it, the first outermost.
  package func intercepted(by interceptors: [any RPCServerInterceptor]) -> RPCHandler {
    guard !interceptors.isEmpty else { return self }
    let method = self.method
    var run: Streaming = { try await self.run($0, $1, $2) }
    for interceptor in interceptors.reversed() {
      run = { [method, next = run] in
        try await interceptor.intercept(method, $0, $1, $2, next: next)
      }
    }
    return RPCHandler(method: method, body: .streaming(run))
  }
}
