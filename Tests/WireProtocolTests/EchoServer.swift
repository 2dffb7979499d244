internal import Protobuf
internal import WireProtocol

/// The service of `proto-spec/vectors/README.md` on the server's machine: bytes in, bytes out, no network.
struct EchoServer {
  static let shapes: [String: CallShape] = [
    "Unary": .unary, "Metadata": .unary, "Fail": .unary, "Hold": .unary,
    "Annotate": .unary, "AnnotateStream": .serverStreaming, "Thrice": .serverStreaming,
    "FailLate": .serverStreaming, "HoldStream": .serverStreaming,
    "HoldInput": .clientStreaming, "Join": .clientStreaming, "Count": .clientStreaming,
    "Chat": .bidirectional, "Goodbye": .bidirectional,
  ]

  /// Windows so small that vectors show them.
  static let limits = WireLimits(streamWindowBytes: 256, connectionWindowBytes: 1024)

  private(set) var machine: ServerConnectionMachine
  private var decoder: FrameDecoder
  /// What the server has written and nobody has taken.
  var output = Output()
  private var unread: [UInt8] = []
  private var calls: [StreamID: (method: String, messages: [[UInt8]])] = [:]
  private(set) var cancelled: [StreamID] = []
  /// Messages that wait for credit, with how the call ends behind them.
  private var waiting: [StreamID: (messages: [[UInt8]], end: ServerConnectionMachine.Outcome?)] =
    [:]
  /// Whether handlers take messages as they come; otherwise when ``read(_:)`` is called.
  var readsAtOnce = true
  private var unreadCost: [StreamID: Int] = [:]
  private(set) var closed: WireError?
  /// The time that frames arrive at; tests move it.
  var now = ContinuousClock.now

  init(limits: WireLimits = EchoServer.limits, dialect: Dialect = .plain) {
    self.machine = ServerConnectionMachine(limits: limits, dialect: dialect)
    self.decoder = FrameDecoder(limits: limits)
    self.output = Output(limits: limits)
    if dialect == .extended { self.output.settings(self.machine.settings) }
  }

  static func text(_ metadata: [KeyValue]) -> String {
    metadata.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  mutating func receive(_ bytes: some Sequence<UInt8>) {
    guard self.closed == nil else { return }
    self.receiveFrames(bytes)
    self.output.window(self.machine.takeConnectionCredit(), .connection)
  }

  /// A handler takes what has come.
  mutating func read(_ id: StreamID) {
    guard let cost = self.unreadCost.removeValue(forKey: id) else { return }
    self.output.window(self.machine.messagesTaken(cost, on: id), id)
    self.output.window(self.machine.takeConnectionCredit(), .connection)
  }

  private mutating func receiveFrames(_ bytes: some Sequence<UInt8>) {
    let bytes = self.unread + bytes
    var offset = 0
    while self.closed == nil {
      do {
        switch try self.decoder.next(in: bytes.span.bytes, from: &offset) {
        case .incomplete:
          self.unread = Array(bytes[offset...])
          return
        case .oversized(let header):
          self.perform(self.machine.oversizedFrameReceived(header, at: self.now))
        case .frame(let header):
          let payload = bytes.span.bytes.extracting((offset - header.payloadBytes)..<offset)
          let onFrame = self.machine.frameReceived(header, payload, at: self.now) {
            service, method in
            guard service == "test.Echo" else { return .unknownService }
            return Self.shapes[method].map { .found($0) } ?? .unknownMethod
          }
          self.perform(onFrame)
        }
      } catch {
        self.closed = error
      }
    }
  }

  mutating func beginGracefulShutdown() {
    if case .announce(let goAway) = self.machine.beginGracefulShutdown() {
      self.output.goAway(goAway)
      self.output.ping(ServerConnectionMachine.shutdownPing)
    }
  }

  /// Ends a held call.
  mutating func release(_ id: StreamID) {
    self.end(id, .success(Self.shapes[self.calls[id]?.method ?? ""] == .unary ? [] : nil))
  }

  mutating func passDeadline(of id: StreamID) {
    if let status = self.machine.deadlinePassed(id) {
      self.output.status(status, id)
      self.cancelled.append(id)
    }
  }

  private mutating func perform(_ action: ServerConnectionMachine.OnFrame) {
    switch action {
    case .ignore: break
    case .begin(let id, let call): self.begin(id, call)
    case .message(let id, let message, let isLast):
      self.calls[id]?.messages.append(message)
      self.unreadCost[id, default: 0] += messageCost(message.count)
      if self.readsAtOnce, self.calls[id]?.method != "HoldInput" { self.read(id) }
      if self.calls[id]?.method == "Chat" { self.send(message, id) }
      if isLast { self.inputEnded(id) }
    case .endOfInput(let id): self.inputEnded(id)
    case .cancel(let id, _): self.stop(id)
    case .refuse(let id, let status): self.output.status(status, id)
    case .fail(let id, let status):
      self.output.status(status, id)
      self.stop(id)
    case .settings, .credit(.connection):
      for id in self.waiting.keys.sorted(by: { $0.number < $1.number }) { self.sendWaiting(id) }
    case .credit(let id): self.sendWaiting(id)
    case .answerPing(let number): self.output.pong(number)
    case .pong(let number):
      if number == ServerConnectionMachine.shutdownPing {
        self.output.goAway(self.machine.shutdownWasHeard())
      }
    case .close(let error):
      self.output.goAway(self.machine.lastGoAway(error))
      self.closed = error
    }
  }

  /// The call is over for its client. A handler returns then, because what it has not taken uses the connection's credit; in the plain
  /// dialect it goes on, so that vectors show what is made of frames for it.
  private mutating func stop(_ id: StreamID) {
    self.cancelled.append(id)
    self.waiting[id] = nil
    guard self.machine.dialectIsExtended, self.calls[id] != nil else { return }
    self.write(id, .failure(Status(1, "cancelled")))
  }

  private mutating func begin(_ id: StreamID, _ call: IncomingCall) {
    self.calls[id] = (call.method, call.message.map { [$0] } ?? [])
    let message = call.message ?? []
    switch call.method {
    case "Unary": self.end(id, .success(message))
    case "Metadata":
      let text = call.metadata.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      self.end(id, .success(Array(text.utf8)))
    case "Fail":
      var status = Status(StatusNumber.resourceExhausted, "no room")
      status.details = [
        .with {
          $0.typeUrl = "type.googleapis.com/google.rpc.RetryInfo"
          $0.value = [0x0a, 0x02, 0x08, 0x02]
        }
      ]
      self.end(id, .failure(status))
    case "Annotate", "AnnotateStream": self.annotate(id, call)
    case "Thrice":
      for _ in 0..<3 { self.send(message, id) }
      self.end(id, .success(nil))
    case "FailLate":
      self.send(message, id)
      self.end(id, .failure(Status(5, "not there")))
    case "Goodbye": self.end(id, .success(nil))
    case "Chat":
      if let first = call.message { self.send(first, id) }
      if call.inputIsComplete { self.inputEnded(id) }
    case "Join", "Count": if call.inputIsComplete { self.inputEnded(id) }
    default: break
    }
  }

  private mutating func inputEnded(_ id: StreamID) {
    guard let call = self.calls[id] else { return }
    switch call.method {
    case "Join": self.end(id, .success(Array(call.messages.joined())))
    case "Count": self.end(id, .success(Array(String(call.messages.count).utf8)))
    case "Chat": self.end(id, .success(nil))
    default: break
    }
  }

  /// Answers with metadata and trailers, as far as the client understands them.
  private mutating func annotate(_ id: StreamID, _ call: IncomingCall) {
    guard self.machine.dialectIsExtended else {
      if call.method == "AnnotateStream" { self.send(call.message ?? [], id) }
      return self.end(id, .success(call.method == "Annotate" ? call.message ?? [] : nil))
    }
    var response = Response()
    response.trailers = [
      .with {
        $0.key = "last"
        $0.value = "2"
      }
    ]
    let leading = [
      KeyValue.with {
        $0.key = "first"
        $0.value = "1"
      }
    ]
    if call.method == "Annotate" {
      response.metadata = leading
      response.payload = call.message ?? []
      _ = self.machine.callEnded(id, .success(response.payload))
    } else {
      self.output.leadingMetadata(leading, id)
      self.send(call.message ?? [], id)
      _ = self.machine.callEnded(id, .success(nil))
    }
    self.calls[id] = nil
    self.output.response(response, id)
  }

  private mutating func send(_ message: [UInt8], _ id: StreamID) {
    self.waiting[id, default: ([], nil)].messages.append(message)
    self.sendWaiting(id)
  }

  private mutating func sendWaiting(_ id: StreamID) {
    guard var waiting = self.waiting.removeValue(forKey: id) else { return }
    while let message = waiting.messages.first {
      switch self.machine.messageOffered(message.count, on: id) {
      case .write: self.output.data(message, id)
      case .over: break
      case .wait:
        self.waiting[id] = waiting
        return
      }
      waiting.messages.removeFirst()
    }
    if let end = waiting.end { self.write(id, end) }
  }

  private mutating func end(_ id: StreamID, _ outcome: ServerConnectionMachine.Outcome) {
    guard self.waiting[id] == nil else {
      self.waiting[id]?.end = outcome
      return
    }
    self.write(id, outcome)
  }

  private mutating func write(_ id: StreamID, _ outcome: ServerConnectionMachine.Outcome) {
    self.calls[id] = nil
    self.unreadCost[id] = nil
    switch self.machine.callEnded(id, outcome) {
    case .writeResponse(let message): self.output.response(message, id)
    case .writeEndOfStream: self.output.endOfStream(id)
    case .writeStatus(let status): self.output.status(status, id)
    case .nothing: break
    }
    self.output.window(self.machine.takeConnectionCredit(), .connection)
  }
}

extension ServerConnectionMachine {
  /// Only a client of the extended dialect is sent SETTINGS and the rest.
  var dialectIsExtended: Bool { self.lastGoAway(WireError(.protocolViolation, "")) != nil }
}
