internal import WireProtocol

/// The server's half of a connection: frames in any order, handlers that end at any time.
///
/// The script's first byte chooses the dialect, and whether SETTINGS come as they must; then each step is a byte: what
/// happens, and to which of a few ids.
enum ServerConnectionFuzz: FuzzTarget {
  static let name = "server-connection"
  private static let maxStreams = 4
  private static let limits = WireLimits(maxConcurrentStreams: Self.maxStreams)

  private struct Handler {
    let shape: CallShape
    var inputIsOpen: Bool
    var isCancelled = false
  }

  static func run(_ bytes: [UInt8]) {
    var script = ByteScript(bytes)
    let choice = script.byte()
    let dialect: Dialect = choice & 1 == 0 ? .plain : .extended
    var machine = ServerConnectionMachine(limits: self.limits, dialect: dialect)
    var handlers: [StreamID: Handler] = [:]
    let start = ContinuousClock.now
    if dialect == .extended, choice & 2 == 0 {
      let settings = FrameHeader(payloadBytes: 0, streamID: .connection, kind: .settings)
      _ = machine.frameReceived(settings, [UInt8]().span.bytes, at: start) { _, _ in .unknownService
      }
    }
    var step = 0
    while !script.isEmpty {
      step += 1
      let now = start + .milliseconds(step)
      let what = script.byte()
      if what & 0xc0 == 0xc0 {
        self.handlerActs(&machine, &handlers, what)
        continue
      }
      let kind = FrameKind(rawValue: script.byte())
      let flags = FrameFlags(rawValue: script.byte())
      let payload = script.bytes(Int(script.byte()))
      let header = FrameHeader(
        payloadBytes: payload.count, streamID: StreamID(UInt32(what & 0x1f)), kind: kind,
        flags: flags)
      var shape = CallShape.unary
      let action =
        what & 0x20 == 0
        ? machine.frameReceived(header, payload.span.bytes, at: now) { _, method in
          guard let last = method.utf8.last else { return .unknownMethod }
          shape = CallShape(clientStreams: last & 1 == 1, serverStreams: last & 2 == 2)
          return .found(shape)
        } : machine.oversizedFrameReceived(header, at: now)
      guard self.apply(action, shape, &handlers) else { return }
      if case .message(let id, let message, _) = action {
        _ = machine.messagesTaken(messageCost(message.count), on: id)
        _ = machine.takeConnectionCredit()
      }
      FuzzFailure.require(
        machine.activeStreams == handlers.count && handlers.count <= self.maxStreams,
        "\(machine.activeStreams) streams, \(handlers.count) handlers")
    }
    for (id, handler) in handlers { self.end(&machine, id, handler) }
    FuzzFailure.require(machine.activeStreams == 0, "streams are left over")
  }

  /// - Returns: False: the connection is closed.
  private static func apply(
    _ action: ServerConnectionMachine.OnFrame, _ shape: CallShape,
    _ handlers: inout [StreamID: Handler]
  ) -> Bool {
    switch action {
    case .ignore, .refuse, .settings, .credit, .answerPing, .pong: return true
    case .begin(let id, let call):
      FuzzFailure.require(handlers[id] == nil, "\(id) begins twice")
      handlers[id] = Handler(shape: shape, inputIsOpen: !call.inputIsComplete)
    case .message(let id, _, let isLast):
      FuzzFailure.require(handlers[id]?.inputIsOpen == true, "a message after the end of input")
      FuzzFailure.require(handlers[id]?.isCancelled == false, "a message after the end")
      if isLast { handlers[id]?.inputIsOpen = false }
    case .endOfInput(let id):
      FuzzFailure.require(handlers[id]?.inputIsOpen == true, "input ends twice")
      handlers[id]?.inputIsOpen = false
    case .cancel(let id, _), .fail(let id, _):
      FuzzFailure.require(handlers[id]?.isCancelled == false, "\(id) is cancelled twice")
      handlers[id]?.isCancelled = true
    case .close: return false
    }
    return true
  }

  private static func handlerActs(
    _ machine: inout ServerConnectionMachine, _ handlers: inout [StreamID: Handler], _ what: UInt8
  ) {
    let id = StreamID(UInt32(what & 0x0f) * 2 + 1)
    guard let handler = handlers[id] else { return }
    switch what & 0x30 {
    case 0x00 where handler.shape.serverStreams:
      FuzzFailure.require(
        (machine.messageOffered(8, on: id) == .over) == handler.isCancelled,
        "whether a call is over is told in two ways")
    case 0x10:
      let status = machine.deadlinePassed(id)
      FuzzFailure.require((status == nil) == handler.isCancelled, "a deadline of an ended call")
      handlers[id]?.isCancelled = true
    default:
      handlers[id] = nil
      self.end(&machine, id, handler)
    }
  }

  private static func end(
    _ machine: inout ServerConnectionMachine, _ id: StreamID, _ handler: Handler
  ) {
    let action = machine.callEnded(id, .success(handler.shape.serverStreams ? nil : [1]))
    FuzzFailure.require(
      (action == .nothing) == handler.isCancelled, "\(id) ended with \(action)")
  }
}
