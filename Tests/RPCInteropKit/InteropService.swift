internal import Protobuf
package import RPC

/// The server of gRPC's interoperability tests.
package struct InteropService: InteropTestService {
  /// Metadata of the call that is answered, and whether it was cancelled when it ended.
  package struct Ended: Sendable {
    package let method: String
    package let metadata: RPCMetadata
    package let wasCancelled: Bool
  }

  /// What comes under these keys goes back: the one with the response's metadata, the other with its trailers.
  package static let initialKey = "x-grpc-test-echo-initial"
  package static let trailingKey = "x-grpc-test-echo-trailing-bin"

  /// Calls that have ended, in order.
  package let ended: AsyncStream<Ended>
  private let end: AsyncStream<Ended>.Continuation

  package init() { (self.ended, self.end) = AsyncStream.makeStream() }

  package func emptyCall(
    _ request: InteropEmpty, context: RPCContext
  ) async throws -> InteropEmpty {
    try await self.telling(context) { InteropEmpty() }
  }

  package func unaryCall(
    _ request: InteropSimpleRequest, context: RPCContext
  ) async throws -> InteropSimpleResponse {
    try await self.telling(context) {
      try Self.endAsAsked(request.responseStatus)
      return .with { $0.payload = Self.payload(request.responseSize) }
    }
  }

  package func streamingOutputCall(
    _ request: InteropStreamingOutputCallRequest,
    responses: RPCResponses<InteropStreamingOutputCallResponse>, context: RPCContext
  ) async throws {
    try await self.telling(context) { try await Self.answer(request, responses) }
  }

  package func streamingInputCall(
    requests: RPCRequests<InteropStreamingInputCallRequest>, context: RPCContext
  ) async throws -> InteropStreamingInputCallResponse {
    try await self.telling(context) {
      var size = 0
      for try await request in requests { size += request.payload?.body.count ?? 0 }
      return .with { $0.aggregatedPayloadSize = Int32(size) }
    }
  }

  package func fullDuplexCall(
    requests: RPCRequests<InteropStreamingOutputCallRequest>,
    responses: RPCResponses<InteropStreamingOutputCallResponse>, context: RPCContext
  ) async throws {
    try await self.telling(context) {
      for try await request in requests { try await Self.answer(request, responses) }
    }
  }

  private func telling<Result: Sendable>(
    _ context: RPCContext, _ body: () async throws -> Result
  ) async throws -> Result {
    defer {
      self.end.yield(
        Ended(
          method: context.method, metadata: context.metadata, wasCancelled: Task.isCancelled))
    }
    context.response.metadata[Self.initialKey] = context.metadata[Self.initialKey]
    context.response.trailers[Self.trailingKey] = context.metadata[Self.trailingKey]
    return try await body()
  }

  private static func answer(
    _ request: InteropStreamingOutputCallRequest,
    _ responses: RPCResponses<InteropStreamingOutputCallResponse>
  ) async throws {
    for parameters in request.responseParameters {
      if parameters.intervalUs > 0 {
        try await Task.sleep(for: .microseconds(Int(parameters.intervalUs)), clock: .continuous)
      }
      try await responses.send(.with { $0.payload = Self.payload(parameters.size) })
    }
    try self.endAsAsked(request.responseStatus)
  }

  private static func endAsAsked(_ status: InteropEchoStatus?) throws {
    guard let status, status.code != 0 else { return }
    throw RPCError(RPCStatusCode(rawValue: status.code) ?? .unknown, status.message)
  }

  private static func payload(_ size: Int32) -> InteropPayload {
    .with { $0.body = [UInt8](repeating: 0, count: Int(max(0, size))) }
  }
}
