internal import Protobuf
internal import Testing
internal import WireProtocol

@Suite("Extended dialect")
struct ExtendedDialectTests {
  private static let now = ContinuousClock.now

  private func header(_ kind: FrameKind, _ id: UInt32, _ payload: [UInt8]) -> FrameHeader {
    FrameHeader(payloadBytes: payload.count, streamID: StreamID(id), kind: kind)
  }

  private func receive(
    _ machine: inout ServerConnectionMachine, _ kind: FrameKind, _ id: UInt32,
    _ payload: [UInt8] = [], at now: ContinuousClock.Instant = Self.now
  ) -> ServerConnectionMachine.OnFrame {
    machine.frameReceived(self.header(kind, id, payload), payload.span.bytes, at: now) {
      EchoServer.shapes[$1].map { .found($0) } ?? .unknownMethod
    }
  }

  private func receive(
    _ machine: inout ClientConnectionMachine, _ kind: FrameKind, _ id: UInt32,
    _ payload: [UInt8] = []
  ) -> ClientConnectionMachine.OnFrame {
    machine.frameReceived(
      self.header(kind, id, payload), payload.span.bytes, at: Self.now)
  }

  private func request(_ method: String, _ payload: [UInt8] = []) -> [UInt8] {
    Request.with { ($0.service, $0.method, $0.payload) = ("test.Echo", method, payload) }.encoded()
  }

  private func settled(
    _ limits: WireLimits = WireLimits(), _ change: (inout Settings) -> Void = { _ in }
  ) -> ServerConnectionMachine {
    var machine = ServerConnectionMachine(limits: limits, dialect: .extended)
    _ = self.receive(&machine, .settings, 0, Settings.with(change).encoded())
    return machine
  }

  private func settledClient(
    _ limits: WireLimits = WireLimits(), _ change: (inout Settings) -> Void = { _ in }
  ) -> ClientConnectionMachine {
    var machine = ClientConnectionMachine(limits: limits, dialect: .extended)
    _ = self.receive(&machine, .settings, 0, Settings.with(change).encoded())
    return machine
  }

  private func window(_ increment: UInt32) -> [UInt8] {
    Window.with { $0.increment = increment }.encoded()
  }

  private func isClose(_ code: WireError.Code, _ action: ServerConnectionMachine.OnFrame) -> Bool {
    if case .close(let error) = action { error.code == code } else { false }
  }

  private func isClose(_ code: WireError.Code, _ action: ClientConnectionMachine.OnFrame) -> Bool {
    if case .close(let error) = action { error.code == code } else { false }
  }

  // MARK: SETTINGS

  @Test("SETTINGS come first, once, and within their ranges; anything else closes")
  func settings() {
    var early = ServerConnectionMachine(dialect: .extended)
    #expect(
      self.isClose(.protocolViolation, self.receive(&early, .request, 1, self.request("Unary"))))
    var twice = self.settled()
    #expect(self.isClose(.protocolViolation, self.receive(&twice, .settings, 0)))
    for change in [
      { $0.maxPayloadBytes = 100 }, { $0.maxPayloadBytes = 1 << 24 },
      { $0.streamWindowBytes = 1 << 31 }, { $0.connectionWindowBytes = .max },
    ] as [(inout Settings) -> Void] {
      var machine = ServerConnectionMachine(dialect: .extended)
      let action = self.receive(&machine, .settings, 0, Settings.with(change).encoded())
      #expect(self.isClose(.protocolViolation, action))
    }
    var client = ClientConnectionMachine(dialect: .extended)
    _ = client.callBegan(.unary)
    #expect(self.isClose(.protocolViolation, self.receive(&client, .response, 1)))
  }

  @Test("A peer's limits are kept: the size of payloads, and the number of calls")
  func limits() {
    var client = ClientConnectionMachine(dialect: .extended)
    let payload = Settings.with { ($0.maxPayloadBytes, $0.maxStreams) = (20_000, 2) }.encoded()
    #expect(self.receive(&client, .settings, 0, payload) == .settings(maxPayloadBytes: 20_000))
    #expect(client.room == 2)
    _ = client.callBegan(.unary)
    _ = client.callBegan(.unary)
    #expect(client.callBegan(.unary) == .full)
  }

  @Test("Frames of the extended dialect mean nothing in the plain one")
  func plain() {
    var server = ServerConnectionMachine(dialect: .plain)
    _ = self.receive(&server, .request, 1, self.request("HoldStream"))
    for kind in [FrameKind.cancel, .window, .leadingMetadata] {
      #expect(self.receive(&server, kind, 1, self.window(5)) == .ignore)
    }
    guard case .refuse = self.receive(&server, .settings, 0) else {
      Issue.record("id 0 is refused in the plain dialect")
      return
    }
    var client = ClientConnectionMachine(dialect: .plain)
    _ = client.callBegan(.serverStreaming)
    for kind in [FrameKind.window, .leadingMetadata] {
      #expect(self.receive(&client, kind, 1, self.window(5)) == .ignore)
    }
    #expect(self.receive(&client, .goAway, 0) == .ignore)
    #expect(client.room > 0)
  }

  // MARK: Windows

  @Test("A stream is sent while there is credit, and goes on when there is more")
  func streamWindow() {
    var server = self.settled { $0.streamWindowBytes = 100 }
    _ = self.receive(&server, .request, 1, self.request("HoldStream"))
    let id = StreamID(1)
    // The second message overdraws: messages are not cut.
    #expect(server.messageOffered(70, on: id) == .write)
    #expect(server.messageOffered(70, on: id) == .write)
    #expect(server.messageOffered(1, on: id) == .wait)
    #expect(self.receive(&server, .window, 1, self.window(40)) == .credit(id))
    #expect(server.messageOffered(1, on: id) == .wait)
    #expect(self.receive(&server, .window, 1, self.window(1)) == .credit(id))
    #expect(server.messageOffered(1, on: id) == .write)
  }

  @Test("The connection's credit bounds all streams together")
  func connectionWindow() {
    var server = self.settled { $0.connectionWindowBytes = 100 }
    _ = self.receive(&server, .request, 1, self.request("HoldStream"))
    _ = self.receive(&server, .request, 3, self.request("HoldStream"))
    #expect(server.messageOffered(100, on: StreamID(1)) == .write)
    #expect(server.messageOffered(1, on: StreamID(3)) == .wait)
    #expect(self.receive(&server, .window, 0, self.window(1)) == .credit(.connection))
    #expect(server.messageOffered(1, on: StreamID(3)) == .write)
  }

  @Test("Credit that SETTINGS give counts for streams that had begun before")
  func lateSettings() {
    var client = ClientConnectionMachine(dialect: .extended)
    _ = client.callBegan(.clientStreaming)
    let id = StreamID(1)
    #expect(client.messageOffered(WireLimits.initialStreamWindowBytes, on: id) == .write)
    #expect(client.messageOffered(1, on: id) == .wait)
    let more = UInt32(WireLimits.initialStreamWindowBytes + 1)
    _ = self.receive(
      &client, .settings, 0, Settings.with { $0.streamWindowBytes = more }.encoded())
    #expect(client.messageOffered(1, on: id) == .write)
    #expect(client.messageOffered(1, on: id) == .wait)
  }

  @Test("Requests use the server's connection window until their calls have ended")
  func requestsCount() {
    var client = self.settledClient { $0.connectionWindowBytes = 100 }
    _ = client.callBegan(.unary)
    client.requestWritten(200)
    #expect(client.room == 0)
    #expect(client.callBegan(.unary) == .full)
    #expect(self.receive(&client, .window, 0, self.window(200)) == .credit(.connection))
    #expect(client.room > 0)

    let limits = WireLimits(connectionWindowBytes: 2 << 20)
    var server = self.settled(limits)
    let large = [UInt8](repeating: 1, count: 3 << 20)
    _ = self.receive(&server, .request, 1, self.request("Hold", large))
    #expect(server.takeConnectionCredit() == nil)
    // The peer has no credit left.
    #expect(
      self.isClose(.windowExceeded, self.receive(&server, .request, 3, self.request("Unary"))))
    _ = server.callEnded(StreamID(1), .success([]))
    #expect(server.takeConnectionCredit() ?? 0 > 3 << 20)
  }

  @Test("What a handler takes is given back in pieces of half the window")
  func givingBack() {
    var server = self.settled(WireLimits(streamWindowBytes: 1000))
    _ = self.receive(&server, .request, 1, self.request("Join"))
    for _ in 0..<10 { _ = self.receive(&server, .data, 1, [UInt8](repeating: 0, count: 100)) }
    #expect(server.messagesTaken(400, on: StreamID(1)) == nil)
    #expect(server.messagesTaken(100, on: StreamID(1)) == 500)
    #expect(server.messagesTaken(500, on: StreamID(1)) == 500)
  }

  @Test("A sender without credit is closed, whichever window it has passed")
  func exceeded() {
    let limits = WireLimits(
      streamWindowBytes: WireLimits.initialStreamWindowBytes,
      connectionWindowBytes: WireLimits.initialConnectionWindowBytes)
    let message = [UInt8](repeating: 0, count: WireLimits.initialStreamWindowBytes)
    var server = self.settled(limits)
    _ = self.receive(&server, .request, 1, self.request("Join"))
    _ = self.receive(&server, .data, 1, message)
    #expect(self.isClose(.windowExceeded, self.receive(&server, .data, 1, [1])))

    // Empty messages are not free.
    server = self.settled(limits)
    _ = self.receive(&server, .request, 1, self.request("Join"))
    var count = 0
    while case .message = self.receive(&server, .data, 1, [1]) { count += 1 }
    #expect(count == WireLimits.initialStreamWindowBytes / WireLimits.minMessageCost)

    var client = self.settledClient(limits)
    _ = client.callBegan(.serverStreaming)
    _ = self.receive(&client, .data, 1, message)
    #expect(self.isClose(.windowExceeded, self.receive(&client, .data, 1, [1])))
  }

  @Test("Data of calls that are over gives its credit back at once")
  func lateData() {
    let limits = WireLimits(connectionWindowBytes: 1 << 20)
    var server = self.settled(limits)
    let message = [UInt8](repeating: 0, count: 60 << 10)
    var given = 0
    for round in 0..<100 as Range<UInt32> {
      let id = 2 * round + 1
      _ = self.receive(&server, .request, id, self.request("Join"))
      _ = server.callEnded(StreamID(id), .failure(Status(5, "")))
      #expect(self.receive(&server, .data, id, message) == .ignore)
      given += Int(server.takeConnectionCredit() ?? 0)
    }
    #expect(given > 5 << 20)
  }

  @Test("An increment of 0, or one that overflows, closes", arguments: [0, 1] as [UInt32])
  func badIncrement(_ id: UInt32) {
    var server = self.settled()
    _ = self.receive(&server, .request, 1, self.request("HoldStream"))
    var overflowing = server
    #expect(
      self.isClose(.protocolViolation, self.receive(&server, .window, id, self.window(0))))
    #expect(
      self.isClose(
        .protocolViolation, self.receive(&overflowing, .window, id, self.window(.max))))
    var client = self.settledClient()
    _ = client.callBegan(.bidirectional)
    #expect(
      self.isClose(.protocolViolation, self.receive(&client, .window, id, self.window(0))))
  }

  @Test("A flood of WINDOWs that nobody uses is closed; with messages it is not")
  func windowFlood() {
    var server = self.settled()
    _ = self.receive(&server, .request, 1, self.request("HoldStream"))
    for _ in 0..<(2 * WireLimits.maxOverheadFrames) {
      #expect(self.receive(&server, .window, 1, self.window(64)) == .credit(StreamID(1)))
      #expect(server.messageOffered(1, on: StreamID(1)) == .write)
    }
    var isClosed = false
    for _ in 0...WireLimits.maxOverheadFrames {
      isClosed = self.isClose(
        .tooMuchOverhead, self.receive(&server, .window, 1, self.window(1)))
    }
    #expect(isClosed)
  }

  @Test("A flood of PONGs that nobody asked for is closed; answers are not counted")
  func pongFlood() {
    var server = self.settled()
    let pong = [UInt8](repeating: 7, count: 8)
    for _ in 0..<(2 * WireLimits.maxOverheadFrames) {
      server.pingWritten()
      #expect(self.receive(&server, .pong, 0, pong) == .pong(0x0707_0707_0707_0707))
    }
    var isClosed = false
    for _ in 0...WireLimits.maxOverheadFrames {
      isClosed = self.isClose(.tooMuchOverhead, self.receive(&server, .pong, 0, pong))
    }
    #expect(isClosed)
  }

  @Test(
    "Messages that cross the end of their call are taken for that; empty ones without end are closed"
  )
  func emptyLateData() {
    var server = self.settled()
    _ = self.receive(&server, .request, 1, self.request("Hold"))
    _ = server.callEnded(StreamID(1), .success([]))
    for _ in 0..<(2 * WireLimits.maxOverheadFrames) {
      #expect(self.receive(&server, .data, 1, [5]) == .ignore)
      _ = server.takeConnectionCredit()
    }
    var isClosed = false
    for _ in 0...WireLimits.maxOverheadFrames {
      isClosed = self.isClose(.tooMuchOverhead, self.receive(&server, .data, 1, []))
    }
    #expect(isClosed)
  }

  // MARK: CANCEL

  @Test("CANCEL says why; one that cannot be read is one all the same")
  func cancel() {
    var server = self.settled()
    for (id, payload, code) in [
      (1, [], 1), (3, Cancel.with { $0.code = 4 }.encoded(), 4), (5, [0xff], 1),
    ] as [(UInt32, [UInt8], Int32)] {
      _ = self.receive(&server, .request, id, self.request("Hold"))
      #expect(self.receive(&server, .cancel, id, payload) == .cancel(StreamID(id), code))
      #expect(server.callEnded(StreamID(id), .success([])) == .nothing)
    }
  }

  // MARK: PING

  @Test("A PING is answered with its bytes; too many close, and time forgives")
  func ping() {
    var server = self.settled()
    let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    for _ in 0..<WireLimits.pingBurst {
      #expect(self.receive(&server, .ping, 0, bytes) == .answerPing(0x0102_0304_0506_0708))
    }
    var later = server
    #expect(self.isClose(.tooManyPings, self.receive(&server, .ping, 0, bytes)))
    let inTime = Self.now + .seconds(10)
    #expect(
      self.receive(&later, .ping, 0, bytes, at: inTime) == .answerPing(0x0102_0304_0506_0708))
    #expect(self.isClose(.tooManyPings, self.receive(&later, .ping, 0, bytes, at: inTime)))
    var short = self.settled()
    #expect(self.isClose(.protocolViolation, self.receive(&short, .ping, 0, [1])))
  }

  @Test("A silent peer is asked, and lost when it does not answer")
  func keepalive() {
    let start = Self.now
    var keepalive = Keepalive(interval: .seconds(30), timeout: .seconds(10), at: start)
    #expect(keepalive.timeHasCome(start + .seconds(5)) == .wait(until: start + .seconds(30)))
    keepalive.heard(at: start + .seconds(20))
    #expect(keepalive.timeHasCome(start + .seconds(30)) == .wait(until: start + .seconds(50)))
    #expect(
      keepalive.timeHasCome(start + .seconds(50)) == .ping(1, until: start + .seconds(60)))
    #expect(keepalive.timeHasCome(start + .seconds(55)) == .wait(until: start + .seconds(60)))
    var answered = keepalive
    #expect(keepalive.timeHasCome(start + .seconds(60)) == .dead)
    answered.heard(at: start + .seconds(59))
    #expect(answered.timeHasCome(start + .seconds(60)) == .wait(until: start + .seconds(89)))
    #expect(
      answered.timeHasCome(start + .seconds(100)) == .ping(2, until: start + .seconds(110)))
  }

  // MARK: GOAWAY

  @Test("A server goes away in two steps, and answers all that it had not refused")
  func goAway() {
    var server = self.settled()
    _ = self.receive(&server, .request, 1, self.request("Hold"))
    guard case .announce(let first) = server.beginGracefulShutdown() else {
      Issue.record("the client has to be told")
      return
    }
    #expect(first.lastStreamId == .max)
    #expect(server.beginGracefulShutdown() == .nothing)
    // Sent before the client knew.
    guard case .begin = self.receive(&server, .request, 3, self.request("Hold")) else {
      Issue.record("still taken")
      return
    }
    #expect(server.shutdownWasHeard()?.lastStreamId == 3)
    #expect(server.shutdownWasHeard() == nil)
    #expect(self.receive(&server, .request, 5, self.request("Hold")) == .ignore)
    #expect(!server.isDrained)
    #expect(server.callEnded(StreamID(1), .success([])) == .writeResponse([]))
    #expect(server.callEnded(StreamID(3), .success([])) == .writeResponse([]))
    #expect(server.isDrained)
  }

  @Test("A client makes no more calls after GOAWAY, and knows which were not looked at")
  func goAwayReceived() {
    var client = self.settledClient()
    for _ in 0..<3 { _ = client.callBegan(.unary) }
    let announced = GoAway.with { $0.lastStreamId = .max }
    #expect(
      self.receive(&client, .goAway, 0, announced.encoded()) == .goAway(announced, refused: []))
    #expect(client.callBegan(.unary) == .exhausted)
    let final = GoAway.with { $0.lastStreamId = 1 }
    #expect(
      self.receive(&client, .goAway, 0, final.encoded())
        == .goAway(final, refused: [StreamID(3), StreamID(5)]))
    #expect(self.receive(&client, .response, 1) == .success(StreamID(1), []))
    #expect(client.activeStreams == 0)
  }

  // MARK: Metadata

  @Test("Leading metadata come once, on streams, and within limits")
  func leadingMetadata() {
    var client = self.settledClient(WireLimits(maxMetadataCount: 2, maxMetadataBytes: 20))
    let pair = KeyValue.with { ($0.key, $0.value) = ("k", "v") }
    let some = LeadingMetadata.with { $0.metadata = [pair] }.encoded()
    for _ in 0..<4 { _ = client.callBegan(.serverStreaming) }
    #expect(
      self.receive(&client, .leadingMetadata, 1, some) == .leadingMetadata(StreamID(1), [pair]))
    func code(_ action: ClientConnectionMachine.OnFrame) -> Int32? {
      if case .violation(_, let status, .writeCancel) = action { status.code } else { nil }
    }
    #expect(code(self.receive(&client, .leadingMetadata, 1, some)) == 13)
    let long = KeyValue.with { ($0.key, $0.value) = ("k", String(repeating: "v", count: 20)) }
    let tooLong = LeadingMetadata.with { $0.metadata = [long] }.encoded()
    #expect(code(self.receive(&client, .leadingMetadata, 3, tooLong)) == 8)
    let tooMany = LeadingMetadata.with { $0.metadata = [pair, pair, pair] }.encoded()
    #expect(code(self.receive(&client, .leadingMetadata, 5, tooMany)) == 13)
    _ = client.callBegan(.unary)
    #expect(code(self.receive(&client, .leadingMetadata, 9, some)) == 13)
    let response = Response.with { $0.trailers = [long] }.encoded()
    #expect(
      self.receive(&client, .response, 7, response)
        == .failure(
          StreamID(7), Status(8, "the server sent more metadata than is taken here")))
  }
}
