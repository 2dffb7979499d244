internal import Protobuf
internal import WireProtocol

/// The client's half of a connection of the extended dialect, and a server that sends what it likes.
///
/// As ``ExtendedServerFuzz``, the other way round.
enum ExtendedClientFuzz: FuzzTarget {
  static let name = "extended-client"

  static func run(_ bytes: [UInt8]) {
    var conversation = Conversation(ExtendedFrames(bytes))
    conversation.run()
  }

  private struct Call {
    let shape: CallShape
    var outputIsOpen: Bool
    var hasLeadingMetadata = false
    var sending: FuzzCredit
    var receiving = FuzzCredit(ExtendedFrames.announcedStreamBytes)
    var untaken: [Int] = []
  }

  private struct Conversation {
    var frames: ExtendedFrames
    var machine = ClientConnectionMachine(limits: ExtendedFrames.limits, dialect: .extended)
    var calls: [StreamID: Call] = [:]
    var lastID: UInt32 = 0
    var maxStreams = ExtendedFrames.limits.maxConcurrentStreams
    var streamWindow = WireLimits.initialStreamWindowBytes
    var connectionWindow = WireLimits.initialConnectionWindowBytes
    var sending = FuzzCredit(WireLimits.initialConnectionWindowBytes)
    var receiving = FuzzCredit(ExtendedFrames.announcedConnectionBytes)
    var now = ContinuousClock.now
    var isGoingAway = false
    var isClosed = false

    init(_ frames: ExtendedFrames) { self.frames = frames }

    mutating func run() {
      if self.frames.script.byte() & 3 != 0 { self.receive(self.frames.settings()) }
      while !self.isClosed, !self.frames.script.isEmpty {
        let what = self.frames.script.byte()
        let id = StreamID(UInt32(what >> 4) * 2 + 1)
        switch what & 0x0f {
        case 0, 1: self.begin()
        case 2: self.receive(self.response(id))
        case 3...10:
          guard let kind = ExtendedFrames.Shared(rawValue: what & 0x0f - 3) else { break }
          self.receive(self.frames.shared(kind, id))
        case 11:
          var leading = LeadingMetadata()
          leading.metadata = self.frames.metadata()
          self.receive(ExtendedFrames.frame(.leadingMetadata, id, leading.encoded()))
        case 12: self.offer(id)
        case 13: self.take(id)
        case 14: self.end(id)
        default:
          let header = FrameHeader(
            payloadBytes: 5 << 20, streamID: id,
            kind: FrameKind(rawValue: self.frames.script.byte()), flags: [])
          self.perform(self.machine.oversizedFrameReceived(header), header)
        }
        self.check()
      }
      for id in Array(self.calls.keys) { self.giveUp(id) }
      FuzzFailure.require(self.machine.activeStreams == 0, "calls are left over")
      FuzzFailure.require(
        self.isClosed
          || self.receiving.left + ExtendedFrames.limits.connectionWindowBytes / 2
            > ExtendedFrames.announcedConnectionBytes,
        "credit of the connection is lost: \(self.receiving.left) are left")
    }

    private mutating func check() {
      FuzzFailure.require(
        self.machine.activeStreams == self.calls.count,
        "\(self.machine.activeStreams) calls, and not \(self.calls.count)")
      FuzzFailure.require(
        self.machine.isExhausted == self.isGoingAway, "whether new calls may begin is told wrongly")
      FuzzFailure.require(
        self.calls.values.allSatisfy {
          $0.untaken.reduce(0, +)
            <= ExtendedFrames.announcedStreamBytes + ExtendedFrames.limits.maxPayloadBytes
        }, "too much is kept for one call")
    }

    // MARK: Calls

    private mutating func begin() {
      let choice = self.frames.script.byte()
      let shape = CallShape(clientStreams: choice & 1 == 1, serverStreams: choice & 2 == 2)
      let isFull = self.calls.count >= self.maxStreams || !self.sending.allowsMessage
      switch self.machine.callBegan(shape) {
      case .exhausted: FuzzFailure.require(self.isGoingAway, "no ids are left")
      case .full: FuzzFailure.require(isFull && !self.isGoingAway, "there is room for a call")
      case .write(let id, _):
        FuzzFailure.require(!isFull && !self.isGoingAway, "a call begins without room")
        FuzzFailure.require(
          id.isClientInitiated && id.number > self.lastID, "\(id) does not come next")
        self.lastID = id.number
        let bytes = Int(choice >> 2) * ExtendedFrames.unit
        self.machine.requestWritten(bytes)
        self.sending.use(bytes)
        self.calls[id] = Call(
          shape: shape, outputIsOpen: shape.clientStreams, sending: FuzzCredit(self.streamWindow))
      }
    }

    private mutating func offer(_ id: StreamID) {
      let count = Int(self.frames.script.byte()) * ExtendedFrames.unit
      if let call = self.calls[id], !call.outputIsOpen { return }
      let expected: ClientConnectionMachine.OnWrite =
        self.calls[id].map {
          self.sending.allowsMessage && $0.sending.allowsMessage ? .write : .wait
        } ?? .over
      let actual = self.machine.messageOffered(count, on: id)
      FuzzFailure.require(actual == expected, "\(actual) in place of \(expected)")
      guard actual == .write else { return }
      self.sending.use(count)
      self.calls[id]?.sending.use(count)
    }

    private mutating func take(_ id: StreamID) {
      guard let cost = self.calls[id]?.untaken.first else { return }
      self.calls[id]?.untaken.removeFirst()
      if let increment = self.machine.messagesTaken(cost, on: id) {
        self.calls[id]?.receiving.add(Int(increment))
        FuzzFailure.require(
          (self.calls[id]?.receiving.left ?? 0) <= ExtendedFrames.announcedStreamBytes,
          "a stream is given more credit than it had")
      }
    }

    private mutating func end(_ id: StreamID) {
      if self.frames.script.byte() & 1 == 0 {
        FuzzFailure.require(
          self.machine.outputEnded(on: id) == (self.calls[id] != nil),
          "a half-close of a call that is over")
        self.calls[id]?.outputIsOpen = false
      } else {
        self.giveUp(id)
      }
    }

    private mutating func giveUp(_ id: StreamID) {
      let wasOpen = self.calls.removeValue(forKey: id) != nil
      FuzzFailure.require(
        self.machine.callGivenUp(id) == (wasOpen ? .writeCancel : .nothing),
        "\(id) is given up twice, or the server is not told")
    }

    // MARK: Frames

    private mutating func response(_ id: StreamID) -> ExtendedFrames.Frame {
      var response = Response()
      let choice = self.frames.script.byte()
      if choice & 1 != 0 { response.payload = self.frames.payload() }
      if choice & 2 != 0 {
        response.status = Status(Int32(self.frames.script.byte() & 0x1f), "why")
      }
      if choice & 4 != 0 { response.metadata = self.frames.metadata() }
      if choice & 8 != 0 { response.trailers = self.frames.metadata() }
      return ExtendedFrames.frame(.response, id, response.encoded())
    }

    /// Whether it uses credit.
    private func costs(_ header: FrameHeader) -> Bool {
      header.streamID != .connection && header.kind == .data && !header.flags.contains(.noData)
    }

    private mutating func receive(_ frame: ExtendedFrames.Frame) {
      let costs = self.costs(frame.header)
      let call = self.calls[frame.header.streamID]
      let mayCome =
        !costs || !self.machine.hasSettings
        || self.receiving.allowsMessage && call?.receiving.allowsMessage ?? true
      self.now += .milliseconds(1)
      let action = self.machine.frameReceived(frame.header, frame.payload.span.bytes, at: self.now)
      if case .close(let error) = action {
        FuzzFailure.require(
          error.code != .windowExceeded || !mayCome, "a server is closed that had credit")
      } else {
        FuzzFailure.require(mayCome, "a message beyond the credit is taken")
        if costs {
          self.receiving.use(frame.payload.count)
          self.calls[frame.header.streamID]?.receiving.use(frame.payload.count)
        }
      }
      self.perform(action, frame.header)
      switch action {
      case .settings:
        // One that cannot be read closes.
        if let settings = try? Settings(decoding: frame.payload) { self.settled(settings) }
      case .credit(let id):
        guard let window = try? Window(decoding: frame.payload) else { break }
        if id == .connection {
          self.sending.add(Int(window.increment))
        } else {
          self.calls[id]?.sending.add(Int(window.increment))
        }
      default: break
      }
      guard !self.isClosed, let increment = self.machine.takeConnectionCredit() else { return }
      self.receiving.add(Int(increment))
      FuzzFailure.require(
        self.receiving.left <= ExtendedFrames.announcedConnectionBytes,
        "the connection is given more credit than it had")
    }

    private mutating func settled(_ settings: Settings) {
      if settings.maxStreams != 0 {
        self.maxStreams = min(self.maxStreams, Int(settings.maxStreams))
      }
      if settings.streamWindowBytes != 0 {
        let change = Int(settings.streamWindowBytes) - self.streamWindow
        self.streamWindow = Int(settings.streamWindowBytes)
        for id in self.calls.keys { self.calls[id]?.sending.add(change) }
      }
      if settings.connectionWindowBytes != 0 {
        self.sending.add(Int(settings.connectionWindowBytes) - self.connectionWindow)
        self.connectionWindow = Int(settings.connectionWindowBytes)
      }
    }

    private mutating func perform(
      _ action: ClientConnectionMachine.OnFrame, _ header: FrameHeader
    ) {
      switch action {
      case .ignore, .settings, .credit, .answerPing: break
      case .leadingMetadata(let id, let metadata):
        FuzzFailure.require(
          self.calls[id]?.hasLeadingMetadata == false
            && self.calls[id]?.shape.serverStreams == true,
          "leading metadata where none can be")
        self.requireWithinLimits(metadata)
        self.calls[id]?.hasLeadingMetadata = true
      case .message(let id, let message):
        FuzzFailure.require(
          self.calls[id]?.shape.serverStreams == true, "a message for no stream of responses")
        self.calls[id]?.untaken.append(messageCost(message.count))
      case .success(let id, _): self.over(id, header)
      case .annotatedEnd(let id, let response):
        self.requireWithinLimits(response.metadata)
        self.requireWithinLimits(response.trailers)
        self.over(id, header)
      case .failure(let id, let status):
        FuzzFailure.require(status.code != StatusNumber.ok, "a failure that says OK")
        self.over(id, header)
      case .violation(let id, let status, let told):
        FuzzFailure.require(
          status.code != StatusNumber.ok && told == .writeCancel,
          "the server does not hear that its call is over")
        self.over(id, header)
      case .goAway(let goAway, let refused):
        self.isGoingAway = true
        let expected = self.calls.keys.filter { $0.number > goAway.lastStreamId }
        FuzzFailure.require(
          Set(expected) == Set(refused) && refused.count == expected.count,
          "other calls are refused than those that the server has not looked at")
        for id in refused { self.calls[id] = nil }
      case .close(let error):
        self.isClosed = true
        FuzzFailure.require(
          self.machine.lastGoAway(error).map { $0.code != StatusNumber.ok } ?? false,
          "a server is closed without a word")
      }
    }

    private func requireWithinLimits(_ metadata: [KeyValue]) {
      FuzzFailure.require(
        metadata.count <= ExtendedFrames.limits.maxMetadataCount
          && metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
            <= ExtendedFrames.limits.maxMetadataBytes,
        "too much metadata")
    }

    /// Only the call that the frame names.
    private mutating func over(_ id: StreamID, _ header: FrameHeader) {
      FuzzFailure.require(id == header.streamID, "a frame for \(header.streamID) ends \(id)")
      FuzzFailure.require(self.calls.removeValue(forKey: id) != nil, "\(id) is over twice")
    }
  }
}
