internal import Protobuf
internal import WireProtocol

/// The service of `proto-spec/vectors/README.md` on the server's machine: bytes in, bytes out, no network.
struct EchoServer {
  static let shapes: [String: CallShape] = [
    "Unary": .unary, "Metadata": .unary, "Fail": .unary, "Hold": .unary,
    "Thrice": .serverStreaming, "FailLate": .serverStreaming, "HoldStream": .serverStreaming,
    "Join": .clientStreaming, "Count": .clientStreaming,
    "Chat": .bidirectional, "Goodbye": .bidirectional,
  ]

  private(set) var machine: ServerConnectionMachine
  private var decoder: FrameDecoder
  /// What the server has written and nobody has taken.
  var output = Output()
  private var unread: [UInt8] = []
  private var calls: [StreamID: (method: String, messages: [[UInt8]])] = [:]
  private(set) var cancelled: [StreamID] = []
  private(set) var closed: WireError?
  /// The time that frames arrive at; tests move it.
  var now = ContinuousClock.now

  init(limits: WireLimits = WireLimits(), dialect: Dialect = .plain) {
    self.machine = ServerConnectionMachine(limits: limits, dialect: dialect)
    self.decoder = FrameDecoder(limits: limits)
    self.output = Output(limits: limits)
  }

  mutating func receive(_ bytes: some Sequence<UInt8>) {
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

  mutating func beginGracefulShutdown() { self.machine.beginGracefulShutdown() }

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
      if self.calls[id]?.method == "Chat" { self.send(message, id) }
      if isLast { self.inputEnded(id) }
    case .endOfInput(let id): self.inputEnded(id)
    case .cancel(let id): self.cancelled.append(id)
    case .refuse(let id, let status): self.output.status(status, id)
    case .fail(let id, let status):
      self.output.status(status, id)
      self.cancelled.append(id)
    case .close(let error): self.closed = error
    }
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

  private mutating func send(_ message: [UInt8], _ id: StreamID) {
    if self.machine.mayWriteMessage(on: id) { self.output.data(message, id) }
  }

  private mutating func end(_ id: StreamID, _ outcome: ServerConnectionMachine.Outcome) {
    self.calls[id] = nil
    switch self.machine.callEnded(id, outcome) {
    case .writeResponse(let message): self.output.response(message, id)
    case .writeEndOfStream: self.output.endOfStream(id)
    case .writeStatus(let status): self.output.status(status, id)
    case .nothing: break
    }
  }
}
