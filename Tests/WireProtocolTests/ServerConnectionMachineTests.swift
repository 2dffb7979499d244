internal import Protobuf
internal import Testing
internal import WireProtocol

@Suite("Server's half of a connection")
struct ServerConnectionMachineTests {
  private static let unary = Set(["Unary", "Hold"])
  private static let now = ContinuousClock.now

  private static func route(_ service: String, _ method: String) -> ServerConnectionMachine.Route {
    switch service {
    case "test.Echo": EchoServer.shapes[method].map { .found($0) } ?? .unknownMethod
    case "test.Secret": .refused(Status(7, "not for you"))
    default: .unknownService
    }
  }

  /// One frame into a machine.
  private func receive(
    _ machine: inout ServerConnectionMachine, _ kind: FrameKind, _ id: UInt32,
    _ flags: FrameFlags = [], _ payload: [UInt8] = [], at now: ContinuousClock.Instant = Self.now
  ) -> ServerConnectionMachine.OnFrame {
    let header = FrameHeader(
      payloadBytes: payload.count, streamID: StreamID(id), kind: kind, flags: flags)
    return machine.frameReceived(header, payload.span.bytes, at: now, route: Self.route)
  }

  private func request(
    _ machine: inout ServerConnectionMachine, _ id: UInt32, _ method: String,
    _ flags: FrameFlags = [], _ change: (inout Request) -> Void = { _ in }
  ) -> ServerConnectionMachine.OnFrame {
    var request = Request()
    (request.service, request.method) = ("test.Echo", method)
    change(&request)
    return self.receive(&machine, .request, id, flags, request.encoded())
  }

  /// A machine of the extended dialect that has the client's SETTINGS.
  private func settled(_ limits: WireLimits = WireLimits()) -> ServerConnectionMachine {
    var machine = ServerConnectionMachine(limits: limits, dialect: .extended)
    _ = self.receive(&machine, .settings, 0)
    return machine
  }

  private func code(_ action: ServerConnectionMachine.OnFrame) -> Int32? {
    switch action {
    case .refuse(_, let status), .fail(_, let status): status.code
    default: nil
    }
  }

  private func isClose(_ action: ServerConnectionMachine.OnFrame) -> Bool {
    if case .close = action { true } else { false }
  }

  // MARK: An unused id

  @Test("A Request begins a call, with all that it says")
  func begin() {
    var machine = ServerConnectionMachine()
    let action = self.request(&machine, 1, "Unary") {
      $0.payload = [1, 2]
      $0.timeoutNano = 5_000_000
      $0.metadata = [.with { ($0.key, $0.value) = ("Key", "v") }]
    }
    let call = IncomingCall(
      service: "test.Echo", method: "Unary",
      metadata: [.with { ($0.key, $0.value) = ("Key", "v") }], timeout: .milliseconds(5),
      message: [1, 2], inputIsComplete: true)
    #expect(action == .begin(StreamID(1), call))
    #expect(machine.activeStreams == 1)
  }

  @Test(
    "Whether a Request carries a message depends on the method",
    arguments: [
      // A method with one request always has it, even if it is empty.
      ("Unary", FrameFlags([]), [], true, true), ("Thrice", .remoteClosed, [], true, true),
      ("Thrice", [], [7], true, false), ("Thrice", .remoteOpen, [7], true, false),
      // A method with many has it if there are bytes and no flag against it.
      ("Join", .remoteOpen, [], false, false), ("Join", .remoteOpen, [7], true, false),
      ("Join", [.remoteOpen, .noData], [7], false, false), ("Join", .remoteClosed, [7], true, true),
    ] as [(String, FrameFlags, [UInt8], Bool, Bool)])
  func firstMessage(
    _ method: String, _ flags: FrameFlags, _ payload: [UInt8], has: Bool, complete: Bool
  ) {
    var machine = ServerConnectionMachine()
    let action = self.request(&machine, 1, method, flags) { $0.payload = payload }
    guard case .begin(_, let call) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(call.message == (has ? payload : nil))
    #expect(call.inputIsComplete == complete)
  }

  @Test("What the limits forbid is refused, and names the limit")
  func limits() {
    let limits = WireLimits(maxMetadataCount: 2, maxMetadataBytes: 20, maxNameBytes: 12)
    var machine = ServerConnectionMachine(limits: limits)
    let pair = KeyValue.with { ($0.key, $0.value) = ("k", "v") }
    let long = KeyValue.with { ($0.key, $0.value) = ("k", String(repeating: "v", count: 20)) }
    let empty = KeyValue.with { $0.value = "v" }
    #expect(
      self.code(self.request(&machine, 1, "Unary") { $0.metadata = [pair, pair, pair] }) == 8)
    #expect(self.code(self.request(&machine, 3, "Unary") { $0.metadata = [long] }) == 8)
    #expect(self.code(self.request(&machine, 5, "Unary") { $0.metadata = [empty] }) == 3)
    #expect(self.code(self.request(&machine, 7, "MethodNameTooLong")) == 3)
    #expect(self.code(self.request(&machine, 9, "Unary") { $0.timeoutNano = -1 }) == 4)
    #expect(machine.activeStreams == 0)
    guard case .begin = self.request(&machine, 11, "Unary", [], { $0.metadata = [pair, pair] })
    else {
      Issue.record("two pairs are allowed")
      return
    }
  }

  @Test("A method that the client may not call is refused with the reason")
  func refused() {
    var machine = ServerConnectionMachine()
    let action = self.request(&machine, 1, "Unary") { $0.service = "test.Secret" }
    #expect(action == .refuse(StreamID(1), Status(7, "not for you")))
  }

  @Test("Calls count until their handlers return, cancelled or not")
  func concurrentStreams() {
    var machine = self.settled(WireLimits(maxConcurrentStreams: 2))
    _ = self.request(&machine, 1, "Hold")
    _ = self.request(&machine, 3, "Hold")
    #expect(self.code(self.request(&machine, 5, "Hold")) == 8)
    #expect(self.receive(&machine, .cancel, 1) == .cancel(StreamID(1), StatusNumber.cancelled))
    #expect(self.code(self.request(&machine, 7, "Hold")) == 8)
    #expect(machine.callEnded(StreamID(1), .success([])) == .nothing)
    guard case .begin = self.request(&machine, 9, "Hold") else {
      Issue.record("a handler has returned")
      return
    }
  }

  // MARK: An open stream

  @Test("Messages of the client arrive until it half-closes; then more is a fault")
  func clientStream() {
    var machine = ServerConnectionMachine()
    _ = self.request(&machine, 1, "Chat", [.remoteOpen, .noData])
    #expect(self.receive(&machine, .data, 1, [], [5]) == .message(StreamID(1), [5], isLast: false))
    #expect(self.receive(&machine, .data, 1) == .message(StreamID(1), [], isLast: false))
    #expect(self.receive(&machine, .data, 1, .noData, [5]) == .ignore)
    #expect(
      self.receive(&machine, .data, 1, [.remoteClosed, .noData]) == .endOfInput(StreamID(1)))
    #expect(machine.messageOffered(1, on: StreamID(1)) == .write)
    let action = self.receive(&machine, .data, 1, [], [5])
    guard case .fail(StreamID(1), let status) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(status.code == 3)
    #expect(machine.messageOffered(1, on: StreamID(1)) == .over)
    #expect(machine.callEnded(StreamID(1), .success(nil)) == .nothing)
  }

  @Test("A handler's end is written as its method needs it")
  func ends() {
    var machine = ServerConnectionMachine()
    for (id, method) in zip([1, 3, 5, 7] as [UInt32], ["Unary", "Join", "Thrice", "Chat"]) {
      _ = self.request(&machine, id, method, [.remoteOpen])
    }
    #expect(machine.callEnded(StreamID(1), .success([1])) == .writeResponse([1]))
    #expect(machine.callEnded(StreamID(3), .success([])) == .writeResponse([]))
    #expect(machine.callEnded(StreamID(5), .success(nil)) == .writeEndOfStream)
    let status = Status(5, "no")
    #expect(machine.callEnded(StreamID(7), .failure(status)) == .writeStatus(status))
    #expect(machine.activeStreams == 0)
  }

  @Test("A deadline is told once, and what the handler does afterwards is not written")
  func deadline() {
    var machine = ServerConnectionMachine()
    _ = self.request(&machine, 1, "HoldStream", .remoteClosed)
    #expect(machine.deadlinePassed(StreamID(1))?.code == 4)
    #expect(machine.deadlinePassed(StreamID(1)) == nil)
    #expect(machine.messageOffered(1, on: StreamID(1)) == .over)
    #expect(self.receive(&machine, .data, 1, [], [5]) == .ignore)
    #expect(machine.callEnded(StreamID(1), .failure(Status(1, ""))) == .nothing)
    #expect(machine.deadlinePassed(StreamID(1)) == nil)
  }

  @Test("An oversized frame fails the open call that it belongs to")
  func oversizedData() {
    var machine = ServerConnectionMachine()
    _ = self.request(&machine, 1, "Join", .remoteOpen)
    let header = FrameHeader(payloadBytes: 5 << 20, streamID: StreamID(1), kind: .data)
    let action = machine.oversizedFrameReceived(header, at: Self.now)
    guard case .fail(StreamID(1), let status) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(status.code == 8)
  }

  @Test("CANCEL stops a call once; when it crosses the answer it is ignored")
  func cancel() {
    var machine = self.settled()
    _ = self.request(&machine, 1, "Hold")
    #expect(self.receive(&machine, .cancel, 1) == .cancel(StreamID(1), StatusNumber.cancelled))
    #expect(self.receive(&machine, .cancel, 1) == .ignore)
    #expect(machine.callEnded(StreamID(1), .success([])) == .nothing)
    #expect(self.receive(&machine, .cancel, 1) == .ignore)
    #expect(self.receive(&machine, .cancel, 99) == .ignore)
  }

  // MARK: Shutdown

  @Test("A server that is stopping refuses new calls and is drained after the last")
  func gracefulShutdown() {
    var machine = ServerConnectionMachine()
    _ = self.request(&machine, 1, "Hold")
    #expect(machine.beginGracefulShutdown() == .nothing)
    #expect(!machine.isDrained)
    #expect(self.code(self.request(&machine, 3, "Unary")) == 14)
    #expect(machine.callEnded(StreamID(1), .success([9])) == .writeResponse([9]))
    #expect(machine.isDrained)
  }

  // MARK: Peers that misbehave

  @Test("A peer that keeps breaking the rules is closed")
  func tooManyFaults() {
    var machine = ServerConnectionMachine()
    for _ in 0..<FaultBudget.burst {
      #expect(self.code(self.receive(&machine, .request, 2)) == 3)
    }
    #expect(self.isClose(self.receive(&machine, .request, 2)))
  }

  @Test("Calls that are begun and cancelled at once use up the budget")
  func rapidReset() {
    var machine = self.settled()
    var id: UInt32 = 1
    for _ in 0..<FaultBudget.burst {
      _ = self.request(&machine, id, "Hold")
      #expect(self.receive(&machine, .cancel, id) == .cancel(StreamID(id), StatusNumber.cancelled))
      _ = machine.callEnded(StreamID(id), .success([]))
      id += 2
    }
    _ = self.request(&machine, id, "Hold")
    #expect(self.isClose(self.receive(&machine, .cancel, id)))
  }

  @Test("Frames that carry nothing are ignored up to a number; a Request starts the count anew")
  func overhead() {
    var machine = ServerConnectionMachine()
    for _ in 0..<WireLimits.maxOverheadFrames {
      #expect(self.receive(&machine, FrameKind(rawValue: 0x7f), 1) == .ignore)
    }
    _ = self.request(&machine, 1, "Join", .remoteOpen)
    for _ in 0..<WireLimits.maxOverheadFrames {
      #expect(
        self.receive(&machine, .data, 1) == .message(StreamID(1), [], isLast: false))
    }
    #expect(self.isClose(self.receive(&machine, .data, 1)))
  }

  @Test("Data that crosses the end of a call is answered without counting as a fault")
  func lateData() {
    var machine = ServerConnectionMachine()
    _ = self.request(&machine, 1, "Chat", .remoteOpen)
    _ = machine.callEnded(StreamID(1), .success(nil))
    for _ in 0..<(2 * FaultBudget.burst) {
      #expect(self.code(self.receive(&machine, .data, 1, [], [5])) == 3)
    }
    for _ in 0..<WireLimits.maxOverheadFrames {
      #expect(self.code(self.receive(&machine, .data, 1, .noData)) == 3)
    }
    #expect(self.isClose(self.receive(&machine, .data, 1, .noData)))
  }
}
