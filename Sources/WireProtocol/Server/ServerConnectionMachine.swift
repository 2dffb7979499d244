internal import Protobuf

/// The server's half of one connection, without any I/O.
///
/// Frames and what handlers do are events; each event returns what is to be done. A stream's life:
///
///     (unused id) ──Request──▶ open ──────────handler returned: its answer is written──────────▶ (used id)
///                               │                                                                  ▲
///                               └─ deadline, CANCEL, fault of the client ─▶ abandoned ─handler returned─┘
///
/// An open stream's input is open until the client half-closes it. An abandoned one is over for the client but keeps its
/// place among ``WireLimits/maxConcurrentStreams``: work that goes on is counted, whatever the client does.
///
/// The connection's:
///
///     serving ──begin graceful shutdown──▶ announced (extended only) ──PONG, or time──▶ draining ──last handler returned──▶ drained
///
/// What is particular to the extended dialect is in `ServerConnectionMachine+Extended.swift`.
package struct ServerConnectionMachine: Sendable {
  /// What the owner does after a frame.
  package enum OnFrame: Sendable, Hashable {
    /// Nothing.
    case ignore
    /// Run the handler; then call ``callEnded(_:_:)``, whatever happens in between.
    case begin(StreamID, IncomingCall)
    /// Give the handler a message, and the end of its input behind it if it is the last. When the handler has taken it, call
    /// ``messagesTaken(_:on:)``.
    case message(StreamID, [UInt8], isLast: Bool)
    /// Tell the handler that its input is complete.
    case endOfInput(StreamID)
    /// Cancel the handler; nothing is to be written. The number is the client's reason.
    case cancel(StreamID, Int32)
    /// Write a Response with this status. No handler is concerned.
    case refuse(StreamID, Status)
    /// Write a Response with this status, and cancel the handler.
    case fail(StreamID, Status)
    /// The client's SETTINGS: write no payload larger than this. All who wait for credit may look again.
    case settings(maxPayloadBytes: Int)
    /// There is credit for a stream, or for all: who waits for it may look again.
    case credit(StreamID)
    /// Write a PONG.
    case answerPing(UInt64)
    /// A PING is answered.
    case pong(UInt64)
    /// Close the connection, in the extended dialect behind a GOAWAY: the peer cannot be talked to.
    case close(WireError)
  }

  /// What the owner knows of a method that a Request names.
  package enum Route: Sendable, Hashable {
    /// There is a handler.
    case found(CallShape)
    /// The server has no such service.
    case unknownService
    /// The service has no such method.
    case unknownMethod
    /// The client may not call it.
    case refused(Status)
  }

  /// How a handler ended.
  package enum Outcome: Sendable, Hashable {
    /// It succeeded. A call with one response has it here; a stream has nil.
    case success([UInt8]?)
    /// It failed; the code is not OK.
    case failure(Status)
  }

  /// What the owner does with a message of a handler.
  package enum OnWrite: Sendable, Hashable {
    /// Write it.
    case write
    /// Keep it until there is credit, and ask again.
    case wait
    /// The call is over, and the handler should stop.
    case over
  }

  /// What the owner does after a handler has ended.
  package enum OnEnd: Sendable, Hashable {
    /// Write a Response with the message.
    case writeResponse([UInt8])
    /// Write the end of the stream. Never an OK Response to a plain client: Go and Rust receivers take that for one more message.
    case writeEndOfStream
    /// Write a Response with the status.
    case writeStatus(Status)
    /// Write nothing: the call was over before.
    case nothing
  }

  struct StreamState: Sendable {
    let shape: CallShape
    /// Whether the call is over for the client, and its handler has not returned.
    var isAbandoned = false
    var inputIsOpen: Bool
    var sending: SendCredit
    var receiving: ReceiveCredit
    /// What of the connection's credit is kept until the handler has taken messages, or returned.
    var heldBytes: Int
  }

  enum Stage: Sendable, Hashable {
    case serving
    /// The client knows that it should call elsewhere; what it had sent before it knew is still answered.
    case announced
    case draining(last: StreamID)
  }

  let limits: WireLimits
  private let rules: RequestRules
  let dialect: Dialect
  /// Of the plain dialect too, where nobody looks at it.
  var link: ExtendedLink
  var streams = StreamTable<StreamState>()
  var usedIDs = StreamIDWindow()
  private var faults = FaultBudget()
  var overheadFrames = 0
  /// PINGs that the client has not answered.
  var unansweredPings = 0
  var stage = Stage.serving

  /// Creates the state of a new connection.
  package init(limits: WireLimits = WireLimits(), dialect: Dialect = .plain) {
    self.limits = limits
    self.rules = RequestRules(limits: limits)
    self.dialect = dialect
    self.link = ExtendedLink(limits: limits)
  }

  /// Calls whose handlers have not returned.
  package var activeStreams: Int { self.streams.count }

  /// Whether the shutdown has begun and the last handler has returned: close the connection.
  package var isDrained: Bool {
    if case .draining = self.stage { self.streams.isEmpty } else { false }
  }

  // MARK: Frames

  /// A frame has arrived.
  ///
  /// - Parameters:
  ///   - payload: The frame's payload; nothing of it is kept.
  ///   - now: The present.
  ///   - route: Asked once, for a Request that is in order.
  package mutating func frameReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, at now: ContinuousClock.Instant,
    route: (_ service: String, _ method: String) -> Route
  ) -> OnFrame {
    if self.dialect == .extended {
      guard self.link.hasSettings || header.isSettings else {
        return .close(ExtendedLink.settingsAreMissing)
      }
      if header.streamID == .connection {
        return self.connectionFrameReceived(header, payload, at: now)
      }
    }
    guard header.streamID.isClientInitiated else { return self.badIDReceived(header, at: now) }
    switch header.kind {
    case .request:
      self.overheadFrames = 0
      return self.requestReceived(header, payload, at: now, route)
    case .data: return self.dataReceived(header, payload, at: now)
    case .cancel where self.dialect == .extended:
      return self.cancelReceived(header.streamID, payload, at: now)
    case .window where self.dialect == .extended:
      return self.windowReceived(header.streamID, payload)
    default: return self.overheadReceived()
    }
  }

  /// A frame beyond the size limit begins; the decoder passes over its payload.
  package mutating func oversizedFrameReceived(
    _ header: FrameHeader, at now: ContinuousClock.Instant
  ) -> OnFrame {
    if self.dialect == .extended {
      guard self.link.hasSettings else { return .close(ExtendedLink.settingsAreMissing) }
    }
    guard header.streamID.isClientInitiated else { return self.badIDReceived(header, at: now) }
    let id = header.streamID
    let status = Status(
      StatusNumber.resourceExhausted,
      "message length \(header.payloadBytes) exceeds the maximum message size of \(self.limits.maxPayloadBytes)"
    )
    guard self.faults.spend(at: now) else { return Self.tooManyFaults }
    if self.abandon(id) { return .fail(id, status) }
    if header.kind == .request { _ = self.usedIDs.insert(id) }
    return .refuse(id, status)
  }

  private mutating func requestReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, at now: ContinuousClock.Instant,
    _ route: (String, String) -> Route
  ) -> OnFrame {
    let id = header.streamID
    let cost = messageCost(payload.byteCount)
    if self.dialect == .extended {
      guard self.link.receiving.use(cost) else { return Self.windowExceeded }
      // The client knows of the GOAWAY, or soon will, and makes the call elsewhere.
      if case .draining(let last) = self.stage, id.number > last.number {
        self.link.receiving.free(cost)
        return .ignore
      }
    }
    let onFrame = self.checkedRequestReceived(header, payload, cost, at: now, route)
    guard case .begin = onFrame else {
      self.link.receiving.free(cost)
      return onFrame
    }
    return onFrame
  }

  private mutating func checkedRequestReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, _ cost: Int,
    at now: ContinuousClock.Instant, _ route: (String, String) -> Route
  ) -> OnFrame {
    let id = header.streamID
    guard self.usedIDs.insert(id) else {
      return self.faultReceived(
        id, Status(StatusNumber.invalidArgument, "StreamID \(id) was used before"), at: now)
    }
    let request: Request
    do {
      request = try self.rules.read(payload)
    } catch {
      return self.faultReceived(id, error.status, at: now)
    }
    let shape: CallShape
    switch route(request.service, request.method) {
    case .found(let found): shape = found
    case .unknownService:
      return .refuse(id, Status(StatusNumber.unimplemented, "service \(request.service)"))
    case .unknownMethod:
      return .refuse(id, Status(StatusNumber.unimplemented, "method \(request.method)"))
    case .refused(let status): return .refuse(id, status)
    }
    if case .draining = self.stage {
      return .refuse(
        id,
        Status(StatusNumber.unavailable, "the server is stopping; call another, or this one later"))
    }
    guard self.streams.count < self.limits.maxConcurrentStreams else {
      return .refuse(
        id,
        Status(
          StatusNumber.resourceExhausted,
          "\(self.streams.count) calls are running on this connection, which is the most it takes"))
    }
    let call = Self.call(request, header.flags, shape)
    self.streams[id] = StreamState(
      shape: shape, inputIsOpen: !call.inputIsComplete,
      sending: SendCredit(self.link.streamWindowBytes),
      receiving: self.link.streamReceiveCredit(), heldBytes: cost)
    return .begin(id, call)
  }

  /// Whether a Request carries a message and ends its input depends on the method more than on flags: PROTOCOL.md, "Requests".
  private static func call(
    _ request: Request, _ flags: FrameFlags, _ shape: CallShape
  ) -> IncomingCall {
    let message: [UInt8]?
    if shape.clientStreams {
      // Go sends an empty payload for "no message yet", Rust the flag.
      message = request.payload.isEmpty || flags.contains(.noData) ? nil : request.payload
    } else {
      message = request.payload
    }
    return IncomingCall(
      service: request.service, method: request.method, metadata: request.metadata,
      timeout: request.timeoutNano == 0 ? nil : .nanoseconds(request.timeoutNano),
      message: message,
      inputIsComplete: shape == .unary || flags.contains(.remoteClosed))
  }

  private mutating func dataReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, at now: ContinuousClock.Instant
  ) -> OnFrame {
    let id = header.streamID
    let carriesMessage = !header.flags.contains(.noData)
    let cost = carriesMessage ? messageCost(payload.byteCount) : 0
    if self.dialect == .extended, carriesMessage {
      guard self.link.receiving.use(cost) else { return Self.windowExceeded }
    }
    switch self.streams[id] {
    case let stream? where !stream.isAbandoned && stream.inputIsOpen:
      return self.inputReceived(header, payload, stream, cost, at: now)
    case let stream? where !stream.isAbandoned:
      self.link.receiving.free(cost)
      guard self.faults.spend(at: now) else { return Self.tooManyFaults }
      self.abandon(id)
      return .fail(
        id, Status(StatusNumber.invalidArgument, "Data on stream \(id) after its end"))
    case .some:
      self.link.receiving.free(cost)
      // The client cannot know yet that the call is over.
      return self.lateDataReceived(carriesMessage ? payload.byteCount : 0) ?? .ignore
    case nil:
      self.link.receiving.free(cost)
      let status = Status(StatusNumber.invalidArgument, "StreamID \(id) is no longer active")
      guard self.usedIDs.use(of: id) == .unused else {
        if let close = self.lateDataReceived(carriesMessage ? payload.byteCount : 0) {
          return close
        }
        // A race if the call has just ended, and then no fault; nothing runs because of it, either way. A client of the
        // extended dialect needs no telling.
        return self.dialect == .extended ? .ignore : .refuse(id, status)
      }
      return self.faultReceived(id, status, at: now)
    }
  }

  /// Data for a call that is over. A whole window of messages may have been on its way; what is empty uses no credit, and counts.
  private mutating func lateDataReceived(_ messageBytes: Int) -> OnFrame? {
    guard messageBytes == 0, case .close(let error) = self.overheadReceived() else { return nil }
    return .close(error)
  }

  private mutating func inputReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, _ stream: StreamState, _ cost: Int,
    at now: ContinuousClock.Instant
  ) -> OnFrame {
    let id = header.streamID
    let isLast = header.flags.contains(.remoteClosed)
    var stream = stream
    stream.inputIsOpen = !isLast
    guard !header.flags.contains(.noData) else {
      self.streams[id] = stream
      return isLast ? .endOfInput(id) : self.overheadReceived()
    }
    guard stream.shape.clientStreams else {
      self.link.receiving.free(cost)
      guard self.faults.spend(at: now) else { return Self.tooManyFaults }
      self.abandon(id)
      return .fail(
        id, Status(StatusNumber.invalidArgument, "the method takes one message; a second came"))
    }
    if self.dialect == .extended {
      guard stream.receiving.use(cost) else { return Self.windowExceeded }
      stream.heldBytes += cost
    }
    self.streams[id] = stream
    self.overheadFrames = payload.byteCount > 0 ? 0 : self.overheadFrames + 1
    guard self.overheadFrames <= WireLimits.maxOverheadFrames else { return Self.tooMuchOverhead }
    return .message(id, payload.withUnsafeBytes { [UInt8]($0) }, isLast: isLast)
  }

  private mutating func cancelReceived(
    _ id: StreamID, _ payload: borrowing RawSpan, at now: ContinuousClock.Instant
  ) -> OnFrame {
    guard self.faults.spend(at: now) else { return Self.tooManyFaults }
    // Absent or abandoned: the answer and the CANCEL have crossed.
    guard self.abandon(id) else { return .ignore }
    // A reason that cannot be read is none, and the call is over all the same.
    let code = (try? Cancel(decoding: payload))?.code ?? 0
    return .cancel(
      id,
      code == StatusNumber.deadlineExceeded
        ? StatusNumber.deadlineExceeded : StatusNumber.cancelled)
  }

  // MARK: Faults

  private static let tooManyFaults = OnFrame.close(
    WireError(.tooManyFaults, "the peer broke the protocol or cancelled calls too often"))
  private static let tooMuchOverhead = OnFrame.close(
    WireError(.tooMuchOverhead, "the peer sends frames that carry nothing"))
  private static let windowExceeded = OnFrame.close(
    WireError(.windowExceeded, "the peer sent more than it had credit for"))

  private mutating func badIDReceived(
    _ header: FrameHeader, at now: ContinuousClock.Instant
  ) -> OnFrame {
    self.faultReceived(
      header.streamID,
      Status(StatusNumber.invalidArgument, "StreamID \(header.streamID) is not odd"), at: now)
  }

  private mutating func faultReceived(
    _ id: StreamID, _ status: Status, at now: ContinuousClock.Instant
  ) -> OnFrame {
    self.faults.spend(at: now) ? .refuse(id, status) : Self.tooManyFaults
  }

  mutating func overheadReceived() -> OnFrame {
    self.overheadFrames += 1
    return self.overheadFrames > WireLimits.maxOverheadFrames ? Self.tooMuchOverhead : .ignore
  }

  /// Ends an open call for the client; its handler still has to return.
  ///
  /// - Returns: False if there is no such call, or it is over already.
  @discardableResult
  private mutating func abandon(_ id: StreamID) -> Bool {
    self.streams.update(id) { stream in
      defer { stream.isAbandoned = true }
      return !stream.isAbandoned
    } ?? false
  }

  // MARK: Handlers

  /// A handler of a stream wants to send a message of so many bytes. Those that may be written count as written.
  package mutating func messageOffered(_ bytes: Int, on id: StreamID) -> OnWrite {
    guard self.dialect == .extended else {
      guard let stream = self.streams[id] else { Self.wroteLate(id) }
      precondition(stream.shape.serverStreams, "a call with one response answers when it ends")
      return stream.isAbandoned ? .over : .write
    }
    let cost = messageCost(bytes)
    let connectionAllows = self.link.sending.allowsMessage
    let onWrite = self.streams.update(id) { stream -> OnWrite in
      precondition(stream.shape.serverStreams, "a call with one response answers when it ends")
      if stream.isAbandoned { return .over }
      guard connectionAllows, stream.sending.allowsMessage else { return .wait }
      stream.sending.use(cost)
      return .write
    }
    guard let onWrite else { Self.wroteLate(id) }
    if onWrite == .write {
      self.link.sending.use(cost)
      // What gives credit for this has been of use.
      self.overheadFrames = 0
    }
    return onWrite
  }

  private static func wroteLate(_ id: StreamID) -> Never {
    preconditionFailure("stream \(id) wrote after its handler had returned")
  }

  /// The deadline of a call is over.
  ///
  /// - Returns: The status to write, after which the handler is to be cancelled; nil: the call is over already.
  package mutating func deadlinePassed(_ id: StreamID) -> Status? {
    guard self.abandon(id) else { return nil }
    return Status(StatusNumber.deadlineExceeded, "the time given for the call is over")
  }

  /// A handler has returned.
  package mutating func callEnded(_ id: StreamID, _ outcome: Outcome) -> OnEnd {
    guard let stream = self.streams.removeValue(for: id) else {
      preconditionFailure("stream \(id) ended twice")
    }
    self.link.receiving.free(stream.heldBytes)
    guard !stream.isAbandoned else { return .nothing }
    switch (outcome, stream.shape.serverStreams) {
    case (.failure(let status), _): return .writeStatus(status)
    case (.success(let message?), false): return .writeResponse(message)
    case (.success(nil), true): return .writeEndOfStream
    case (.success(nil), false), (.success(.some), true):
      preconditionFailure("stream \(id) ended unlike its method")
    }
  }
}

extension FrameHeader {
  /// Whether it is what must come first in the extended dialect.
  var isSettings: Bool { self.kind == .settings && self.streamID == .connection }
}
