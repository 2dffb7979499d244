import Protobuf
import RPC

/// Calls one service of this process: unary and server-streaming, messages encoded as on a connection.
struct ServiceChannel: RPCChannel {
  let service: any RPCService

  private func answers<Request: ProtoMessage, Response: ProtoMessage>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) -> AsyncThrowingStream<Response, any Error> {
    AsyncThrowingStream { stream in
      let handler = self.service.handlers.first { $0.method.name == method.name }
      let context = RPCContext(
        service: method.service, method: method.name, metadata: options.metadata,
        deadline: options.timeout.map { .now + $0 },
        peer: RPCPeer(address: "test", identities: []))
      let task = Task {
        do {
          guard let handler else { throw RPCError(.unimplemented, method.name) }
          try await handler.run(
            RPCRequests([request.encoded()]),
            RPCResponses { stream.yield(try Response(decoding: $0)) }, context)
          stream.finish()
        } catch {
          stream.finish(throwing: error)
        }
      }
      stream.onTermination = { _ in task.cancel() }
    }
  }

  func unary<Request: ProtoMessage, Response: ProtoMessage>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) async throws -> Response {
    for try await response in self.answers(method, request, options) { return response }
    throw RPCError(.internalError, "no response")
  }

  func serverStreaming<Request: ProtoMessage, Response: ProtoMessage>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, _ options: RPCOptions
  ) -> RPCRequests<Response> {
    RPCRequests {
      let reader = Reader(self.answers(method, request, options))
      return { try await reader.next() }
    }
  }

  func clientStreaming<Request: ProtoMessage, Response: ProtoMessage>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) async throws -> Response {
    throw RPCError(.unimplemented, "no service of the tests takes a stream")
  }

  func bidirectional<Request: ProtoMessage, Response: ProtoMessage>(
    _ method: MethodDescriptor<Request, Response>, _ options: RPCOptions,
    _ requests: @escaping @Sendable (RPCResponses<Request>) async throws -> Void
  ) -> RPCRequests<Response> {
    RPCRequests { { throw RPCError(.unimplemented, "no service of the tests takes a stream") } }
  }
}

/// One reader of a stream, called one at a time.
private final class Reader<Message: Sendable>: @unchecked Sendable {
  // Safety: a stream's messages are read one after another by one task.
  private var iterator: AsyncThrowingStream<Message, any Error>.AsyncIterator

  init(_ stream: AsyncThrowingStream<Message, any Error>) {
    self.iterator = stream.makeAsyncIterator()
  }

  func next() async throws -> Message? { try await self.iterator.next() }
}
