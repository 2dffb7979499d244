/// Code around every call that a server answers.
///
/// Interceptors run in the order in which the server has them, the first outermost. Each may refuse the call (throw),
/// change context or messages, or act after it. What needs no messages is simpler written as an ``RPCServerCallInterceptor``.
public protocol RPCServerInterceptor: Sendable {
  /// Answers a call of any kind, normally by calling `next` once.
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

  /// Answers a call with one request and one response, normally by calling `next` once. Without this, ``intercept(_:_:_:_:next:)`` does,
  /// which costs more.
  ///
  /// - Returns: The response, encoded.
  func interceptUnary(
    _ method: RPCMethod, _ request: [UInt8], _ context: RPCContext,
    next: @escaping RPCHandler.Unary
  ) async throws -> [UInt8]
}

extension RPCServerInterceptor {
  /// As a stream of one request and one response.
  public func interceptUnary(
    _ method: RPCMethod, _ request: [UInt8], _ context: RPCContext,
    next: @escaping RPCHandler.Unary
  ) async throws -> [UInt8] {
    let response = OnlyResponse()
    try await self.intercept(
      method, RPCHandler.Input([request]), RPCHandler.Output { response.message = $0 }, context
    ) { input, output, context in
      try await output.send(try await next(try await RPCHandler.only(input), context))
    }
    guard let message = response.message else {
      throw RPCError(.internalError, "the method ended without a response")
    }
    return message
  }
}

/// The message of a unary call that is run as a stream.
///
/// Safety: a call's output is used by one task at a time, and read when that is done.
private final class OnlyResponse: @unchecked Sendable {
  var message: [UInt8]?
}

/// An interceptor that looks at calls from outside: who, what, how long, how it ended. One function serves calls of all kinds.
public protocol RPCServerCallInterceptor: RPCServerInterceptor {
  /// Runs the call, normally by calling `next` once.
  ///
  /// - Parameters:
  ///   - method: What is called.
  ///   - context: Of the call; it may be changed before it is passed on.
  ///   - next: The other interceptors, then the handler.
  /// - Returns: What `next` returned.
  /// - Throws: What the call ends with.
  func around<Result: Sendable>(
    _ method: RPCMethod, _ context: RPCContext,
    next: (RPCContext) async throws -> Result
  ) async throws -> Result
}

extension RPCServerCallInterceptor {
  /// As ``around(_:_:next:)``.
  public func intercept(
    _ method: RPCMethod, _ input: RPCHandler.Input, _ output: RPCHandler.Output,
    _ context: RPCContext, next: RPCHandler.Streaming
  ) async throws {
    try await self.around(method, context) { try await next(input, output, $0) }
  }

  /// As ``around(_:_:next:)``.
  public func interceptUnary(
    _ method: RPCMethod, _ request: [UInt8], _ context: RPCContext,
    next: @escaping RPCHandler.Unary
  ) async throws -> [UInt8] {
    try await self.around(method, context) { try await next(request, $0) }
  }
}

extension RPCHandler {
  /// The handler with interceptors around it, the first outermost. What they have made of the context is ``RPCContext/current``.
  package func intercepted(by interceptors: [any RPCServerInterceptor]) -> RPCHandler {
    guard !interceptors.isEmpty else { return self }
    let method = self.method
    switch self.body {
    case .unary(let answer):
      var run = Self.current(answer)
      for interceptor in interceptors.reversed() { run = Self.around(interceptor, method, run) }
      return RPCHandler(method: method, body: .unary(run))
    case .streaming(let answer):
      var run = Self.current(answer)
      for interceptor in interceptors.reversed() { run = Self.around(interceptor, method, run) }
      return RPCHandler(method: method, body: .streaming(run))
    }
  }

  // Functions that return closures, not closures assigned to a variable: those leave their caller's thread (Swift 6.3).
  // And a loop above, not `reduce`: passing a closure through a generic function wraps it in two more, which each call pays.

  private static func current(_ answer: @escaping Unary) -> Unary {
    { request, context in
      CurrentCall.value?.context = context
      return try await answer(request, context)
    }
  }

  private static func current(_ answer: @escaping Streaming) -> Streaming {
    { input, output, context in
      CurrentCall.value?.context = context
      try await answer(input, output, context)
    }
  }

  private static func around(
    _ interceptor: any RPCServerInterceptor, _ method: RPCMethod, _ next: @escaping Unary
  ) -> Unary {
    { request, context in
      try await interceptor.interceptUnary(method, request, context, next: next)
    }
  }

  private static func around(
    _ interceptor: any RPCServerInterceptor, _ method: RPCMethod, _ next: @escaping Streaming
  ) -> Streaming {
    { input, output, context in
      try await interceptor.intercept(method, input, output, context, next: next)
    }
  }
}
