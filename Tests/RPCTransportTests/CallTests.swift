internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Telemetry
internal import Testing

/// What a call does, on every kind of connection.
@Suite("Calls")
struct CallTests {
  @Test("A unary call returns what the service answers", arguments: Transport.available)
  func unary(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let echoed1 = try await fixture.echo([1, 2, 3])
      #expect(echoed1 == [1, 2, 3])
      let echoed2 = try await fixture.echo([])
      #expect(echoed2 == [])
      let large = [UInt8](repeating: 7, count: 1 << 20)
      let echoed3 = try await fixture.echo(large)
      #expect(echoed3 == large)
    }
  }

  @Test("A stream of responses comes in order and ends", arguments: Transport.available)
  func serverStreaming(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      for count in [0, 1, 1000] as [Int32] {
        var numbers: [Int32] = []
        let responses = fixture.client.serverStreaming(
          TestMethods.count, .with { $0.value = count }, RPCOptions())
        for try await response in responses { numbers.append(response.value) }
        #expect(numbers == Array(0..<count))
      }
    }
  }

  @Test("A stream of requests is answered once", arguments: Transport.available)
  func clientStreaming(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let sum = try await fixture.client.clientStreaming(TestMethods.sum, RPCOptions()) {
        requests in
        for number: Int32 in 1...1000 { try await requests.send(.with { $0.value = number }) }
      }
      #expect(sum.value == 500_500)
    }
  }

  @Test("Both sides may be streams, each at its own pace", arguments: Transport.available)
  func bidirectional(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let heard = Signal<String>()
      let responses = fixture.client.bidirectional(TestMethods.chat, RPCOptions()) { requests in
        // Each message is sent when the answer to the one before has come.
        for word in ["a", "b", "c"] {
          try await requests.send(.with { $0.value = word })
          _ = await heard.next()
        }
      }
      var words: [String] = []
      for try await response in responses {
        words.append(response.value)
        heard.send(response.value)
      }
      #expect(words == ["a", "b", "c"])
    }
  }

  @Test("An error of a stream of requests ends its call", arguments: Transport.available)
  func clientStreamFails(_ transport: Transport) async throws {
    struct Broken: Error {}
    try await withServer(transport) { fixture in
      await #expect(throws: Broken.self) {
        _ = try await fixture.client.clientStreaming(TestMethods.sum, RPCOptions()) { requests in
          try await requests.send(.with { $0.value = 1 })
          throw Broken()
        }
      }
      let echoed4 = try await fixture.echo([1])
      #expect(echoed4 == [1])
    }
  }

  @Test("A service's error arrives with code, message and details", arguments: Transport.available)
  func error(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let error = await rpcError {
        _ = try await fixture.client.unary(
          TestMethods.fail, .with { $0.value = 9 }, RPCOptions())
      }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message == "as asked")
      #expect(error?.retryAfter == .seconds(3))
    }
  }

  @Test("A thousand calls run at a time on one connection", arguments: Transport.available)
  func thousandInFlight(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<1000 {
          group.addTask { try await fixture.hold("\(number)") }
        }
        for _ in 0..<1000 { _ = await fixture.service.began.next() }
        #expect(fixture.server.activeCalls == 1000)
        for number in 0..<1000 { fixture.service.state.release("\(number)") }
        var answers: Set<String> = []
        for try await answer in group { answers.insert(answer) }
        #expect(answers.count == 1000)
      }
      #expect(fixture.server.activeCalls == 0)
    }
  }

  @Test(
    "A service sees metadata, trace, peer and deadline of its call",
    arguments: Transport.available)
  func context(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      var metadata: RPCMetadata = ["B": "2", "a": "1"]
      metadata.append("a", "3")
      metadata["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      let text = try await fixture.describe(
        RPCOptions(timeout: .seconds(60), metadata: metadata))
      let names = transport == .plain ? "" : "gateway.test&spiffe://verbatim.test/gateway"
      #expect(
        text
          == "test.Service;Describe;b=2&a=1&a=3&traceparent=\(metadata["traceparent"] ?? "");\(metadata["traceparent"] ?? "");\(names);deadline"
      )
    }
  }

  @Test("A name that the server does not have is UNIMPLEMENTED")
  func unknownNames() async throws {
    try await withServer { fixture in
      let method = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
        service: TestMethods.service, name: "None", kind: .unary, idempotency: .unknown)
      let service = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
        service: "test.None", name: "Echo", kind: .unary, idempotency: .unknown)
      let noMethod = await rpcError {
        _ = try await fixture.client.unary(method, ProtoStringValue(), RPCOptions())
      }
      #expect(noMethod?.code == .unimplemented && noMethod?.message == "method None")
      let noService = await rpcError {
        _ = try await fixture.client.unary(service, ProtoStringValue(), RPCOptions())
      }
      #expect(noService?.code == .unimplemented && noService?.message == "service test.None")
    }
  }

  @Test("A message that does not fit fails its call only", arguments: Transport.available)
  func oversized(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let request = await rpcError {
        _ = try await fixture.echo([UInt8](repeating: 1, count: 5 << 20))
      }
      #expect(request?.code == .resourceExhausted)
      let response = await rpcError {
        _ = try await fixture.client.unary(
          TestMethods.large, .with { $0.value = 5 << 20 }, RPCOptions())
      }
      #expect(response?.code == .resourceExhausted)
      let echoed5 = try await fixture.echo([1])
      #expect(echoed5 == [1])
    }
  }

  @Test("An error that is not for callers leaves as INTERNAL with an id that the log has")
  func innerError() async throws {
    try await withServer { fixture in
      let error = await rpcError {
        _ = try await fixture.client.unary(TestMethods.crash, ProtoStringValue(), RPCOptions())
      }
      #expect(error?.code == .internalError)
      #expect(error?.message.contains("hunter2") == false)
      let line = await fixture.log.signal.next()
      let id = line.values.first { $0.key == .errorID }?.value ?? "no id"
      #expect(error?.message.contains(id) == true)
      #expect(line.values.contains { $0.key == .rpcMethod && $0.value == "test.Service/Crash" })
    }
  }
}
