internal import WireProtocol

/// An application on the client's machine: bytes in, bytes out, and what calls are told.
struct EchoClient {
  /// What the application is told of a call.
  enum Told: Hashable {
    case message([UInt8])
    case success([UInt8]?)
    case failure(Int32, String)
  }

  private(set) var machine: ClientConnectionMachine
  private var decoder: FrameDecoder
  var output = Output()
  private var unread: [UInt8] = []
  private(set) var told: [StreamID: [Told]] = [:]

  init(limits: WireLimits = WireLimits(), dialect: Dialect = .plain) {
    self.machine = ClientConnectionMachine(limits: limits, dialect: dialect)
    self.decoder = FrameDecoder(limits: limits)
  }

  /// Begins a call; nil if the machine refuses.
  mutating func call(
    _ shape: CallShape, _ service: String, _ method: String, _ message: [UInt8]
  ) -> StreamID? {
    guard case .write(let id, let flags) = self.machine.callBegan(shape) else { return nil }
    var request = Request()
    (request.service, request.method, request.payload) = (service, method, message)
    self.output.request(request, flags, id)
    self.told[id] = []
    return id
  }

  mutating func send(_ message: [UInt8], _ id: StreamID) {
    if self.machine.mayWriteMessage(on: id) { self.output.data(message, id) }
  }

  mutating func end(_ id: StreamID) {
    if self.machine.outputEnded(on: id) { self.output.endOfStream(id) }
  }

  mutating func cancel(_ id: StreamID) { self.perform(self.machine.callGivenUp(id), id) }

  mutating func receive(_ bytes: some Sequence<UInt8>) throws(WireError) {
    let bytes = self.unread + bytes
    var offset = 0
    while true {
      switch try self.decoder.next(in: bytes.span.bytes, from: &offset) {
      case .incomplete:
        self.unread = Array(bytes[offset...])
        return
      case .oversized(let header): self.perform(self.machine.oversizedFrameReceived(header))
      case .frame(let header):
        let payload = bytes.span.bytes.extracting((offset - header.payloadBytes)..<offset)
        self.perform(self.machine.frameReceived(header, payload))
      }
    }
  }

  private mutating func perform(_ action: ClientConnectionMachine.OnFrame) {
    switch action {
    case .ignore: break
    case .message(let id, let message): self.told[id]?.append(.message(message))
    case .success(let id, let message): self.told[id]?.append(.success(message))
    case .failure(let id, let status):
      self.told[id]?.append(.failure(status.code, status.message))
    case .violation(let id, let status, let onGivenUp):
      self.told[id]?.append(.failure(status.code, status.message))
      self.perform(onGivenUp, id)
    }
  }

  private mutating func perform(_ action: ClientConnectionMachine.OnGivenUp, _ id: StreamID) {
    switch action {
    case .writeCancel: self.output.cancel(id)
    case .cannotTell, .nothing: break
    }
  }
}
