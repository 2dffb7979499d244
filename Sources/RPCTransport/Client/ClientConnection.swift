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
  /// Told when a call has ended on a connection that was full.
  var onRoom: (@NetworkActor () -> Void)?

  init(_ stream: Stream, options: RPCClientOptions) {
    self.address = stream.peer
    self.stream = stream
    self.gate = ReadGate(stream)
    self.sendGate = SendGate(stream)
    let limits = options.wireLimits
    self.machine = ClientConnectionMachine(
      limits: limits, dialect: Dialect(negotiated: stream.negotiatedProtocol))
    self.decoder = FrameDecoder(limits: limits)
    self.encoder = FrameEncoder(limits: limits)
    stream.highWaterMark = options.outboundHighWaterBytes
    stream.lowWaterMark = options.outboundHighWaterBytes / 4
    self.wakeUp.onDue { [weak self] in self?.timeHasCome($0) }
    stream.onDrained = { [weak self] in self?.sendGate.open() }
    stream.onClose = { [weak self] in self?.closed($0) }
    stream.onReceive = { [weak self] in self?.received($0) }
  }

  /// Whether another call may be promised room on it.
  var hasRoom: Bool { !self.isClosed && !self.isRetired && self.machine.room > self.promised }

  /// Keeps room for a call, which begins next, or never and then says so.
  func promise() {
    self.promised += 1
    self.wasFull = self.wasFull || !self.hasRoom
  }

  /// Takes no more calls, and closes when the last has ended.
  func retire() {
    self.isRetired = true
    self.closeIfDone()
  }

  /// Breaks the connection off; its calls fail with `error`.
  func close(_ error: any Error) { self.stream.close(error) }

  // MARK: Calls

  /// Sends a Request, for which there is a ``promise()``.
  ///
  /// - Parameter request: Its timeout is set here, from the call's deadline.
  /// - Throws: `RPCError`: the request is too large, or there is no room; nothing was sent.
  func begin(_ call: any ClientCall, _ shape: CallShape, _ request: Request) throws(RPCError)
    -> StreamID
  {
    self.promised -= 1
    guard !self.isClosed, case .write(let id, let flags) = self.machine.callBegan(shape) else {
      throw RPCError(.unavailable, "the connection to \(self.address) takes no more calls")
    }
    var request = request
    if let deadline = call.deadline {
      // 0 would mean that there is none.
      request.timeoutNano = max(1, (deadline - .now).nanoseconds)
      self.wakeUp.ring(at: deadline)
    }
    do throws(WireError) {
      try self.encoder.request(request, flags: flags, on: id)
    } catch {
      _ = self.machine.callGivenUp(id)
      self.callEnded()
      throw RPCError(.resourceExhausted, "the request does not fit: \(error.message)")
    }
    self.calls[id] = call
    self.flush()
    return id
  }

  /// Sends a message on a stream, and waits while the server is behind.
  ///
  /// - Throws: `CancellationError` when the call is over.
  func send(_ message: [UInt8], on id: StreamID) async throws {
    guard !self.isClosed, self.machine.mayWriteMessage(on: id) else { throw CancellationError() }
    do throws(WireError) {
      try self.encoder.data(message, on: id)
    } catch {
      throw RPCError(.resourceExhausted, error.message)
    }
    self.flush()
    if self.sendGate.isClosed { try await self.sendGate.wait() }
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
    self.perform(self.machine.callGivenUp(id), id, call)
    call.ended(.failure(error))
    self.callEnded()
  }

  private func perform(
    _ action: ClientConnectionMachine.OnGivenUp, _ id: StreamID, _ call: any ClientCall
  ) {
    switch action {
    case .writeCancel:
      self.encoder.cancel(on: id)
      self.flush()
    case .cannotTell where call is ClientStreamingCall:
      // The stream would go on for nobody. Closing is all that the server understands; other calls may end first.
      self.isRetired = true
    case .cannotTell, .nothing: break
    }
  }

  private func callEnded() {
    if self.wasFull, self.hasRoom {
      self.wasFull = false
      self.onRoom?()
    }
    if self.machine.isExhausted { self.isRetired = true }
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
              header, bytes.extracting((offset - header.payloadBytes)..<offset)))
        }
      } catch {
        return self.stream.close(error)
      }
    }
    if !self.isClosed { buffer.consume(offset) }
  }

  private func perform(_ action: ClientConnectionMachine.OnFrame) {
    switch action {
    case .ignore: break
    case .message(let id, let message): self.calls[id]?.received(message)
    case .success(let id, let message): self.end(id, .success(message))
    case .failure(let id, let status): self.end(id, .failure(RPCError(status)))
    case .violation(let id, let status, let onGivenUp):
      if let call = self.calls[id] { self.perform(onGivenUp, id, call) }
      self.end(id, .failure(RPCError(status)))
    }
  }

  private func end(_ id: StreamID, _ result: Result<[UInt8]?, any Error>) {
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
    return next
  }

  private func closed(_ error: (any Error)?) {
    self.isClosed = true
    self.wakeUp.close()
    let reason = self.callError(error)
    self.wasIdle = error == nil && self.calls.isEmpty
    let calls = self.calls
    self.calls = StreamTable()
    for call in calls.values { call.ended(.failure(reason)) }
    self.sendGate.fail(CancellationError())
    let onClosed = self.onClosed
    self.onClosed = nil
    self.onWorked = nil
    self.onRoom = nil
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
