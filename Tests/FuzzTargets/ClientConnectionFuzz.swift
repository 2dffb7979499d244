internal import WireProtocol

/// The client's half of a connection, and a server that sends whatever it likes.
enum ClientConnectionFuzz: FuzzTarget {
  static let name = "client-connection"
  private static let limits = WireLimits(maxConcurrentStreams: 4)

  static func run(_ bytes: [UInt8]) {
    var script = ByteScript(bytes)
    let choice = script.byte()
    let dialect: Dialect = choice & 1 == 0 ? .plain : .extended
    var machine = ClientConnectionMachine(limits: self.limits, dialect: dialect)
    var sending: Set<StreamID> = []
    let now = ContinuousClock.now
    if dialect == .extended, choice & 2 == 0 {
      let settings = FrameHeader(payloadBytes: 0, streamID: .connection, kind: .settings)
      _ = machine.frameReceived(settings, [UInt8]().span.bytes, at: now)
    }
    while !script.isEmpty {
      let what = script.byte()
      let id = StreamID(UInt32(what & 0x1f))
      switch what >> 5 {
      case 0:
        let shape = CallShape(clientStreams: what & 1 == 1, serverStreams: what & 2 == 2)
        if case .write(let id, _) = machine.callBegan(shape) {
          machine.requestWritten(8)
          if shape.clientStreams { sending.insert(id) }
        }
      case 1: if sending.contains(id) { _ = machine.messageOffered(8, on: id) }
      case 2: if sending.remove(id) != nil { _ = machine.outputEnded(on: id) }
      case 3:
        sending.remove(id)
        _ = machine.callGivenUp(id)
        FuzzFailure.require(machine.callGivenUp(id) == .nothing, "\(id) is given up twice")
      case 4:
        let header = FrameHeader(
          payloadBytes: 5 << 20, streamID: id, kind: FrameKind(rawValue: script.byte()), flags: [])
        _ = machine.oversizedFrameReceived(header)
      default:
        let kind = FrameKind(rawValue: script.byte())
        let flags = FrameFlags(rawValue: script.byte())
        let payload = script.bytes(Int(script.byte()))
        let header = FrameHeader(
          payloadBytes: payload.count, streamID: id, kind: kind, flags: flags)
        let before = machine.activeStreams
        let action = machine.frameReceived(header, payload.span.bytes, at: now)
        var ended = 1
        switch action {
        case .goAway(_, let refused): ended = refused.count
        case .message(let id, let message):
          _ = machine.messagesTaken(messageCost(message.count), on: id)
          _ = machine.takeConnectionCredit()
        case .close: return
        default: break
        }
        FuzzFailure.require(
          before - machine.activeStreams <= ended && machine.activeStreams <= before,
          "one frame ends \(before - machine.activeStreams) calls")
      }
      FuzzFailure.require(machine.activeStreams <= 4, "more calls than allowed")
    }
  }
}
