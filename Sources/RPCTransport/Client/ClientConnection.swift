internal import Networking
internal import RPC
internal import WireProtocol

/// One connection of a client: performs what ``ClientConnectionMachine`` decides.
@NetworkActor
final class ClientConnection {
  let address: SocketAddress
  private let stream: Stream
  let gate: ReadGate
  private let sendGate: SendGate
  private let wakeUp = WakeUp()
  private var machine: ClientConnectionMachine
  private var decoder: FrameDecoder
  private var encoder: FrameEncoder
  private var calls = StreamTable<any ClientCall>()
  private var isRetired = false
  /// Whether streams of one connection do not stop each other.
  let hasWindows: Bool
  private let began = ContinuousClock.now
  private var keepalive: Keepalive
  /// Where senders of streams wait for credit.
  private var creditGates = StreamTable<CreditGate>()
  private(set) var isClosed = false
  /// Whether the server has sent a frame.
  private(set) var hasWorked = false
  /// Whether the server closed it in good order while no call was running.
  private(set) var wasIdle = false
  /// Calls that were promised room and have not begun.
  private var promised = 0
  private var wasFull = false
  /// Told once, when the connection is gone.
  var onClosed: (@NetworkActor (any Error) -> Void)?
  /// Told when the server has sent its first frame.
  var onWorked: (@NetworkActor () -> Void)?
  /// Told once, when it takes no more calls and another is needed.
  var onRetired: (@NetworkActor () -> Void)?
  /// Told when a call has ended on a connection that was full.
  var onRoom: (@NetworkActor () -> Void)?

  init(_ stream: Stream, options: RPCClientOptions) {
    self.address = stream.peer
    self.stream = stream
    self.gate = ReadGate(stream)
    self.sendGate = SendGate(stream)
    let limits = options.wireLimits
    let dialect = Dialect(negotiated: stream.negotiatedProtocol)
    self.hasWindows = dialect == .extended
    self.machine = ClientConnectionMachine(limits: limits, dialect: dialect)
    self.keepalive = Keepalive(
      interval: options.keepaliveInterval, timeout: options.keepaliveTimeout, at: self.began)
    self.decoder = FrameDecoder(limits: limits)
    self.encoder = FrameEncoder(limits: limits)
    stream.highWaterMark = options.outboundHighWaterBytes
    stream.lowWaterMark = options.outboundHighWaterBytes / 4
    self.wakeUp.onDue { [weak self] in self?.timeHasCome($0) }
    stream.onDrained = { [weak self] in self?.sendGate.open() }
    stream.onClose = { [weak self] in self?.closed($0) }
    stream.onReceive = { [weak self] in self?.received($0) }
    if self.hasWindows {
      self.wakeUp.ring(at: self.began + WireLimits.settingsTimeout)
      self.encoder.settings(self.machine.settings)
      self.flush()
    }
  }

  /// Whether another call may be promised room on it.
  var hasRoom: Bool { !self.isClosed && !self.isRetired && self.machine.room > self.promised }

  /// Keeps room for a call, which begins next, or never and then says so.
  func promise() {
    self.promised += 1
    self.wasFull = self.wasFull || !self.hasRoom
  }

  /// Takes a ``promise()`` back that is not needed.
  func forgetPromise() {
    self.promised -= 1
    self.tellRoom()
  }

  /// Takes no more calls, and closes when the last has ended.
  func retire() {
    guard !self.isRetired else { return }
    self.isRetired = true
    let onRetired = self.onRetired
    self.onRetired = nil
    onRetired?()
    self.closeIfDone()
  }

  /// Breaks the connection off; its calls fail with `error`.
  func close(_ error: any Error) { self.stream.close(error) }

  // MARK: Calls

  /// Sends a Request, for which there is a ``promise()``.
  ///
  /// - Parameter request: Its timeout is set here, from the call's deadline.
  /// - Throws: ``NoRoom``: calls that began since the promise have used up the credit, or the connection has gone: ask for another.
  ///   `RPCError`: the request is too large. Nothing was sent.
  func begin(_ call: any ClientCall, _ shape: CallShape, _ request: Request) throws -> StreamID {
    self.promised -= 1
    guard !self.isClosed, case .write(let id, let flags) = self.machine.callBegan(shape) else {
      throw NoRoom()
    }
    var request = request
    if let deadline = call.deadline {
      // 0 would mean that there is none.
      request.timeoutNano = max(1, (deadline - .now).nanoseconds)
      self.wakeUp.ring(at: deadline)
    }
    do throws(WireError) {
      self.machine.requestWritten(try self.encoder.request(request, flags: flags, on: id))
    } catch {
      _ = self.machine.callGivenUp(id)
      self.callEnded()
      throw RPCError(.resourceExhausted, "the request does not fit: \(error.message)")
    }
    self.calls[id] = call
    self.wasFull = self.wasFull || !self.hasRoom
    if self.hasWindows {
      // Rings at once if the server has been silent for so long: then nobody knows whether it is there.
      self.wakeUp.ring(at: self.keepalive.nextLook)
      if shape.clientStreams { self.creditGates[id] = CreditGate() }
      if let stream = call as? ClientStreamingCall {
        stream.responses.onTaken = { [weak self] in self?.messagesTaken($0, id) }
      }
    }
    self.flush()
    self.stream.sendEarly()
    return id
  }

  private func messagesTaken(_ cost: Int, _ id: StreamID) {
    guard !self.isClosed, let increment = self.machine.messagesTaken(cost, on: id) else { return }
    self.encoder.window(increment, on: id)
    self.flush()
  }

  /// Sends a message on a stream, and waits while the server is behind.
  ///
  /// - Throws: `CancellationError` when the call is over.
  func send(_ message: [UInt8], on id: StreamID) async throws {
    do throws(WireError) {
      // Before the message uses credit, which nobody would give back for one that is not sent.
      try self.encoder.checkFits(message.count)
    } catch {
      throw RPCError(.resourceExhausted, error.message)
    }
    let credit = self.creditGates[id]
    offering: while true {
      guard !self.isClosed else { throw CancellationError() }
      credit?.close()
      switch self.machine.messageOffered(message.count, on: id) {
      case .write: break offering
      case .over: throw CancellationError()
      case .wait: try await credit?.wait()
      }
    }
    do throws(WireError) {
      try self.encoder.data(message, on: id)
    } catch {
      throw RPCError(.resourceExhausted, error.message)
    }
    self.flush()
    self.stream.sendEarly()
    if self.sendGate.isClosed {
      try await self.sendGate.wait()
    } else if self.stream.hasSentItsShare {
      await Task.yield()
    }
  }

  /// Half-closes a stream.
  func endOutput(on id: StreamID) {
    guard !self.isClosed, self.machine.outputEnded(on: id) else { return }
    self.encoder.endOfData(on: id)
    self.flush()
  }

  /// Ends a call from this side; the server is told if it understands that. Nothing if it is over.
  func giveUp(_ id: StreamID, _ error: any Error) {
    guard let call = self.calls.removeValue(for: id) else { return }
    self.perform(
      self.machine.callGivenUp(id), id, call,
      (error as? RPCError)?.code == .deadlineExceeded
        ? StatusNumber.deadlineExceeded : StatusNumber.cancelled)
    self.endCredit(id)
    call.ended(.failure(error))
    self.callEnded()
  }

  private func endCredit(_ id: StreamID) {
    if self.hasWindows { self.creditGates.removeValue(for: id)?.fail(CancellationError()) }
  }

  private func perform(
    _ action: ClientConnectionMachine.OnGivenUp, _ id: StreamID, _ call: any ClientCall,
    _ reason: Int32 = StatusNumber.cancelled
  ) {
    switch action {
    case .writeCancel:
      self.encoder.cancel(reason, on: id)
      self.flush()
    case .cannotTell where call is ClientStreamingCall:
      // The stream would go on for nobody. Closing is all that the server understands; other calls may end first.
      self.retire()
    case .cannotTell, .nothing: break
    }
  }

  private func callEnded() {
    self.tellRoom()
    if self.machine.isExhausted { self.retire() }
    self.closeIfDone()
  }

  private func closeIfDone() {
    if self.isRetired, self.calls.isEmpty, !self.isClosed { self.stream.close() }
  }

  private func flush() {
    let outbound = self.stream.outbound
    self.encoder.drain { outbound.append($0) }
    self.stream.flush()
  }

  // MARK: Receiving

  private func received(_ buffer: ByteBuffer) {
    if !self.hasWorked {
      self.hasWorked = true
      self.onWorked?()
    }
    let now = ContinuousClock.now
    self.keepalive.heard(at: now)
    let bytes = buffer.bytes.bytes
    var offset = 0
    reading: while !self.isClosed, !self.gate.isClosed {
      do throws(WireError) {
        switch try self.decoder.next(in: bytes, from: &offset) {
        case .incomplete: break reading
        case .oversized(let header): self.perform(self.machine.oversizedFrameReceived(header))
        case .frame(let header):
          self.perform(
            self.machine.frameReceived(
              header, bytes.extracting((offset - header.payloadBytes)..<offset), at: now))
        }
      } catch {
        return self.close(error)
      }
    }
    guard !self.isClosed else { return }
    buffer.consume(offset)
    if self.hasWindows, let increment = self.machine.takeConnectionCredit() {
      self.encoder.window(increment, on: .connection)
      self.flush()
    }
  }

  /// Leaves a server that broke the protocol, and tells it why if it understands that.
  private func close(_ error: WireError) {
    if let goAway = self.machine.lastGoAway(error) {
      self.encoder.goAway(goAway)
      self.flush()
    }
    self.stream.close(error)
  }

  private func perform(_ action: ClientConnectionMachine.OnFrame) {
    switch action {
    case .ignore: break
    case .leadingMetadata(let id, let metadata):
      self.calls[id]?.response?.metadata = RPCMetadata(metadata)
    case .message(let id, let message): self.calls[id]?.received(message)
    case .success(let id, let message): self.end(id, .success(message))
    case .annotatedEnd(let id, let response): self.end(id, response)
    case .failure(let id, let status): self.end(id, .failure(RPCError(status)))
    case .violation(let id, let status, let onGivenUp):
      if let call = self.calls[id] { self.perform(onGivenUp, id, call) }
      self.end(id, .failure(RPCError(status)))
    case .settings(let maxPayloadBytes):
      self.encoder.maxPayloadBytes = maxPayloadBytes
      self.creditHasCome(.connection)
    case .credit(let id): self.creditHasCome(id)
    case .answerPing(let number):
      self.encoder.pong(number)
      self.flush()
    case .goAway(let goAway, let refused):
      for id in refused {
        self.endCredit(id)
        self.calls.removeValue(for: id)?.ended(.failure(NotLookedAt(reason: goAway.message)))
      }
      self.callEnded()
    case .close(let error): self.close(error)
    }
  }

  /// Who waits for credit, or for room, looks again.
  private func creditHasCome(_ id: StreamID) {
    guard id == .connection else {
      self.creditGates[id]?.open()
      return
    }
    for gate in self.creditGates.values { gate.open() }
    self.tellRoom()
  }

  private func tellRoom() {
    guard self.wasFull, self.hasRoom else { return }
    self.wasFull = false
    self.onRoom?()
  }

  private func end(_ id: StreamID, _ response: Response) {
    let call = self.calls[id]
    if let told = call?.response {
      if !response.metadata.isEmpty { told.metadata = RPCMetadata(response.metadata) }
      told.trailers = RPCMetadata(response.trailers)
    }
    if let status = response.status, status.code != StatusNumber.ok {
      return self.end(id, .failure(RPCError(status)))
    }
    let isOnlyTheEnd = call is ClientStreamingCall && response.payload.isEmpty
    self.end(id, .success(isOnlyTheEnd ? nil : response.payload))
  }

  private func end(_ id: StreamID, _ result: Result<[UInt8]?, any Error>) {
    self.endCredit(id)
    self.calls.removeValue(for: id)?.ended(result)
    self.callEnded()
  }

  // MARK: Time and end

  private func timeHasCome(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    var next: ContinuousClock.Instant?
    for (id, call) in self.calls.entries {
      guard let deadline = call.deadline else { continue }
      if deadline > now {
        next = min(next ?? deadline, deadline)
      } else {
        self.giveUp(id, RPCError.deadlineExceeded)
      }
    }
    guard self.hasWindows, !self.isClosed else { return next }
    if !self.machine.hasSettings {
      let limit = self.began + WireLimits.settingsTimeout
      guard limit > now else {
        self.close(WireError(.protocolViolation, "the server's SETTINGS did not come"))
        return nil
      }
      next = min(next ?? limit, limit)
    }
    guard !self.calls.isEmpty else { return next }
    switch self.keepalive.timeHasCome(now) {
    case .wait(let until): return min(next ?? until, until)
    case .ping(let number, let until):
      self.encoder.ping(number)
      self.flush()
      return min(next ?? until, until)
    case .dead:
      self.stream.close(
        RPCError(.unavailable, "the server at \(self.address) does not answer any more"))
      return nil
    }
  }

  private func closed(_ error: (any Error)?) {
    self.isClosed = true
    self.wakeUp.close()
    let reason = self.callError(error)
    self.wasIdle = error == nil && self.calls.isEmpty
    let calls = self.calls
    self.calls = StreamTable()
    for call in calls.values { call.ended(.failure(reason)) }
    for gate in self.creditGates.values { gate.fail(CancellationError()) }
    self.sendGate.fail(CancellationError())
    let onClosed = self.onClosed
    self.onClosed = nil
    self.onWorked = nil
    self.onRoom = nil
    self.onRetired = nil
    onClosed?(reason)
  }

  /// What calls are told that were running.
  private func callError(_ error: (any Error)?) -> RPCError {
    switch error {
    case nil:
      RPCError(.unavailable, "the server at \(self.address) has closed the connection")
    case let error as RPCError: error
    case let error as NetworkError where error.code == .certificate:
      // With TLS 1.3 a server refuses a client's certificate after the client's handshake is complete.
      RPCError(
        .unauthenticated,
        "the server at \(self.address) refused this client's certificate: \(error.message)")
    case let error?:
      RPCError(.unavailable, "the connection to \(self.address) is lost: \(error)")
    }
  }
}

/// A connection cannot take the call that it was chosen for.
struct NoRoom: Error {}

/// The server took no notice of a call, because it was going away: it may be made again, whatever it does.
struct NotLookedAt: Error {
  /// The server's word on it.
  let reason: String

  /// What the caller is told if no other server is found.
  var error: RPCError {
    RPCError(
      .unavailable,
      "the server went away before it looked at the call\(self.reason.isEmpty ? "" : ": \(self.reason)")"
    )
  }
}

extension RPCError {
  /// What a call fails with when its time is over on this side.
  static let deadlineExceeded = RPCError(
    .deadlineExceeded, "no answer came within the time given for the call")
}

extension Duration {
  /// Whole nanoseconds; the nearest end of the range where they do not fit.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = self.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow2) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    if overflow || overflow2 { return seconds < 0 ? .min : .max }
    return sum
  }
}
