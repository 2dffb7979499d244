internal import Networking
internal import Protobuf
internal import RPC

/// The methods of ``TestService``, as generated code would have them. Messages are the standard wrappers.
enum TestMethods {
  static let service = "test.Service"
  static let echo = MethodDescriptor<ProtoBytesValue, ProtoBytesValue>(
    service: Self.service, name: "Echo", kind: .unary, idempotency: .noSideEffects)
  static let hold = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
    service: Self.service, name: "Hold", kind: .unary, idempotency: .unknown)
  /// Not idempotent, and never fails.
  static let plain = MethodDescriptor<ProtoInt32Value, ProtoInt32Value>(
    service: Self.service, name: "Plain", kind: .unary, idempotency: .unknown)
  static let fail = MethodDescriptor<ProtoInt32Value, ProtoStringValue>(
    service: Self.service, name: "Fail", kind: .unary, idempotency: .unknown)
  static let crash = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
    service: Self.service, name: "Crash", kind: .unary, idempotency: .unknown)
  static let describe = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
    service: Self.service, name: "Describe", kind: .unary, idempotency: .noSideEffects)
  /// UNAVAILABLE so many times, then the number of calls.
  static let flaky = MethodDescriptor<ProtoInt32Value, ProtoInt32Value>(
    service: Self.service, name: "Flaky", kind: .unary, idempotency: .idempotent)
  static let flakyOnce = MethodDescriptor<ProtoInt32Value, ProtoInt32Value>(
    service: Self.service, name: "FlakyOnce", kind: .unary, idempotency: .unknown)
  /// A response of so many bytes.
  static let large = MethodDescriptor<ProtoInt32Value, ProtoBytesValue>(
    service: Self.service, name: "Large", kind: .unary, idempotency: .noSideEffects)
  /// Messages of 10,000 bytes, so many.
  static let flood = MethodDescriptor<ProtoInt32Value, ProtoBytesValue>(
    service: Self.service, name: "Flood", kind: .serverStreaming, idempotency: .noSideEffects)
  /// One message of so many bytes.
  static let largeStream = MethodDescriptor<ProtoInt32Value, ProtoBytesValue>(
    service: Self.service, name: "LargeStream", kind: .serverStreaming, idempotency: .noSideEffects)
  static let count = MethodDescriptor<ProtoInt32Value, ProtoInt32Value>(
    service: Self.service, name: "Count", kind: .serverStreaming, idempotency: .noSideEffects)
  /// One message, then nothing until it is cancelled.
  static let holdStream = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
    service: Self.service, name: "HoldStream", kind: .serverStreaming, idempotency: .noSideEffects)
  /// Metadata `first: 1`, trailers `last: 2`; fails if the request is not empty.
  static let annotate = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
    service: Self.service, name: "Annotate", kind: .unary, idempotency: .noSideEffects)
  static let annotateStream = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
    service: Self.service, name: "AnnotateStream", kind: .serverStreaming,
    idempotency: .noSideEffects)
  static let sum = MethodDescriptor<ProtoInt32Value, ProtoInt64Value>(
    service: Self.service, name: "Sum", kind: .clientStreaming, idempotency: .unknown)
  static let chat = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
    service: Self.service, name: "Chat", kind: .bidirectional, idempotency: .unknown)
}

/// What tests call.
final class TestService: RPCService {
  static let serviceName = TestMethods.service
  static let floodMessageBytes = 10_000

  struct InnerError: Error { let secret = "password=hunter2" }

  /// Names of handlers that have begun, and that were cancelled.
  let began = Signal<String>()
  let cancelled = Signal<String>()
  let state = State()

  @NetworkActor
  final class State {
    var flakyCalls: Int32 = 0
    var floodedBytes = 0
    /// Answers of held calls.
    var held: [String: [CheckedContinuation<String, Never>]] = [:]
    var released: Set<String> = []

    nonisolated init() {}

    func hold(_ name: String) async -> String {
      await withCheckedContinuation {
        if self.released.contains(name) {
          $0.resume(returning: name)
        } else {
          self.held[name, default: []].append($0)
        }
      }
    }

    func release(_ name: String) {
      self.released.insert(name)
      for waiting in self.held.removeValue(forKey: name) ?? [] { waiting.resume(returning: name) }
    }

    func flake(_ failures: Int32) throws -> Int32 {
      self.flakyCalls += 1
      if self.flakyCalls <= failures { throw RPCError(.unavailable, "not yet") }
      return self.flakyCalls
    }

    func flooded(_ bytes: Int) { self.floodedBytes += bytes }
  }

  var handlers: [RPCHandler] {
    [
      RPCHandler(unary: TestMethods.echo) { request, _ in request },
      RPCHandler(unary: TestMethods.hold) { request, _ in try await self.hold(request) },
      RPCHandler(unary: TestMethods.plain) { request, _ in request },
      RPCHandler(unary: TestMethods.fail) { request, _ in
        throw RPCError(
          RPCStatusCode(rawValue: request.value) ?? .unknown, "as asked", retryAfter: .seconds(3))
      },
      RPCHandler(unary: TestMethods.crash) { _, _ in throw InnerError() },
      RPCHandler(unary: TestMethods.describe) { _, context in
        ProtoStringValue.with { $0.value = Self.describe(context) }
      },
      RPCHandler(unary: TestMethods.flaky) { request, _ in
        let calls = try await self.state.flake(request.value)
        return .with { $0.value = calls }
      },
      RPCHandler(unary: TestMethods.flakyOnce) { request, _ in
        let calls = try await self.state.flake(request.value)
        return .with { $0.value = calls }
      },
      RPCHandler(unary: TestMethods.large) { request, _ in
        .with { $0.value = [UInt8](repeating: 1, count: Int(request.value)) }
      },
      RPCHandler(serverStreaming: TestMethods.flood) { request, responses, _ in
        let message = [UInt8](repeating: 1, count: Self.floodMessageBytes)
        for _ in 0..<request.value {
          try await responses.send(.with { $0.value = message })
          await self.state.flooded(message.count)
        }
      },
      RPCHandler(serverStreaming: TestMethods.largeStream) { request, responses, _ in
        try await responses.send(
          .with { $0.value = [UInt8](repeating: 1, count: Int(request.value)) })
      },
      RPCHandler(serverStreaming: TestMethods.count) { request, responses, _ in
        for number in 0..<request.value { try await responses.send(.with { $0.value = number }) }
      },
      RPCHandler(serverStreaming: TestMethods.holdStream) { request, responses, _ in
        do {
          try await responses.send(request)
        } catch {
          // Over before it had begun, which a busy machine makes possible.
          await self.cancelled.send(request.value)
          throw error
        }
        _ = try await self.hold(request)
      },
      RPCHandler(unary: TestMethods.annotate) { request, context in
        Self.annotate(context)
        guard request.value.isEmpty else { throw RPCError(.aborted, request.value) }
        return request
      },
      RPCHandler(serverStreaming: TestMethods.annotateStream) { request, responses, context in
        Self.annotate(context)
        try await responses.send(request)
        context.response.metadata["late"] = "not sent"
        guard request.value.isEmpty else { throw RPCError(.aborted, request.value) }
      },
      RPCHandler(clientStreaming: TestMethods.sum) { requests, _ in
        var sum: Int64 = 0
        for try await request in requests { sum += Int64(request.value) }
        return .with { [sum] in $0.value = sum }
      },
      RPCHandler(bidirectional: TestMethods.chat) { requests, responses, _ in
        for try await request in requests { try await responses.send(request) }
      },
    ]
  }

  /// Runs until it is released by the test, or cancelled.
  private func hold(_ request: ProtoStringValue) async throws -> ProtoStringValue {
    await self.began.send(request.value)
    return try await withTaskCancellationHandler {
      let value = await self.state.hold(request.value)
      try Task.checkCancellation()
      return .with { $0.value = value }
    } onCancel: {
      Task {
        await self.cancelled.send(request.value)
        await self.state.release(request.value)
      }
    }
  }

  private static func annotate(_ context: RPCContext) {
    context.response.metadata["first"] = "1"
    context.response.trailers["last"] = "2"
  }

  private static func describe(_ context: RPCContext) -> String {
    let metadata = context.metadata.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    return [
      context.service, context.method, metadata, context.traceparent ?? "",
      context.peer.identities.joined(separator: "&"),
      context.deadline == nil ? "no deadline" : "deadline",
    ].joined(separator: ";")
  }
}
