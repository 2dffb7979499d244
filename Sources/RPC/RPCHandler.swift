internal import Protobuf

/// One method of a service with its types erased: bytes in, bytes out.
public struct RPCHandler: Sendable {
  /// Encoded messages of the caller.
  public typealias Input = RPCRequests<[UInt8]>
  /// Where encoded responses go.
  public typealias Output = RPCResponses<[UInt8]>
  /// What answers a unary call.
  public typealias Unary = @Sendable ([UInt8], RPCContext) async throws -> [UInt8]
  /// What answers any call. A call that ends without an error has succeeded.
  public typealias Streaming = @Sendable (Input, Output, RPCContext) async throws -> Void

  /// How the method is run. Unary calls have a way of their own because they are the many and the small.
  public enum Body: Sendable {
    case unary(Unary)
    case streaming(Streaming)
  }

  /// Which method.
  public let method: RPCMethod
  /// What answers it.
  public let body: Body

  /// Creates a handler from bytes to bytes.
  public init(method: RPCMethod, body: Body) {
    self.method = method
    self.body = body
  }

  /// Creates the handler of a method with one request and one response.
  public init<I, O>(
    unary method: MethodDescriptor<I, O>,
    _ body: @escaping @Sendable (I, RPCContext) async throws -> O
  ) {
    self.init(
      method: method.erased,
      body: .unary { request, context in
        try await body(I(received: request), context).encoded()
      })
  }

  /// Creates the handler of a method with one request and many responses.
  public init<I, O>(
    serverStreaming method: MethodDescriptor<I, O>,
    _ body: @escaping @Sendable (I, RPCResponses<O>, RPCContext) async throws -> Void
  ) {
    self.init(
      method: method.erased,
      body: .streaming { input, output, context in
        try await body(I(received: try await Self.only(input)), output.encoding(), context)
      })
  }

  /// Creates the handler of a method with many requests and one response.
  public init<I, O>(
    clientStreaming method: MethodDescriptor<I, O>,
    _ body: @escaping @Sendable (RPCRequests<I>, RPCContext) async throws -> O
  ) {
    self.init(
      method: method.erased,
      body: .streaming { input, output, context in
        try await output.send(try await body(input.decoding(I.self), context).encoded())
      })
  }

  /// Creates the handler of a method with many requests and many responses.
  public init<I, O>(
    bidirectional method: MethodDescriptor<I, O>,
    _ body: @escaping @Sendable (RPCRequests<I>, RPCResponses<O>, RPCContext) async throws -> Void
  ) {
    self.init(
      method: method.erased,
      body: .streaming { input, output, context in
        try await body(input.decoding(I.self), output.encoding(), context)
      })
  }

  /// Answers a call of any kind: for interceptors and tests, which need not tell the kinds apart.
  public func run(_ input: Input, _ output: Output, _ context: RPCContext) async throws {
    switch self.body {
    case .unary(let answer):
      try await output.send(try await answer(try await Self.only(input), context))
    case .streaming(let answer): try await answer(input, output, context)
    }
  }

  /// The one message of a caller that sends one.
  static func only(_ input: Input) async throws -> [UInt8] {
    for try await bytes in input { return bytes }
    throw RPCError(.invalidArgument, "the call ended before its request came")
  }
}
