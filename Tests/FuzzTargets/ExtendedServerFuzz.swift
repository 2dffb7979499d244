internal import Protobuf
internal import WireProtocol

/// The server's half of a connection of the extended dialect, and a client that sends what it likes.
///
/// Each step of the script is a byte: what happens (a frame of the client, time, something that a handler does, the shutdown), and to which of a few
/// ids. Beside the machine runs a count of all credit, as PROTOCOL.md ("Windows") has it: the machine must let a message through when there is
/// credit and only then, must close the connection of a client that goes beyond its own and no other, and must lose none.
enum ExtendedServerFuzz: FuzzTarget {
  static let name = "extended-server"

  static func run(_ bytes: [UInt8]) {
    var conversation = Conversation(ExtendedFrames(bytes))
    conversation.run()
  }

  private struct Handler {
    let shape: CallShape
    var inputIsOpen: Bool
    var isCancelled = false
    /// What it may send, and the client.
    var sending: FuzzCredit
    var receiving = FuzzCredit(ExtendedFrames.announcedStreamBytes)
    /// Messages that it has not taken, by their cost.
    var untaken: [Int] = []
  }

  private struct Conversation {
    var frames: ExtendedFrames
    var machine = ServerConnectionMachine(limits: ExtendedFrames.limits, dialect: .extended)
    var handlers: [StreamID: Handler] = [:]
    var used: Set<StreamID> = []
    let start = ContinuousClock.now
    var now = ContinuousClock.now
    var streamWindow = WireLimits.initialStreamWindowBytes
    var connectionWindow = WireLimits.initialConnectionWindowBytes
    var sending = FuzzCredit(WireLimits.initialConnectionWindowBytes)
    var receiving = FuzzCredit(ExtendedFrames.announcedConnectionBytes)
    /// Frames without use in a row; PINGs that were answered; what was cancelled or failed for the client's fault.
    var useless = 0
    var answeredPings = 0
    var faults = 0
    /// The frame before.
    var last: ExtendedFrames.Frame?
    var isShuttingDown = false
    var isDraining = false
    var isClosed = false

    init(_ frames: ExtendedFrames) { self.frames = frames }

    mutating func run() {
      // Mostly they come as they must.
      if self.frames.script.byte() & 3 != 0 { self.receive(self.frames.settings()) }
      while !self.isClosed, !self.frames.script.isEmpty {
        let what = self.frames.script.byte()
        let id = StreamID(UInt32(what >> 4) * 2 + 1)
        switch what & 0x0f {
        case 0, 1: self.receive(self.request(id))
        case 2:
          var cancel = Cancel()
          cancel.code = Int32(self.frames.script.byte())
          self.receive(ExtendedFrames.frame(.cancel, id, cancel.encoded()))
        case 3...10:
          guard let kind = ExtendedFrames.Shared(rawValue: what & 0x0f - 3) else { break }
          self.receive(self.frames.shared(kind, id))
        case 11:
          let header = FrameHeader(
            payloadBytes: 5 << 20, streamID: id,
            kind: FrameKind(rawValue: self.frames.script.byte()), flags: [])
          let open = self.handlers[id].map { !$0.isCancelled } ?? false
          self.perform(
            self.machine.oversizedFrameReceived(header, at: self.now), header, open, .unary)
        case 12: self.offer(id)
        case 13: self.take(id)
        case 14: self.end(id)
        default: self.timePasses()
        }
        self.check()
      }
      for id in Array(self.handlers.keys) { self.handlerReturned(id) }
      FuzzFailure.require(self.machine.activeStreams == 0, "streams are left over")
      // All has been given back but what is not worth a frame.
      FuzzFailure.require(
        self.isClosed
          || self.receiving.left + ExtendedFrames.limits.connectionWindowBytes / 2
            > ExtendedFrames.announcedConnectionBytes,
        "credit of the connection is lost: \(self.receiving.left) are left")
    }

    private mutating func check() {
      FuzzFailure.require(
        self.machine.activeStreams == self.handlers.count,
        "\(self.machine.activeStreams) streams, \(self.handlers.count) handlers")
      FuzzFailure.require(
        self.handlers.count <= ExtendedFrames.limits.maxConcurrentStreams, "too many calls")
      FuzzFailure.require(
        self.machine.isDrained == (self.isDraining && self.handlers.isEmpty),
        "whether the connection may close is told wrongly")
      let held = self.handlers.values.reduce(0) { $0 + $1.untaken.reduce(0, +) }
      FuzzFailure.require(
        held <= ExtendedFrames.announcedConnectionBytes + ExtendedFrames.limits.maxPayloadBytes,
        "\(held) bytes are kept for one client")
      FuzzFailure.require(
        self.isClosed || self.useless <= WireLimits.maxOverheadFrames,
        "\(self.useless) frames of no use in a row")
      let seconds = Int((self.now - self.start) / .seconds(1))
      FuzzFailure.require(
        self.faults <= FaultBudget.burst + FaultBudget.perSecond * (seconds + 1),
        "\(self.faults) faults are taken")
      FuzzFailure.require(
        self.answeredPings <= WireLimits.pingBurst + seconds / 10 + 1,
        "\(self.answeredPings) PINGs are answered in \(seconds) s")
    }

    // MARK: Frames

    private mutating func request(_ id: StreamID) -> ExtendedFrames.Frame {
      var request = Request()
      request.service = "s"
      let choice = self.frames.script.byte()
      // Its last bits are the shape.
      request.method = String(UnicodeScalar(0x40 | choice & 3))
      request.payload = self.frames.payload()
      if choice & 4 != 0 { request.metadata = self.frames.metadata() }
      if choice & 8 != 0 {
        request.timeoutNano = Int64(Int8(bitPattern: self.frames.script.byte()))
      }
      let flags = FrameFlags(rawValue: choice >> 5)
      return ExtendedFrames.frame(.request, id, request.encoded(), flags)
    }

    private mutating func receive(_ frame: ExtendedFrames.Frame) {
      self.last = frame
      var shape = CallShape.unary
      let open = self.handlers[frame.header.streamID].map { !$0.isCancelled } ?? false
      let mayCome = self.mayCome(frame)
      let action = self.machine.frameReceived(frame.header, frame.payload.span.bytes, at: self.now)
      {
        _, method in
        guard let last = method.utf8.last else { return .unknownMethod }
        shape = CallShape(clientStreams: last & 1 == 1, serverStreams: last & 2 == 2)
        return .found(shape)
      }
      self.perform(action, frame.header, open, shape)
      guard !self.isClosed else {
        if case .close(let error) = action {
          FuzzFailure.require(
            error.code != .windowExceeded || !mayCome, "a client is closed that had credit")
        }
        return
      }
      FuzzFailure.require(mayCome, "a message beyond the credit is taken")
      self.use(frame, action)
      switch action {
      case .settings:
        // One that cannot be read closes.
        if let settings = try? Settings(decoding: frame.payload) { self.settled(settings) }
      case .credit(let id):
        guard let window = try? Window(decoding: frame.payload) else { break }
        if id == .connection {
          self.sending.add(Int(window.increment))
        } else {
          self.handlers[id]?.sending.add(Int(window.increment))
        }
      default: break
      }
      self.giveConnectionCredit()
    }

    private func carriesMessage(_ header: FrameHeader) -> Bool {
      header.streamID.isClientInitiated
        && (header.kind == .request
          || header.kind == .data && !header.flags.contains(.noData))
    }

    /// Whether the client has credit for it.
    private func mayCome(_ frame: ExtendedFrames.Frame) -> Bool {
      guard self.machine.hasSettings, self.carriesMessage(frame.header) else { return true }
      guard self.receiving.allowsMessage else { return false }
      guard frame.header.kind == .data, let handler = self.handlers[frame.header.streamID],
        !handler.isCancelled, handler.inputIsOpen, handler.shape.clientStreams
      else { return true }
      return handler.receiving.allowsMessage
    }

    private mutating func use(
      _ frame: ExtendedFrames.Frame, _ action: ServerConnectionMachine.OnFrame
    ) {
      guard self.carriesMessage(frame.header) else { return }
      self.receiving.use(frame.payload.count)
      let cost = messageCost(frame.payload.count)
      switch action {
      case .begin(let id, _): self.handlers[id]?.untaken.append(cost)
      case .message(let id, _, _):
        self.handlers[id]?.receiving.use(frame.payload.count)
        self.handlers[id]?.untaken.append(cost)
      default: break
      }
    }

    private mutating func settled(_ settings: Settings) {
      if settings.streamWindowBytes != 0 {
        let change = Int(settings.streamWindowBytes) - self.streamWindow
        self.streamWindow = Int(settings.streamWindowBytes)
        for id in self.handlers.keys { self.handlers[id]?.sending.add(change) }
      }
      if settings.connectionWindowBytes != 0 {
        self.sending.add(Int(settings.connectionWindowBytes) - self.connectionWindow)
        self.connectionWindow = Int(settings.connectionWindowBytes)
      }
    }

    private mutating func perform(
      _ action: ServerConnectionMachine.OnFrame, _ header: FrameHeader, _ wasOpen: Bool,
      _ shape: CallShape
    ) {
      // Its bytes have cost the client something.
      if self.carriesMessage(header), header.payloadBytes > 0 {
        self.useless = 0
      } else if header.kind != .cancel && header.kind != .ping {
        // Those have bounds of their own.
        self.useless += 1
      }
      switch action {
      case .ignore, .credit: break
      // The one that the shutdown asks for; others are ignored.
      case .pong: self.useless = 0
      case .answerPing: self.answeredPings += 1
      case .settings: self.useless = 0
      case .refuse(_, let status):
        FuzzFailure.require(status.code != StatusNumber.ok, "a refusal that says OK")
        self.useless = 0
      case .begin(let id, let call):
        FuzzFailure.require(self.used.insert(id).inserted, "\(id) begins twice")
        FuzzFailure.require(!self.isDraining, "\(id) begins behind the last GOAWAY")
        FuzzFailure.require(
          call.metadata.count <= ExtendedFrames.limits.maxMetadataCount, "too much metadata")
        FuzzFailure.require(call.timeout.map { $0 > .zero } ?? true, "a time that is over")
        self.handlers[id] = Handler(
          shape: shape, inputIsOpen: !call.inputIsComplete,
          sending: FuzzCredit(self.streamWindow))
        self.useless = 0
      case .message(let id, _, let isLast):
        FuzzFailure.require(
          self.handlers[id]?.inputIsOpen == true, "a message after the end of input")
        FuzzFailure.require(wasOpen, "a message after the end")
        if isLast { self.handlers[id]?.inputIsOpen = false }
      case .endOfInput(let id):
        FuzzFailure.require(self.handlers[id]?.inputIsOpen == true, "input ends twice")
        self.handlers[id]?.inputIsOpen = false
        self.useless = 0
      case .cancel(let id, let code):
        FuzzFailure.require(
          code == StatusNumber.cancelled || code == StatusNumber.deadlineExceeded,
          "a reason that is none: \(code)")
        self.cancelled(id, wasOpen)
      case .fail(let id, _): self.cancelled(id, wasOpen)
      case .close(let error):
        self.isClosed = true
        let goAway = self.machine.lastGoAway(error)
        FuzzFailure.require(
          goAway.map { $0.code != StatusNumber.ok && !$0.message.isEmpty } ?? false,
          "a client is closed without a word")
      }
    }

    private mutating func cancelled(_ id: StreamID, _ wasOpen: Bool) {
      FuzzFailure.require(wasOpen, "\(id) is cancelled twice")
      self.handlers[id]?.isCancelled = true
      self.faults += 1
      self.useless = 0
    }

    private mutating func giveConnectionCredit() {
      // What was in work when it closed was not counted here.
      guard !self.isClosed, let increment = self.machine.takeConnectionCredit() else { return }
      self.receiving.add(Int(increment))
      FuzzFailure.require(
        self.receiving.left <= ExtendedFrames.announcedConnectionBytes,
        "the connection is given more credit than it had")
    }

    // MARK: Handlers and time

    private mutating func offer(_ id: StreamID) {
      let count = Int(self.frames.script.byte()) * ExtendedFrames.unit
      guard let handler = self.handlers[id], handler.shape.serverStreams else { return }
      let expected: ServerConnectionMachine.OnWrite =
        handler.isCancelled
        ? .over : self.sending.allowsMessage && handler.sending.allowsMessage ? .write : .wait
      let actual = self.machine.messageOffered(count, on: id)
      FuzzFailure.require(actual == expected, "\(actual) in place of \(expected)")
      guard actual == .write else { return }
      self.sending.use(count)
      self.handlers[id]?.sending.use(count)
      self.useless = 0
    }

    /// The handler takes a message; the first is the Request, which is kept to its end.
    private mutating func take(_ id: StreamID) {
      guard let handler = self.handlers[id], handler.untaken.count > 1 else { return }
      let cost = handler.untaken[1]
      self.handlers[id]?.untaken.remove(at: 1)
      if let increment = self.machine.messagesTaken(cost, on: id) {
        self.handlers[id]?.receiving.add(Int(increment))
        FuzzFailure.require(
          (self.handlers[id]?.receiving.left ?? 0) <= ExtendedFrames.announcedStreamBytes,
          "a stream is given more credit than it had")
      }
      self.giveConnectionCredit()
    }

    private mutating func end(_ id: StreamID) {
      guard let handler = self.handlers[id] else { return }
      if self.frames.script.byte() & 1 == 0 {
        let status = self.machine.deadlinePassed(id)
        FuzzFailure.require(
          (status == nil) == handler.isCancelled, "a deadline of a call that is over")
        self.handlers[id]?.isCancelled = true
      } else {
        self.handlerReturned(id)
      }
    }

    private mutating func handlerReturned(_ id: StreamID) {
      guard let handler = self.handlers.removeValue(forKey: id) else { return }
      let action = self.machine.callEnded(id, .success(handler.shape.serverStreams ? nil : [1]))
      FuzzFailure.require(
        (action == .nothing) == handler.isCancelled, "\(id) ended with \(action)")
      self.giveConnectionCredit()
    }

    private mutating func timePasses() {
      let choice = self.frames.script.byte()
      switch choice {
      case 0:
        let action = self.machine.beginGracefulShutdown("stopping")
        FuzzFailure.require(
          (action == .nothing) == self.isShuttingDown, "a shutdown is announced twice, or never")
        self.isShuttingDown = true
      case 1:
        let goAway = self.machine.shutdownWasHeard()
        FuzzFailure.require(
          (goAway != nil) == (self.isShuttingDown && !self.isDraining),
          "the last GOAWAY comes twice, or never")
        if goAway != nil { self.isDraining = true }
      case 2, 3:
        // A flood, which a script is too short for.
        guard let last else { break }
        let times = last.payload.count < ExtendedFrames.unit ? WireLimits.maxOverheadFrames + 1 : 8
        for _ in 0..<times where !self.isClosed {
          self.receive(last)
          self.check()
        }
      default: self.now += .milliseconds(Int(choice) * 100)
      }
    }
  }
}
