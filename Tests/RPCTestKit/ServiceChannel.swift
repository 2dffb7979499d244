internal import Protobuf
public import RPC

/// Calls services of this process: unary and server streaming, messages encoded as on a connection.
public struct ServiceChannel: RPCChannel {
  private let services: [any RPCService]
  private let onCall: @Sendable (RPCOptions) -> Void

  /// - Parameter onCall: Is told what each call was made with.
  public init(service: any RPCService, onCall: @escaping @Sendable (RPCOptions) -> Void = { _ in })
  {
    self.init(services: [service], onCall: onCall)
  }

  public init(
    services: [any RPCService], onCall: @escaping @Sendable (RPCOptions) -> Void = { _ in }
  ) {
    self.services = services
    self.onCall = onCall
  }

  public func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) async throws -> Response {
    for try await response in self.serverStreaming(method, request, options) { return response }
    throw RPCError(.internalError, "the call ended without a response")
  }

  public func serverStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) -> RPCRequests<Response> {
    self.onCall(options)
    return RPCRequests {
      let (stream, continuation) = AsyncThrowingStream.makeStream(of: Response.self)
      let task = Task {
        do {
          guard
            let handler = self.services.lazy.flatMap(\.handlers)
              .first(where: { $0.method == method.erased })
          else { throw RPCError(.unimplemented, "no method \(method.name)") }
          try await handler.run(
            RPCRequests([request.encoded()]),
            RPCResponses { continuation.yield(try Response(decoding: $0)) },
            RPCContext(
              service: method.service, method: method.name, metadata: options.metadata,
              deadline: options.timeout.map { .now + $0 }))
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
      let reader = Reader(stream.makeAsyncIterator())
      return { try await reader.next() }
    }
  }

  public func clientStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) async throws -> Response {
    throw RPCError(.unimplemented, "this channel has no streams of requests")
  }

  public func bidirectional<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) -> RPCRequests<Response> {
    RPCRequests { { throw RPCError(.unimplemented, "this channel has no streams of requests") } }
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
