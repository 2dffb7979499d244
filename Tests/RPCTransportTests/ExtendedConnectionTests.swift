internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Telemetry
internal import TestKit
internal import Testing
internal import WireProtocol

/// What peers that agree on `verbatim-rpc/1` have beyond plain ttrpc.
@Suite(
  "Extended connections", .timeLimit(.minutes(2)),
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
struct ExtendedConnectionTests {
  private static func raw(_ fixture: Fixture, settings: Settings? = Settings()) async throws
    -> RawClient
  {
    try await RawClient.connect(
      port: fixture.port, tls: try Transport.mutualTLS.clientTLS(), settings: settings)
  }

  // MARK: SETTINGS

  @Test("A client that sends no SETTINGS is told so and closed")
  func noSettings() async throws {
    var options = RPCServerOptions()
    options.settingsTimeout = .milliseconds(50)
    try await withServer(.mutualTLS, options: options) { fixture in
      let client = try await Self.raw(fixture, settings: nil)
      let last = await client.frames.next()
      #expect(last.header.kind == .goAway)
      _ = await client.closed.next()
      let hasty = try await Self.raw(fixture, settings: nil)
      hasty.request(1, "Echo")
      let answer = await hasty.frames.next()
      #expect(answer.header.kind == .goAway)
      _ = await hasty.closed.next()
      _ = try await fixture.echo([1])
    }
  }

  @Test("A server writes no payload larger than its client takes")
  func payloadLimit() async throws {
    try await withServer(.mutualTLS) { fixture in
      let client = try await Self.raw(fixture, settings: .with { $0.maxPayloadBytes = 16 << 10 })
      client.request(1, "Large", [], ProtoInt32Value.with { $0.value = 20_000 }.encoded())
      let refused = await client.frames.next()
      #expect(refused.response?.status?.code == StatusNumber.resourceExhausted)
      client.close()
    }
  }

  // MARK: Windows

  @Test("A stream that nobody reads stops alone: other calls go on, on the same connection")
  func unreadStream() async throws {
    try await withServer(.mutualTLS) { fixture in
      var responses = fixture.client.serverStreaming(
        TestMethods.flood, .with { $0.value = 4000 }, RPCOptions()
      ).makeAsyncIterator()
      _ = try await responses.next(isolation: #isolation)
      for _ in 0..<200 { _ = try await fixture.echo([1]) }
      // Twice the client's window, a message, and what the reader has taken.
      #expect(fixture.service.state.floodedBytes < 1 << 20)
      #expect(fixture.server.connectionCount == 1)
      var received = 1
      while try await responses.next(isolation: #isolation) != nil { received += 1 }
      #expect(received == 4000)
    }
  }

  @Test("A message of a stream that fits no frame ends its call, and uses no credit of the others")
  func messageTooLarge() async throws {
    var options = RPCServerOptions()
    options.maxRequestBytesInFlight = 1 << 20
    var clientOptions = RPCClientOptions()
    clientOptions.connectionWindowBytes = 1 << 20
    try await withServer(.mutualTLS, options: options, clientOptions: clientOptions) { fixture in
      let refused = await rpcError {
        for try await _ in fixture.client.serverStreaming(
          TestMethods.largeStream, .with { $0.value = 5 << 20 }, RPCOptions())
        {}
      }
      #expect(refused?.code == .resourceExhausted)
      var received = 0
      for try await _ in fixture.client.serverStreaming(
        TestMethods.flood, .with { $0.value = 300 }, RPCOptions(timeout: .seconds(30)))
      { received += 1 }
      #expect(received == 300)

      let text = String(repeating: "x", count: 5 << 20)
      let unsent = await rpcError {
        for try await _ in fixture.client.bidirectional(
          TestMethods.chat, RPCOptions(),
          {
            try await $0.send(.with { $0.value = text })
          })
        {}
      }
      #expect(unsent?.code == .resourceExhausted)
      let summed = try await fixture.client.clientStreaming(
        TestMethods.sum, RPCOptions(timeout: .seconds(30))
      ) { requests in
        for _ in 0..<1000 { try await requests.send(.with { $0.value = 1 }) }
      }
      #expect(summed.value == 1000)
      #expect(fixture.server.connectionCount == 1)
    }
  }

  @Test("A handler that does not take its stream stops only the sender of it")
  func untakenStream() async throws {
    var options = RPCServerOptions()
    options.maxQueuedStreamBytes = 100_000
    try await withServer(.mutualTLS, options: options) { fixture in
      let sent = Signal<Int>()
      let reading = Task {
        // Chat answers each message; nobody reads the answers, so it stops taking messages.
        let responses = fixture.client.bidirectional(TestMethods.chat, RPCOptions()) { requests in
          for number in 0..<1000 {
            try await requests.send(.with { $0.value = String(repeating: "x", count: 10_000) })
            await sent.send(number)
          }
        }
        var iterator = responses.makeAsyncIterator()
        _ = try await iterator.next()
        for _ in 0..<200 { _ = try await fixture.echo([1]) }
        let count = sent.count
        #expect(count < 150)
        var received = 1
        while try await iterator.next() != nil { received += 1 }
        return received
      }
      let received = try await reading.value
      #expect(received == 1000)
      #expect(fixture.server.connectionCount == 1)
    }
  }

  @Test("Who sends without credit is cut off, and others are served on")
  func windowExceeded() async throws {
    var options = RPCServerOptions()
    options.maxQueuedStreamBytes = 1000
    try await withServer(.mutualTLS, options: options) { fixture in
      let client = try await Self.raw(fixture)
      // Chat answers each message; without credit for answers it takes no more of them.
      client.request(1, "Chat", .remoteOpen, [])
      let message = ProtoStringValue.with { $0.value = String(repeating: "x", count: 1 << 20) }
        .encoded()
      for _ in 0..<4 { client.frame(.data, 1, [], message) }
      var frame = await client.frames.next()
      while frame.header.kind != .goAway { frame = await client.frames.next() }
      _ = await client.closed.next()
      _ = try await fixture.echo([1])
    }
  }

  @Test("A client sends no more requests than the server keeps, and all are answered")
  func requestWindow() async throws {
    var options = RPCServerOptions()
    options.maxRequestBytesInFlight = 100_000
    try await withServer(.mutualTLS, options: options) { fixture in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<40 {
          group.addTask { try await fixture.echo([UInt8](repeating: 1, count: 60_000)).count }
        }
        for try await count in group { #expect(count == 60_000) }
      }
    }
  }

  // MARK: Metadata

  @Test("Metadata and trailers come with the response, and with a failure")
  func responseMetadata() async throws {
    try await withServer(.mutualTLS) { fixture in
      for isFailing in [false, true] {
        let text = isFailing ? "as asked" : ""
        let unary = RPCResponseMetadata()
        let stream = RPCResponseMetadata()
        let calls: [() async throws -> Void] = [
          {
            _ = try await fixture.client.unary(
              TestMethods.annotate, .with { $0.value = text }, RPCOptions(response: unary))
          },
          {
            let responses = fixture.client.serverStreaming(
              TestMethods.annotateStream, .with { $0.value = text }, RPCOptions(response: stream))
            for try await _ in responses { #expect(stream.metadata == ["first": "1"]) }
          },
        ]
        for call in calls {
          if isFailing {
            let error = await rpcError { try await call() }
            #expect(error?.code == .aborted && error?.message == "as asked")
          } else {
            try await call()
          }
        }
        for told in [unary, stream] {
          #expect(told.metadata == ["first": "1"])
          #expect(told.trailers == ["last": "2"])
        }
      }
    }
  }

  @Test("A plain client is sent none of it", arguments: [Transport.plain, .ttrpcOverTLS])
  func plainMetadata(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      let told = RPCResponseMetadata()
      _ = try await fixture.client.unary(
        TestMethods.annotate, ProtoStringValue(), RPCOptions(response: told))
      let responses = fixture.client.serverStreaming(
        TestMethods.annotateStream, ProtoStringValue(), RPCOptions(response: told))
      for try await _ in responses {}
      #expect(told.metadata.isEmpty && told.trailers.isEmpty)
    }
  }

  // MARK: PING

  @Test("A client that does not answer a PING is closed, and its handlers end")
  func deadClient() async throws {
    var options = RPCServerOptions()
    options.keepaliveInterval = .milliseconds(30)
    options.keepaliveTimeout = .milliseconds(30)
    try await withServer(.mutualTLS, options: options) { fixture in
      let client = try await Self.raw(fixture)
      client.request(1, "Hold")
      _ = await fixture.service.began.next()
      let ping = await client.frames.next()
      #expect(ping.header.kind == .ping)
      _ = await fixture.service.cancelled.next()
      _ = await client.closed.next()
    }
  }

  @Test("A client that answers is kept")
  func livingClient() async throws {
    var options = RPCServerOptions()
    options.keepaliveInterval = .milliseconds(10)
    options.keepaliveTimeout = .seconds(10)
    try await withServer(.mutualTLS, options: options) { fixture in
      let client = try await Self.raw(fixture)
      client.request(1, "Hold")
      for _ in 0..<3 {
        let ping = await client.frames.next()
        #expect(ping.header.kind == .ping)
        client.frame(.pong, 0, [], ping.payload)
      }
      fixture.service.state.release("1")
      var frame = await client.frames.next()
      while frame.header.kind == .ping { frame = await client.frames.next() }
      #expect(frame.response?.status == nil)
      client.close()
    }
  }

  @Test("A server that does not answer is given up, and the call is UNAVAILABLE")
  @NetworkActor
  func deadServer() async throws {
    var streams: [Networking.Stream] = []
    let listener = try Listener(port: 0, tls: try Transport.mutualTLS.serverTLS()) { stream in
      // It says its SETTINGS, and then nothing any more.
      var encoder = FrameEncoder(limits: WireLimits())
      encoder.settings(Settings())
      encoder.drain { stream.outbound.append($0) }
      stream.flush()
      stream.onReceive = { $0.clear() }
      streams.append(stream)
    }
    var options = RPCClientOptions()
    options.keepaliveInterval = .milliseconds(30)
    options.keepaliveTimeout = .milliseconds(30)
    let client = RPCClient(
      endpoints: [Endpoint(host: "127.0.0.1", port: listener.port)],
      tls: try Transport.mutualTLS.clientTLS(), serverName: nil, options: options)
    let error = await rpcError {
      _ = try await client.unary(TestMethods.hold, ProtoStringValue(), RPCOptions())
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("does not answer") == true, "\(error?.message ?? "")")
    await client.close()
    listener.close()
    for stream in streams { stream.close() }
  }

  @Test("A flood of PINGs is cut off with the reason, and others are served on")
  func pingFlood() async throws {
    try await withServer(.mutualTLS) { fixture in
      let client = try await Self.raw(fixture)
      for _ in 0..<100 { client.frame(.ping, 0, [], [1, 2, 3, 4, 5, 6, 7, 8]) }
      var pongs = 0
      var frame = await client.frames.next()
      while frame.header.kind == .pong {
        pongs += 1
        frame = await client.frames.next()
      }
      #expect(pongs == WireLimits.pingBurst)
      let goAway = try GoAway(decoding: frame.payload)
      #expect(goAway.code == StatusNumber.resourceExhausted)
      _ = await client.closed.next()
      _ = try await fixture.echo([1])
    }
  }

  @Test("Calls that are begun and cancelled over and over are cut off, and others are served on")
  func rapidReset() async throws {
    try await withServer(.mutualTLS) { fixture in
      let client = try await Self.raw(fixture)
      for number in 0..<(UInt32(FaultBudget.burst) + 200) {
        client.request(2 * number + 1, "Hold")
        client.frame(.cancel, 2 * number + 1)
      }
      var frame = await client.frames.next()
      while frame.header.kind != .goAway { frame = await client.frames.next() }
      _ = await client.closed.next()
      _ = try await fixture.echo([1])
    }
  }

  // MARK: GOAWAY

  @Test("A server that stops loses no call: they end, or go to another server, whatever they do")
  @NetworkActor
  func rollingRestart() async throws {
    let services = [TestService(), TestService()]
    let servers = try services.map {
      try RPCServer(
        address: "127.0.0.1", port: 0, tls: try Transport.mutualTLS.serverTLS(), services: [$0])
    }
    let running = servers.map { server in Task { await server.run() } }
    let client = RPCClient(
      endpoints: servers.map { Endpoint(host: "127.0.0.1", port: $0.port) },
      tls: try Transport.mutualTLS.clientTLS(), serverName: nil)
    _ = try await client.unary(
      TestMethods.plain, ProtoInt32Value(), RPCOptions(waitForReady: true))
    // Not idempotent: it is only made again when it certainly was not looked at.
    let held = Task {
      try await client.unary(
        TestMethods.hold, .with { $0.value = "a" }, RPCOptions(waitForReady: true)
      ).value
    }
    let calls = Task {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            for _ in 0..<200 {
              let error = await rpcErrorIfAny {
                _ = try await client.unary(
                  TestMethods.plain, ProtoInt32Value(), RPCOptions(waitForReady: true))
              }
              #expect(error == nil)
            }
          }
        }
        try await group.waitForAll()
      }
    }
    servers[0].beginGracefulShutdown()
    try await calls.value
    for service in services { service.state.release("a") }
    let answer = try await held.value
    #expect(answer == "a")
    await running[0].value
    servers[1].beginGracefulShutdown()
    for task in running { await task.value }
    await client.close()
  }

  @Test("Old connections are replaced while calls go on")
  func connectionAge() async throws {
    var options = RPCServerOptions()
    options.maxConnectionAge = .milliseconds(30)
    try await withServer(.mutualTLS, options: options, logLevel: .debug) { fixture in
      var connections = 0
      let lines = fixture.log.signal
      let counting = Task { @NetworkActor in
        while connections < 4 {
          let line = await lines.next()
          if line.message == "a client has connected" { connections += 1 }
        }
      }
      let calling = Task {
        while !Task.isCancelled {
          let error = await rpcErrorIfAny { _ = try await fixture.echo([1]) }
          #expect(error == nil)
        }
      }
      await counting.value
      calling.cancel()
      await calling.value
    }
  }
}

/// The error that `body` throws, if any.
func rpcErrorIfAny(_ body: () async throws -> Void) async -> RPCError? {
  do {
    try await body()
    return nil
  } catch let error as RPCError {
    return error
  } catch is CancellationError {
    return nil
  } catch {
    return RPCError(.unknown, "\(error)")
  }
}
