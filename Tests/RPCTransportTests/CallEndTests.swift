internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Testing
internal import WireProtocol

/// How calls end before their handlers have: deadlines, cancellation, connections that go.
@Suite("Ends of calls")
struct CallEndTests {
  @Test("A deadline ends the call here and its handler there", arguments: Transport.available)
  func clientDeadline(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      // A busy machine may need more than the time given to begin at all.
      repeat {
        let error = await rpcError {
          _ = try await fixture.hold("a", RPCOptions(timeout: .milliseconds(20)))
        }
        #expect(error?.code == .deadlineExceeded)
      } while fixture.service.began.count == 0
      let cancelled = await fixture.service.cancelled.next()
      #expect(cancelled == "a")
    }
  }

  @Test("A deadline ends a stream that has begun", arguments: Transport.available)
  func streamDeadline(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let responses = fixture.client.serverStreaming(
        TestMethods.holdStream, .with { $0.value = "a" }, RPCOptions(timeout: .milliseconds(20)))
      repeat {
        let error = await rpcError {
          for try await _ in responses {}
        }
        #expect(error?.code == .deadlineExceeded)
      } while fixture.service.began.count == 0
      let cancelled = await fixture.service.cancelled.next()
      #expect(cancelled == "a")
    }
  }

  @Test("The server enforces what a client asks for, and its own limits")
  func serverDeadline() async throws {
    var options = RPCServerOptions()
    options.defaultTimeout = .milliseconds(20)
    options.maxTimeout = .milliseconds(30)
    options.maxStreamTimeout = .milliseconds(40)
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      client.request(1, "Hold", timeout: 5_000_000)
      client.request(3, "Hold")
      client.request(5, "Hold", timeout: .max)
      client.request(7, "HoldStream", .remoteClosed)
      var ended: Set<UInt32> = []
      while ended.count < 4 {
        let frame = await client.frames.next()
        guard frame.header.kind == .response else { continue }
        #expect(frame.response?.status?.code == StatusNumber.deadlineExceeded)
        ended.insert(frame.header.streamID.number)
      }
      #expect(ended == [1, 3, 5, 7])
      for _ in 0..<4 { _ = await fixture.service.cancelled.next() }
      client.close()
    }
  }

  @Test(
    "Cancelling the task ends a unary call at once, and its handler if the server understands",
    arguments: Transport.available)
  func cancelUnary(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let call = Task { try await fixture.hold("a") }
      _ = await fixture.service.began.next()
      call.cancel()
      await #expect(throws: CancellationError.self) { try await call.value }
      if transport == .mutualTLS {
        let cancelled = await fixture.service.cancelled.next()
        #expect(cancelled == "a")
      }
    }
  }

  @Test("A call of a task that is cancelled already is not made")
  func cancelledBefore() async throws {
    try await withServer { fixture in
      let call = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await fixture.hold("a")
      }
      await #expect(throws: CancellationError.self) { try await call.value }
    }
  }

  @Test(
    "Cancelling the task that reads a stream ends it, and its handler whatever the server understands",
    arguments: Transport.available)
  func cancelStream(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let call = Task {
        let responses = fixture.client.serverStreaming(
          TestMethods.holdStream, .with { $0.value = "a" }, RPCOptions())
        for try await _ in responses {}
      }
      _ = await fixture.service.began.next()
      call.cancel()
      await #expect(throws: CancellationError.self) { try await call.value }
      let cancelled = await fixture.service.cancelled.next()
      #expect(cancelled == "a")
      let echoed = try await fixture.echo([1])
      #expect(echoed == [1])
    }
  }

  @Test("Leaving the loop over a stream ends its handler", arguments: Transport.available)
  func leaveStream(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let responses = fixture.client.serverStreaming(
        TestMethods.holdStream, .with { $0.value = "a" }, RPCOptions())
      for try await response in responses {
        #expect(response.value == "a")
        break
      }
      let cancelled = await fixture.service.cancelled.next()
      #expect(cancelled == "a")
    }
  }

  @Test("CANCEL of a client that agreed on it stops the handler, and nothing is answered")
  func cancelFrame() async throws {
    guard Transport.available.contains(.mutualTLS) else { return }
    try await withServer(.mutualTLS) { fixture in
      let client = try await RawClient.connect(
        port: fixture.port, tls: try Transport.mutualTLS.clientTLS())
      client.request(1, "Hold")
      _ = await fixture.service.began.next()
      client.frame(.cancel, 1)
      _ = await fixture.service.cancelled.next()
      client.request(3, "Echo")
      let frame = await client.frames.next()
      #expect(frame.header.streamID.number == 3)
      client.close()
    }
  }

  @Test("A client that goes away ends the handlers of its calls", arguments: Transport.available)
  func clientGoes(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let client = try await RawClient.connect(
        port: fixture.port, tls: try transport.clientTLS())
      client.request(1, "Hold", [], [0x0a, 0x01, 0x61])
      client.request(3, "HoldStream", .remoteClosed, [0x0a, 0x01, 0x62])
      for _ in 0..<2 { _ = await fixture.service.began.next() }
      client.close()
      let first = await fixture.service.cancelled.next()
      let second = await fixture.service.cancelled.next()
      #expect(Set([first, second]) == ["a", "b"])
    }
  }

  @Test("Closing the client ends its calls")
  func closeClient() async throws {
    try await withServer { fixture in
      let call = Task { try await fixture.hold("a") }
      _ = await fixture.service.began.next()
      await fixture.client.close()
      let error = await rpcError { _ = try await call.value }
      #expect(error?.code == .cancelled)
      let late = await rpcError { _ = try await fixture.echo([1]) }
      #expect(late?.code == .cancelled)
    }
  }
}
