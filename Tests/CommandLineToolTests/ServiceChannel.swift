internal import Protobuf
internal import RPC

/// Calls a service of this process; messages are encoded as on a connection, one waits for the other.
struct ServiceChannel: RPCChannel {
  let service: any RPCService

  func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) async throws -> Response {
    for try await response in self.serverStreaming(method, request, options) { return response }
    throw RPCError(.internalError, "the call ended without a response")
  }

  func serverStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) -> RPCRequests<Response> {
    RPCRequests {
      let (stream, continuation) = AsyncThrowingStream.makeStream(of: Response.self)
      let task = Task {
        do {
          guard let handler = self.service.handlers.first(where: { $0.method == method.erased })
          else { throw RPCError(.unimplemented, "no method \(method.name)") }
          try await handler.run(
            RPCRequests([request.encoded()]),
            RPCResponses { continuation.yield(try Response(decoding: $0)) },
            RPCContext(service: method.service, method: method.name, metadata: options.metadata))
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

  func clientStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) async throws -> Response {
    throw RPCError(.unimplemented, "the gateway has no such method")
  }

  func bidirectional<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) -> RPCRequests<Response> {
    RPCRequests { { throw RPCError(.unimplemented, "the gateway has no such method") } }
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
