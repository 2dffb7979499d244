internal import Networking
internal import RPC
internal import Telemetry
internal import WireProtocol

/// One client of a server: performs what ``ServerConnectionMachine`` decides.
///
/// Frames come in callbacks, which belong to no task, so each handler runs in a task of its own, begun on the spot. The
/// connection owns these tasks: it cancels them when it closes, and tells its owner that it has ended after the last has returned.
@NetworkActor
final class ServerConnection {
  private let stream: Stream
  private let server: RPCServer.Shared
  private let peer: RPCPeer
  private let gate: ReadGate
  private let sendGate: SendGate
  private let wakeUp = WakeUp()
  private var machine: ServerConnectionMachine
  private var decoder: FrameDecoder
  private var encoder: FrameEncoder
  private var calls = StreamTable<ServerCall>()
  private var requestBytesInFlight = 0
  private var holdsGateForRequests = false
  private var holdsGateForOutput = false
  private var hasBeenCalled = false
  private var lastRoute: Route?
  private var lastActivity = ContinuousClock.now
  private var frameBegan: ContinuousClock.Instant?
  private var isClosed = false
  /// Called once, when the connection is closed and its last handler has returned.
  private var onEnded: (@NetworkActor () -> Void)?

  init(
    _ stream: Stream, _ server: RPCServer.Shared, onEnded: @escaping @NetworkActor () -> Void
  ) {
    self.stream = stream
    self.server = server
    self.onEnded = onEnded
    let identity = stream.peerIdentity
    self.peer = RPCPeer(
      address: stream.peer.description,
      identities: identity.map { $0.dnsNames + $0.uris } ?? [])
    let limits = server.options.wireLimits
    self.machine = ServerConnectionMachine(
      limits: limits, dialect: Dialect(negotiated: stream.negotiatedProtocol))
    self.decoder = FrameDecoder(limits: limits)
    self.encoder = FrameEncoder(limits: limits)
    self.gate = ReadGate(stream)
    self.sendGate = SendGate(stream)
  }

  /// Begins to read.
  func start() {
    self.server.logger.debug("a client has connected", self.logged())
    self.stream.highWaterMark = self.server.options.outboundHighWaterBytes
    self.stream.lowWaterMark = self.server.options.outboundHighWaterBytes / 4
    self.wakeUp.onDue { [weak self] in self?.timeHasCome($0) }
    self.wakeUp.ring(at: self.lastActivity + self.server.options.firstCallTimeout)
    self.stream.onDrained = { [weak self] in self?.drained() }
    // These two hold the connection for as long as the stream is open.
    self.stream.onClose = { self.closed($0) }
    self.stream.onReceive = { self.received($0) }
  }

  /// New calls are refused from now on; the connection closes when the last has ended.
  func beginGracefulShutdown() {
    self.machine.beginGracefulShutdown()
    if self.machine.isDrained { self.stream.close() }
  }

  /// Breaks the connection off.
  func close(_ error: any Error) { self.stream.close(error) }

  // MARK: Receiving

  private func received(_ buffer: ByteBuffer) {
    let now = ContinuousClock.now
    self.lastActivity = now
    let bytes = buffer.bytes.bytes
    var offset = 0
    // A handler that runs at once may make the connection stop reading, or close it.
    reading: while !self.isClosed, !self.gate.isClosed {
      do throws(WireError) {
        switch try self.decoder.next(in: bytes, from: &offset) {
        case .incomplete: break reading
        case .oversized(let header):
          self.perform(self.machine.oversizedFrameReceived(header, at: now), nil, now)
        case .frame(let header):
          self.frameReceived(
            header, bytes.extracting((offset - header.payloadBytes)..<offset), now)
        }
      } catch {
        return self.stream.close(error)
      }
    }
    guard !self.isClosed else { return }
    buffer.consume(offset)
    self.frameBegan = self.decoder.isInsideFrame ? self.frameBegan ?? now : nil
    if self.frameBegan != nil { self.wakeUp.ring(at: now + self.server.options.frameTimeout) }
  }

  private func frameReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, _ now: ContinuousClock.Instant
  ) {
    var route: Route?
    let action = self.machine.frameReceived(header, payload, at: now) { service, method in
      switch self.find(service, method) {
      case .unknownService: return .unknownService
      case .unknownMethod: return .unknownMethod
      case .route(let found):
        route = found
        if let refusal = found.refusal(of: self.peer) ?? self.server.refusal() {
          return .refused(refusal)
        }
        return .found(found.shape)
      }
    }
    self.perform(action, route, now)
  }

  /// A method of the server. Clients mostly call the method that they called last.
  private func find(_ service: String, _ method: String) -> Routes.Found {
    if let lastRoute, lastRoute.method.name == method, lastRoute.method.service == service {
      return .route(lastRoute)
    }
    let found = self.server.routes.find(service, method)
    if case .route(let route) = found { self.lastRoute = route }
    return found
  }

  private func perform(
    _ action: ServerConnectionMachine.OnFrame, _ route: Route?, _ now: ContinuousClock.Instant
  ) {
    switch action {
    case .ignore: break
    case .begin(let id, let call):
      guard let route else { preconditionFailure("a call began without a route") }
      self.begin(id, call, route, now)
    case .message(let id, let message, let isLast):
      self.calls[id]?.input?.append(message)
      if isLast { self.calls[id]?.input?.finish() }
    case .endOfInput(let id): self.calls[id]?.input?.finish()
    case .cancel(let id): self.calls[id]?.abandon(.cancelled)
    case .refuse(let id, let status):
      self.write(status, id)
      self.refused(id, status, route)
    case .fail(let id, let status):
      self.write(status, id)
      self.calls[id]?.abandon(RPCError(status).code)
    case .close(let error): self.stream.close(error)
    }
  }

  // MARK: Calls

  private func begin(
    _ id: StreamID, _ incoming: IncomingCall, _ route: Route, _ now: ContinuousClock.Instant
  ) {
    self.hasBeenCalled = true
    self.server.activeCalls += 1
    let deadline = now + self.timeout(incoming.timeout, route.shape)
    self.wakeUp.ring(at: deadline)
    let context = RPCContext(
      service: route.method.service, method: route.method.name,
      metadata: incoming.metadata.isEmpty ? RPCMetadata() : RPCMetadata(incoming.metadata),
      deadline: incoming.timeout == nil && route.shape.serverStreams ? nil : deadline,
      peer: self.peer)
    let call = ServerCall(
      id, route, requestBytes: incoming.message?.count ?? 0, started: now, deadline: deadline,
      input: route.shape.clientStreams
        ? MessageQueue(gate: self.gate, maxBytes: self.server.options.maxQueuedStreamBytes) : nil)
    if incoming.inputIsComplete { call.input?.finish() }
    self.calls[id] = call
    self.requestBytesInFlight += call.requestBytes
    self.updateRequestGate()
    let task = self.start(call, incoming.message, context)
    // It may have ended on the spot, or closed its own connection.
    guard !call.hasEnded else { return }
    call.task = task
    if call.abandonedWith != nil { task.cancel() }
  }

  private func timeout(_ asked: Duration?, _ shape: CallShape) -> Duration {
    let options = self.server.options
    if shape.serverStreams { return min(asked ?? .seconds(Int64.max), options.maxStreamTimeout) }
    return min(asked ?? options.defaultTimeout, options.maxTimeout)
  }

  /// Runs the handler at once, up to where it first waits.
  ///
  /// Its task has no functions of ours around the handler: each that may suspend costs another look at where the task belongs.
  private func start(
    _ call: ServerCall, _ message: [UInt8]?, _ context: RPCContext
  ) -> Task<Void, Never> {
    switch call.route.body {
    case .unary(let answer):
      Task.immediate { @NetworkActor in
        do {
          self.ended(call, .success(try await answer(message ?? [], context)))
        } catch {
          self.failed(call, error)
        }
      }
    case .streaming(let answer):
      Task.immediate { @NetworkActor in
        do {
          try await answer(self.input(call, message), self.output(call), context)
          self.ended(call, try self.streamedOutcome(call))
        } catch {
          self.failed(call, error)
        }
      }
    }
  }

  private func failed(_ call: ServerCall, _ error: any Error) {
    // After its end nobody hears of it, and being stopped makes handlers throw all sorts of errors.
    let error =
      call.abandonedWith == nil
      ? self.server.error(from: error, in: call) : RPCError(.cancelled, "the call was over")
    self.ended(call, .failure(error.status))
  }

  private func streamedOutcome(_ call: ServerCall) throws -> ServerConnectionMachine.Outcome {
    if call.route.shape.serverStreams { return .success(nil) }
    guard let response = call.response else {
      throw RPCError(.internalError, "the method ended without a response")
    }
    return .success(response)
  }

  private func input(_ call: ServerCall, _ first: [UInt8]?) -> RPCHandler.Input {
    guard let queue = call.input else { return RPCHandler.Input(first.map { [$0] } ?? []) }
    if let first { queue.prepend(first) }
    return RPCHandler.Input { { try await queue.next() } }
  }

  private func output(_ call: ServerCall) -> RPCHandler.Output {
    RPCHandler.Output { try await self.send($0, call) }
  }

  /// A handler sends a message.
  private func send(_ message: [UInt8], _ call: ServerCall) async throws {
    guard call.abandonedWith == nil else { throw CancellationError() }
    guard call.route.shape.serverStreams else {
      precondition(call.response == nil, "\(call.route.name) has one response")
      call.response = message
      return
    }
    guard self.machine.mayWriteMessage(on: call.id) else { throw CancellationError() }
    do throws(WireError) {
      try self.encoder.data(message, on: call.id)
    } catch {
      throw RPCError(.resourceExhausted, error.message)
    }
    self.flush()
    if self.sendGate.isClosed {
      self.wakeUp.ring(at: .now + self.server.options.sendTimeout)
      try await self.sendGate.wait()
    }
  }

  private func ended(_ call: ServerCall, _ outcome: ServerConnectionMachine.Outcome) {
    var code = call.abandonedWith ?? .ok
    switch self.machine.callEnded(call.id, outcome) {
    case .writeResponse(let message):
      do throws(WireError) {
        try self.encoder.response(message, on: call.id)
      } catch {
        code = .resourceExhausted
        self.encoder.response(RPCError(code, error.message).status, on: call.id)
      }
    case .writeEndOfStream: self.encoder.endOfData(on: call.id)
    case .writeStatus(let status):
      code = RPCStatusCode(rawValue: status.code) ?? .unknown
      self.encoder.response(status, on: call.id)
    case .nothing: break
    }
    self.flush()
    call.input?.abort(CancellationError())
    call.hasEnded = true
    self.calls[call.id] = nil
    self.server.activeCalls -= 1
    self.requestBytesInFlight -= call.requestBytes
    self.lastActivity = .now
    self.server.callEnded(
      call.route, self.peer, code, self.lastActivity - call.started)
    self.updateGates()
    if self.machine.isDrained {
      self.stream.close()
    } else if self.calls.isEmpty {
      self.wakeUp.ring(at: self.lastActivity + self.server.options.idleTimeout)
    }
    if self.isClosed { self.endIfLast() }
  }

  /// A Request was refused before a handler was concerned.
  private func refused(_ id: StreamID, _ status: Status, _ route: Route?) {
    self.server.callEnded(route, self.peer, RPCError(status).code, .zero)
  }

  // MARK: Sending

  private func write(_ status: Status, _ id: StreamID) {
    self.encoder.response(status, on: id)
    self.flush()
    self.updateGates()
  }

  /// Puts the encoder's frames on the stream, which sends all of a turn together.
  private func flush() {
    guard !self.isClosed else { return self.encoder.drain { _ in } }
    let outbound = self.stream.outbound
    self.encoder.drain { outbound.append($0) }
    self.stream.flush()
  }

  private func drained() {
    self.sendGate.open()
    self.updateGates()
  }

  /// Stops reading while too much is held for this client, in either direction.
  private func updateGates() {
    self.updateRequestGate()
    self.hold(
      &self.holdsGateForOutput,
      if: self.stream.unsentBytes > self.server.options.maxOutboundBytes)
  }

  private func updateRequestGate() {
    self.hold(
      &self.holdsGateForRequests,
      if: self.requestBytesInFlight > self.server.options.maxRequestBytesInFlight)
  }

  private func hold(_ isHeld: inout Bool, if condition: Bool) {
    guard condition != isHeld else { return }
    isHeld = condition
    if condition { self.gate.hold() } else { self.gate.release() }
  }

  // MARK: Time

  /// Ends what has run out of time, and says when to look again.
  private func timeHasCome(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    let options = self.server.options
    var next = now + options.idleTimeout
    if self.calls.isEmpty {
      let limit = self.hasBeenCalled ? options.idleTimeout : options.firstCallTimeout
      guard self.lastActivity + limit > now else {
        self.stream.close()
        return nil
      }
      next = self.lastActivity + limit
    }
    if let frameBegan {
      guard frameBegan + options.frameTimeout > now else {
        self.stream.close(
          RPCError(.deadlineExceeded, "the client sent half a frame and then nothing"))
        return nil
      }
      next = min(next, frameBegan + options.frameTimeout)
    }
    if let stalledSince = self.sendGate.stalledSince {
      guard stalledSince + options.sendTimeout > now else {
        self.stream.close(RPCError(.deadlineExceeded, "the client does not take what it asked for"))
        return nil
      }
      next = min(next, stalledSince + options.sendTimeout)
    }
    for call in Array(self.calls.values) {
      guard call.abandonedWith == nil else { continue }
      if call.deadline > now {
        next = min(next, call.deadline)
      } else if let status = self.machine.deadlinePassed(call.id) {
        self.write(status, call.id)
        call.abandon(.deadlineExceeded)
      }
    }
    return next
  }

  // MARK: Ending

  private func closed(_ error: (any Error)?) {
    self.isClosed = true
    self.wakeUp.close()
    self.server.logger.debug(
      "a client has gone", self.logged(error.map { [.error: "\($0)"] } ?? [:]))
    for call in Array(self.calls.values) { call.abandon(.cancelled) }
    self.sendGate.fail(CancellationError())
    self.endIfLast()
  }

  private func endIfLast() {
    guard self.calls.isEmpty else { return }
    let onEnded = self.onEnded
    self.onEnded = nil
    onEnded?()
  }

  private func logged(_ more: [LogKey: String] = [:]) -> [LogKey: String] {
    [
      .peerAddress: self.peer.address,
      .peerIdentity: self.peer.identities.joined(separator: ","),
    ].merging(more) { $1 }
  }
}
