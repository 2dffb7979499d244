internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Telemetry
internal import Testing
internal import WireProtocol

/// What a server does with clients that want too much, or nothing.
// What no limit ends any more, the suite's time does.
@Suite("Limits of a server", .timeLimit(.minutes(2)))
struct ServerLimitTests {
  @Test(
    "A slow reader of a stream stops its handler, and memory stays bounded",
    arguments: Transport.available)
  func slowReader(_ transport: Transport) async throws {
    try await withServer(transport) { fixture in
      // 40 MB; the kernel, the client and the server may hold less than half of it.
      let count: Int32 = 4000
      var responses = fixture.client.serverStreaming(
        TestMethods.flood, .with { $0.value = count }, RPCOptions()
      ).makeAsyncIterator()
      var received = 0
      while let message = try await responses.next(isolation: #isolation) {
        #expect(message.value.count == TestService.floodMessageBytes)
        received += 1
        if received == 1 {
          // Other calls go on beside the stream that nobody reads.
          for _ in 0..<200 { _ = try await fixture.echo([1]) }
          #expect(fixture.service.state.floodedBytes < 16 << 20)
        }
      }
      #expect(received == Int(count))
    }
  }

  @Test("A client that takes nothing is closed after a time, and its handler ends")
  func stalledReader() async throws {
    var options = RPCServerOptions()
    options.sendTimeout = .milliseconds(200)
    try await withServer(options: options, logLevel: .debug) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      client.request(1, "Flood", .remoteClosed, [0x08, 0xa0, 0x8d, 0x06])
      _ = await client.frames.next()
      client.pauseReading(true)
      while true {
        let line = await fixture.log.signal.next()
        if line.message == "a client has gone" {
          #expect(line.values.contains { $0.key == .error && $0.value.contains("does not take") })
          break
        }
      }
      client.close()
    }
  }

  @Test("A client that calls on and reads no answers is read no further; when it reads, all come")
  func unreadAnswers() async throws {
    var options = RPCServerOptions()
    options.maxOutboundBytes = 256 << 10
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      client.pauseReading(true)
      let message = ProtoBytesValue.with { $0.value = [UInt8](repeating: 7, count: 100_000) }
        .encoded()
      let count: UInt32 = 400
      for number in 0..<count { client.request(2 * number + 1, "Echo", [], message) }
      // Others are served meanwhile.
      for _ in 0..<200 { _ = try await fixture.echo([1]) }
      // 40 MB: the kernel holds some 20, of requests and answers, and the server next to nothing.
      #expect(client.unsentBytes > 12 << 20)
      client.pauseReading(false)
      for _ in 0..<count { _ = await client.frames.next() }
      client.close()
    }
  }

  @Test("Garbage is closed at once, and others are served on")
  func garbage() async throws {
    var options = RPCServerOptions()
    // Nothing else closes it.
    (options.frameTimeout, options.firstCallTimeout) = (.seconds(600), .seconds(600))
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      client.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
      _ = await client.closed.next()
      let echoed = try await fixture.echo([1])
      #expect(echoed == [1])
    }
  }

  @Test("An oversized frame is answered, and the connection goes on")
  func oversizedFrame() async throws {
    try await withServer { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      client.frame(.request, 1, [], [UInt8](repeating: 0, count: 5 << 20))
      let refused = await client.frames.next()
      #expect(refused.response?.status?.code == StatusNumber.resourceExhausted)
      client.request(3, "Echo", [], [0x0a, 0x01, 0x07])
      let answered = await client.frames.next()
      #expect(answered.response?.payload == [0x0a, 0x01, 0x07])
      client.close()
    }
  }

  @Test("One call more than allowed on a connection is refused at once")
  func callsPerConnection() async throws {
    var options = RPCServerOptions()
    options.maxConcurrentCallsPerConnection = 2
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      client.request(1, "Hold")
      client.request(3, "HoldStream", .remoteClosed)
      client.request(5, "Echo")
      var refused: RawClient.Frame
      repeat { refused = await client.frames.next() } while refused.header.kind != .response
      #expect(refused.header.streamID.number == 5)
      #expect(refused.response?.status?.code == StatusNumber.resourceExhausted)
      client.close()
    }
  }

  @Test("One call more than allowed in all is refused at once")
  func callsInAll() async throws {
    var options = RPCServerOptions()
    options.maxConcurrentCalls = 1
    try await withServer(options: options) { fixture in
      let call = Task { try await fixture.hold("a") }
      _ = await fixture.service.began.next()
      let client = try await RawClient.connect(port: fixture.port)
      client.request(1, "Echo")
      let refused = await client.frames.next()
      #expect(refused.response?.status?.code == StatusNumber.resourceExhausted)
      fixture.service.state.release("a")
      _ = try await call.value
      client.request(3, "Echo")
      let answered = await client.frames.next()
      #expect(answered.response?.status == nil)
      client.close()
    }
  }

  @Test("A connection on which nothing is called is closed")
  func firstCall() async throws {
    var options = RPCServerOptions()
    options.firstCallTimeout = .milliseconds(50)
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      let reason = await client.closed.next()
      #expect(reason == "nil")
    }
  }

  @Test("A connection without calls is closed, and a client opens another")
  func idle() async throws {
    var options = RPCServerOptions()
    options.idleTimeout = .milliseconds(50)
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      client.request(1, "Echo")
      _ = await client.frames.next()
      let reason = await client.closed.next()
      #expect(reason == "nil")
      for _ in 0..<3 {
        let echoed = try await fixture.echo([1])
        #expect(echoed == [1])
      }
    }
  }

  @Test("Half a frame and then nothing is closed")
  func halfFrame() async throws {
    var options = RPCServerOptions()
    options.frameTimeout = .milliseconds(50)
    // Nothing else closes it.
    options.firstCallTimeout = .seconds(600)
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      client.frame(.request, 1, [], [1, 2, 3], announcing: 100)
      _ = await client.closed.next()
    }
  }

  @Test("A frame that comes byte by byte is closed after its time, and others are served on")
  func slowFrame() async throws {
    var options = RPCServerOptions()
    options.frameTimeout = .milliseconds(200)
    // Nothing else closes it.
    options.firstCallTimeout = .seconds(600)
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      let length = 100_000
      client.frame(.request, 1, [], [], announcing: length)
      var sent = 0
      // Something always comes, so that it is the frame's time that ends, and no silence.
      while !client.isClosed, sent < length {
        client.send([0])
        sent += 1
        let echoed = try await fixture.echo([1])
        #expect(echoed == [1])
      }
      #expect(sent < length)
    }
  }

  @Test("Frames that each come in time may overlap what is read at once for as long as they like")
  func overlappingFrames() async throws {
    var options = RPCServerOptions()
    // Longer than a busy machine lets a connection wait.
    options.frameTimeout = .seconds(5)
    try await withServer(options: options) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      var request = Request()
      (request.service, request.method) = (TestMethods.service, "Echo")
      let payload = request.encoded()
      let end = ContinuousClock.now + options.frameTimeout + .seconds(1)
      var id: UInt32 = 1
      // Each piece has a frame's second half and the next one's first.
      client.frame(.request, id, [], [], announcing: payload.count)
      while ContinuousClock.now < end {
        client.send(payload)
        client.frame(.request, id + 2, [], [], announcing: payload.count)
        // Gives the server time to read the piece.
        _ = try await fixture.echo([1])
        id += 2
      }
      #expect(!client.isClosed)
      client.close()
    }
  }

  @Test("Large requests that are being answered stop the connection, and it goes on after them")
  func requestBytes() async throws {
    var options = RPCServerOptions()
    options.maxRequestBytesInFlight = 100_000
    try await withServer(options: options) { fixture in
      // Names of 60,000 bytes: two of them are more than is held.
      let names = (0..<6).map { "\($0)" + String(repeating: "x", count: 60_000) }
      try await withThrowingTaskGroup(of: String.self) { group in
        for name in names { group.addTask { try await fixture.hold(name) } }
        for _ in names {
          let name = await fixture.service.began.next()
          #expect(fixture.server.activeCalls <= 2)
          fixture.service.state.release(name)
        }
        for try await _ in group {}
      }
    }
  }

  @Test("A stream of requests that its handler does not take stops its connection")
  func slowHandler() async throws {
    try await withServer { fixture in
      // Chat answers each message; nobody reads the answers, so it stops taking messages.
      let sent = Signal<Int>()
      let reading = Task {
        let responses = fixture.client.bidirectional(TestMethods.chat, RPCOptions()) { requests in
          for number in 0..<3000 {
            try await requests.send(.with { $0.value = String(repeating: "x", count: 10_000) })
            await sent.send(number)
          }
        }
        var iterator = responses.makeAsyncIterator()
        _ = try await iterator.next()
        for _ in 0..<500 { _ = try await fixture.echo([1]) }
        let taken = sent.count
        #expect(taken < 2500, "25 MB were taken from a sender whose answers nobody reads")
        var received = 1
        while try await iterator.next() != nil { received += 1 }
        return received
      }
      let received = try await reading.value
      #expect(received == 3000)
    }
  }

  @Test("One connection more of one client than allowed is closed, and those it has go on")
  func connectionsPerIdentity() async throws {
    var options = RPCServerOptions()
    options.maxConnectionsPerIdentity = 2
    try await withServer(options: options) { fixture in
      let clients = [
        try await RawClient.connect(port: fixture.port),
        try await RawClient.connect(port: fixture.port),
      ]
      for client in clients {
        client.request(1, "Echo")
        _ = await client.frames.next()
      }
      // It may be closed before connecting has returned: then there is nothing to wait for.
      if let third = try? await RawClient.connect(port: fixture.port) {
        _ = await third.closed.next()
      }
      clients[0].request(3, "Echo")
      _ = await clients[0].frames.next()
      clients[1].close()
      while fixture.server.connectionCount > 1 { await Task.yield() }
      let fourth = try await RawClient.connect(port: fixture.port)
      fourth.request(1, "Echo")
      _ = await fourth.frames.next()
      clients[0].close()
      fourth.close()
    }
  }

  @Test("Requests of all clients together are bounded: one more is refused at once")
  func requestBytesInAll() async throws {
    var options = RPCServerOptions()
    options.maxRequestBytes = 100_000
    try await withServer(options: options) { fixture in
      let name = String(repeating: "x", count: 120_000)
      let held = Task { try await fixture.hold(name) }
      _ = await fixture.service.began.next()
      let other = try await RawClient.connect(port: fixture.port)
      other.request(1, "Echo")
      let refused = await other.frames.next()
      #expect(refused.response?.status?.code == StatusNumber.resourceExhausted)
      fixture.service.state.release(name)
      _ = try await held.value
      other.request(3, "Echo")
      let answered = await other.frames.next()
      #expect(answered.response?.status == nil)
      other.close()
    }
  }

  @Test("A bomb of metadata is refused, and the connection goes on")
  func metadataBomb() async throws {
    try await withServer { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      var request = Request()
      request.service = TestMethods.service
      request.method = "Echo"
      let pair = KeyValue.with { ($0.key, $0.value) = ("k", String(repeating: "v", count: 1000)) }
      request.metadata = Array(repeating: pair, count: 60)
      client.frame(.request, 1, [], request.encoded())
      request.metadata = Array(repeating: .with { $0.key = "k" }, count: 100_000)
      client.frame(.request, 3, [], request.encoded())
      for _ in 0..<2 {
        let refused = await client.frames.next()
        #expect(refused.response?.status?.code == StatusNumber.resourceExhausted)
      }
      client.request(5, "Echo")
      let answered = await client.frames.next()
      #expect(answered.response?.status == nil)
      client.close()
    }
  }

  // MARK: Stopping

  @Test("A server that is stopping ends what runs, refuses what is new, and returns")
  @NetworkActor
  func gracefulShutdown() async throws {
    let service = TestService()
    let server = try RPCServer(address: "127.0.0.1", port: 0, tls: nil, services: [service])
    let running = Task { await server.run() }
    let client = try await RawClient.connect(port: server.port)
    let idle = try await RawClient.connect(port: server.port)
    idle.request(1, "Echo")
    _ = await idle.frames.next()
    client.request(1, "Hold", [], [0x0a, 0x01, 0x61])
    _ = await service.began.next()
    server.beginGracefulShutdown()
    _ = await idle.closed.next()
    client.request(3, "Echo")
    let refused = await client.frames.next()
    #expect(refused.response?.status?.code == StatusNumber.unavailable)
    service.state.release("a")
    let answered = await client.frames.next()
    #expect(answered.response?.payload == [0x0a, 0x01, 0x61])
    let reason = await client.closed.next()
    #expect(reason == "nil")
    await running.value
    let late = try? await RawClient.connect(port: server.port)
    #expect(late == nil)
  }

  @Test("What does not end in time when a server stops is cancelled")
  @NetworkActor
  func drainTimeout() async throws {
    var options = RPCServerOptions()
    options.drainTimeout = .milliseconds(50)
    let service = TestService()
    let server = try RPCServer(
      address: "127.0.0.1", port: 0, tls: nil, services: [service], options: options)
    let running = Task { await server.run() }
    let client = try await RawClient.connect(port: server.port)
    client.request(1, "Hold", [], [0x0a, 0x01, 0x61])
    _ = await service.began.next()
    server.beginGracefulShutdown()
    await running.value
    let cancelled = await service.cancelled.next()
    #expect(cancelled == "a")
    _ = await client.closed.next()
  }

  // MARK: Telling

  @Test("Every call is counted by method and code, and logged at debug")
  func telemetry() async throws {
    let metrics = MetricsRegistry()
    let clientMetrics = MetricsRegistry()
    try await withServer(logLevel: .debug, metrics: metrics, clientMetrics: clientMetrics) {
      fixture in
      _ = try await fixture.echo([1])
      _ = await rpcError {
        _ = try await fixture.client.unary(TestMethods.fail, .with { $0.value = 5 }, RPCOptions())
      }
      let responses = fixture.client.serverStreaming(
        TestMethods.count, .with { $0.value = 2 }, RPCOptions())
      for try await _ in responses {}
      var methods: [String] = []
      while methods.count < 3 {
        let line = await fixture.log.signal.next()
        guard line.message == "a call was answered" else { continue }
        methods.append(line.values.first { $0.key == .rpcMethod }?.value ?? "")
      }
      #expect(methods == ["test.Service/Echo", "test.Service/Fail", "test.Service/Count"])
      for (registry, side) in [(metrics, "server"), (clientMetrics, "client")] {
        let text = String(decoding: registry.render(), as: UTF8.self)
        for (method, code) in [("Echo", "OK"), ("Fail", "NOT_FOUND"), ("Count", "OK")] {
          let line =
            "rpc_\(side)_call_duration_seconds_count{method=\"test.Service/\(method)\",code=\"\(code)\"} 1\n"
          #expect(text.contains(line), "\(side): \(text)")
        }
      }
    }
  }
}
