internal import Protobuf
public import RPC

/// Calls services of this process, messages encoded as on a connection.
public struct ServiceChannel: RPCChannel {
  private let services: [any RPCService]
  private let onCall: @Sendable (RPCOptions) -> Void

  /// - Parameter onCall: Is told what each call was made with.
  public init(service: any RPCService, onCall: @escaping @Sendable (RPCOptions) -> Void = { _ in })
  {
    self.init(services: [service], onCall: onCall)
  }

  /// - Parameter onCall: Is told what each call was made with.
  public init(
    services: [any RPCService], onCall: @escaping @Sendable (RPCOptions) -> Void = { _ in }
  ) {
    self.services = services
    self.onCall = onCall
  }

  public func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) async throws -> Response {
    try await self.clientStreaming(method, options) { try await $0.send(request) }
  }

  public func serverStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) -> RPCRequests<Response> {
    self.bidirectional(method, options) { try await $0.send(request) }
  }

  public func clientStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) async throws -> Response {
    for try await response in self.bidirectional(method, options, requests) { return response }
    throw RPCError(.internalError, "the call ended without a response")
  }

  public func bidirectional<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) -> RPCRequests<Response> {
    self.onCall(options)
    return RPCRequests {
      let (responses, response) = AsyncThrowingStream.makeStream(of: Response.self)
      let task = Task {
        do {
          try await self.answer(method, options, requests, response)
          response.finish()
        } catch {
          response.finish(throwing: error)
        }
      }
      response.onTermination = { _ in task.cancel() }
      let reader = Reader(responses.makeAsyncIterator())
      return { try await reader.next() }
    }
  }

  private func answer<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void,
    _ response: AsyncThrowingStream<Response, any Error>.Continuation
  ) async throws {
    let handlers = self.services.flatMap(\.handlers)
    guard
      let handler = handlers.first(where: {
        $0.method.service == method.service && $0.method.name == method.name
      })
    else { throw RPCError(.unimplemented, "no method \(method.name)") }
    let (input, request) = AsyncThrowingStream.makeStream(of: [UInt8].self)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await requests(RPCResponses { request.yield($0.encoded()) })
        request.finish()
        return false
      }
      group.addTask {
        let reader = Reader(input.makeAsyncIterator())
        try await handler.run(
          RPCRequests { { try await reader.next() } },
          RPCResponses { response.yield(try Response(decoding: $0)) },
          RPCContext(
            service: method.service, method: method.name, metadata: options.metadata,
            deadline: options.timeout.map { .now + $0 },
            response: options.response ?? RPCResponseMetadata()))
        return true
      }
      // The call ends with its handler, or with the first error.
      for try await isHandler in group where isHandler { break }
      group.cancelAll()
    }
  }
}

/// Safety: an iteration is used by one task at a time.
private final class Reader<Message: Sendable>: @unchecked Sendable {
  private var iterator: AsyncThrowingStream<Message, any Error>.AsyncIterator

  init(_ iterator: AsyncThrowingStream<Message, any Error>.AsyncIterator) {
    self.iterator = iterator
  }

  func next() async throws -> Message? { try await self.iterator.next() }
}
