internal import Protobuf
internal import RPC
@testable internal import RPCTransport
internal import Testing
internal import WireProtocol

@Suite("Types of calls")
struct TypesTests {
  @Test("Metadata keep their order, and keys are found in any case")
  func metadata() {
    var metadata: RPCMetadata = ["Key": "1", "other": "2"]
    metadata.append("KEY", "3")
    #expect(metadata["key"] == "1")
    #expect(metadata.values(of: "kEy") == ["1", "3"])
    #expect(metadata.map(\.key) == ["key", "other", "key"])
    metadata["key"] = "4"
    #expect(metadata.values(of: "key") == ["4"])
    metadata["other"] = nil
    #expect(metadata.count == 1 && metadata["other"] == nil)
    #expect(RPCMetadata(metadata.pairs) == metadata)
  }

  @Test(
    "The pause of an error travels as google.rpc.RetryInfo",
    arguments: [.zero, .milliseconds(1500), .seconds(3600), .nanoseconds(1)] as [Duration])
  func retryAfter(_ pause: Duration) throws {
    let error = RPCError(.resourceExhausted, "later", retryAfter: pause)
    let received = RPCError(try Status(decoding: error.status.encoded()))
    #expect(received == error)
    #expect(received.retryAfter == pause)
    #expect(received.details.map(\.typeUrl) == ["type.googleapis.com/google.rpc.RetryInfo"])
  }

  @Test("Setting a pause replaces it and leaves other details alone")
  func retryAfterReplaced() {
    var error = RPCError(.unavailable, "no", retryAfter: .seconds(1))
    error.details.append(.with { $0.typeUrl = "other" })
    error.retryAfter = .seconds(2)
    #expect(error.retryAfter == .seconds(2))
    #expect(error.details.count == 2)
    error.retryAfter = nil
    #expect(error.retryAfter == nil)
    #expect(error.details.map(\.typeUrl) == ["other"])
    error.details = [
      .with { ($0.typeUrl, $0.value) = ("type.googleapis.com/google.rpc.RetryInfo", [0xff]) }
    ]
    #expect(error.retryAfter == nil, "a damaged detail is none")
  }

  @Test("A code that is none of ours is UNKNOWN, and a failure is never OK")
  func codes() {
    #expect(RPCError(Status(99, "x")).code == .unknown)
    #expect(RPCError(Status(0, "x")).code == .unknown)
    #expect(RPCStatusCode.internalError.name == "INTERNAL")
    #expect(RPCStatusCode.allCases.map(\.rawValue) == Array(0...16))
    #expect("\(RPCError(.notFound, "no such job"))" == "NOT_FOUND: no such job")
  }

  @Test("A call within a call has the time that is left, and the trace")
  func optionsWithin() {
    let now = ContinuousClock.now
    var context = RPCContext(metadata: ["traceparent": "t", "secret": "s"])
    context.deadline = now + .seconds(5)
    let left = RPCOptions(within: context, now: now)
    #expect(left.timeout == .seconds(5))
    #expect(left.metadata == ["traceparent": "t"])
    #expect(RPCOptions(within: context, timeout: .seconds(2), now: now).timeout == .seconds(2))
    #expect(RPCOptions(within: context, timeout: .seconds(9), now: now).timeout == .seconds(5))
    #expect(RPCOptions(within: RPCContext(), now: now).timeout == nil)
    #expect(RPCOptions(within: RPCContext()).metadata.isEmpty)
  }

  @Test("A row allows a method, a service or everything; nothing else is allowed")
  func allowTable() {
    let table = RPCAllowTable([
      (service: "a.A/One", identities: ["x"]), (service: "a.A", identities: ["y"]),
      (service: "a.B", identities: ["*"]), (service: "*", identities: ["admin"]),
    ])
    #expect(table.allowed(service: "a.A", method: "One") == ["x", "y", "admin"])
    #expect(table.allowed(service: "a.A", method: "Two") == ["y", "admin"])
    #expect(table.allowed(service: "a.B", method: "One") == nil)
    #expect(table.allowed(service: "a.C", method: "One") == ["admin"])
    #expect(RPCAllowTable([]).allowed(service: "a.A", method: "One") == [])
    #expect(RPCAllowTable.anyone.allowed(service: "a.A", method: "One") == nil)
  }

  @Test("A handler runs without a server, as tests of services need it")
  func handlerAlone() async throws {
    let handler = RPCHandler(serverStreaming: TestMethods.count) { request, responses, _ in
      for number in 0..<request.value { try await responses.send(.with { $0.value = number }) }
    }
    let sent = Signal<[UInt8]>()
    let request = ProtoInt32Value.with { $0.value = 3 }
    try await handler.run(
      RPCRequests([request.encoded()]), RPCResponses { await sent.send($0) }, RPCContext())
    #expect(await sent.count == 3)
    await #expect(throws: RPCError.self) {
      try await handler.run(RPCRequests([]), RPCResponses { _ in }, RPCContext())
    }
    await #expect(throws: RPCError.self) {
      try await handler.run(RPCRequests([[0xff]]), RPCResponses { _ in }, RPCContext())
    }
  }

  @Test("Durations become whole nanoseconds, or the end of the range")
  func nanoseconds() {
    #expect(Duration.milliseconds(3).nanoseconds == 3_000_000)
    #expect(Duration.seconds(-1).nanoseconds == -1_000_000_000)
    #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    #expect(Duration.seconds(Int64.min).nanoseconds == .min)
  }
}
