internal import Protobuf
internal import WireProtocol

/// An application on the client's machine: bytes in, bytes out, and what calls are told.
struct EchoClient {
  /// What the application is told of a call.
  enum Told: Hashable {
    case message([UInt8])
    case success([UInt8]?)
    case failure(Int32, String)
    /// Metadata before a stream's messages, or beside a response.
    case metadata(String)
    case trailers(String)
  }

  private(set) var machine: ClientConnectionMachine
  private var decoder: FrameDecoder
  var output = Output()
  private var unread: [UInt8] = []
  private(set) var told: [StreamID: [Told]] = [:]
  /// Messages that wait for credit, and whether the half-close waits behind them.
  private var waiting: [StreamID: (messages: [[UInt8]], isEnding: Bool)] = [:]
  /// Whether it reads streams as they come; otherwise when ``read(_:)`` is called.
  var readsAtOnce = true
  private(set) var unreadCost: [StreamID: Int] = [:]
  private(set) var goingAway: GoAway?
  private(set) var closed: WireError?
  var now = ContinuousClock.now

  init(limits: WireLimits = EchoServer.limits, dialect: Dialect = .plain) {
    self.machine = ClientConnectionMachine(limits: limits, dialect: dialect)
    self.decoder = FrameDecoder(limits: limits)
    if dialect == .extended { self.output.settings(self.machine.settings) }
  }

  /// Begins a call; nil if the machine refuses.
  mutating func call(
    _ shape: CallShape, _ service: String, _ method: String, _ message: [UInt8]
  ) -> StreamID? {
    guard case .write(let id, let flags) = self.machine.callBegan(shape) else { return nil }
    var request = Request()
    (request.service, request.method, request.payload) = (service, method, message)
    self.output.request(request, flags, id)
    self.machine.requestWritten(request.encoded().count)
    self.told[id] = []
    return id
  }

  mutating func send(_ message: [UInt8], _ id: StreamID) {
    self.waiting[id, default: ([], false)].messages.append(message)
    self.sendWaiting(id)
  }

  mutating func end(_ id: StreamID) {
    self.waiting[id, default: ([], false)].isEnding = true
    self.sendWaiting(id)
  }

  private mutating func sendWaiting(_ id: StreamID) {
    guard var waiting = self.waiting.removeValue(forKey: id) else { return }
    while let message = waiting.messages.first {
      switch self.machine.messageOffered(message.count, on: id) {
      case .write: self.output.data(message, id)
      case .over: return
      case .wait:
        self.waiting[id] = waiting
        return
      }
      waiting.messages.removeFirst()
    }
    if waiting.isEnding, self.machine.outputEnded(on: id) { self.output.endOfStream(id) }
  }

  mutating func cancel(_ id: StreamID) {
    self.waiting[id] = nil
    self.perform(self.machine.callGivenUp(id), id)
  }

  /// Takes what has come on a stream.
  mutating func read(_ id: StreamID) {
    guard let cost = self.unreadCost.removeValue(forKey: id) else { return }
    self.output.window(self.machine.messagesTaken(cost, on: id), id)
  }

  mutating func ping(_ number: UInt64) { self.output.ping(number) }

  mutating func receive(_ bytes: some Sequence<UInt8>) throws(WireError) {
    guard self.closed == nil else { return }
    try self.receiveFrames(bytes)
    self.output.window(self.machine.takeConnectionCredit(), .connection)
  }

  private mutating func receiveFrames(_ bytes: some Sequence<UInt8>) throws(WireError) {
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
        self.perform(self.machine.frameReceived(header, payload, at: self.now))
      }
    }
  }

  private mutating func perform(_ action: ClientConnectionMachine.OnFrame) {
    switch action {
    case .ignore: break
    case .leadingMetadata(let id, let metadata):
      self.told[id]?.append(.metadata(EchoServer.text(metadata)))
    case .message(let id, let message):
      self.told[id]?.append(.message(message))
      self.unreadCost[id, default: 0] += messageCost(message.count)
      if self.readsAtOnce { self.read(id) }
    case .annotatedEnd(let id, let response):
      if !response.metadata.isEmpty {
        self.told[id]?.append(.metadata(EchoServer.text(response.metadata)))
      }
      if !response.trailers.isEmpty {
        self.told[id]?.append(.trailers(EchoServer.text(response.trailers)))
      }
      if let status = response.status {
        self.told[id]?.append(.failure(status.code, status.message))
      } else {
        self.told[id]?.append(.success(response.payload.isEmpty ? nil : response.payload))
      }
    case .settings: for id in self.waiting.keys.sorted() { self.sendWaiting(id) }
    case .credit(.connection): for id in self.waiting.keys.sorted() { self.sendWaiting(id) }
    case .credit(let id): self.sendWaiting(id)
    case .answerPing(let number): self.output.pong(number)
    case .goAway(let goAway, let refused):
      self.goingAway = goAway
      for id in refused { self.told[id]?.append(.failure(14, "refused")) }
    case .close(let error):
      self.output.goAway(self.machine.lastGoAway(error))
      self.closed = error
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

extension [StreamID: (messages: [[UInt8]], isEnding: Bool)].Keys {
  func sorted() -> [StreamID] { self.sorted { $0.number < $1.number } }
}
