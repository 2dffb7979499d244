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
  private let loop = NetworkActor.shared.loop
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
  /// A method that the client of this connection was found to be allowed to call.
  private var lastAllowed: Route?
  private var lastActivity = ContinuousClock.now
  private var frameBegan: ContinuousClock.Instant?
  private var isClosed = false
  private var isShuttingDown = false
  /// Whether the connection was found to be old.
  private var isAged = false
  /// Whether the client speaks the extended dialect.
  private let isExtended: Bool
  private let began = ContinuousClock.now
  private var keepalive: Keepalive
  /// When the client is asked to open another connection, so that servers which have come since get some of the calls.
  private let agesAt: ContinuousClock.Instant?
  /// When the client, which has been told of the shutdown, counts as having heard of it.
  private var shutdownHeardAt: ContinuousClock.Instant?
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
      identities: identity?.names ?? [])
    let limits = server.options.wireLimits
    let dialect = Dialect(negotiated: stream.negotiatedProtocol)
    self.isExtended = dialect == .extended
    self.machine = ServerConnectionMachine(limits: limits, dialect: dialect)
    self.keepalive = Keepalive(
      interval: server.options.keepaliveInterval, timeout: server.options.keepaliveTimeout,
      at: self.began)
    self.agesAt = server.options.connectionAge(random: .random(in: 0...1)).map { .now + $0 }
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
    let options = self.server.options
    self.wakeUp.ring(at: self.lastActivity + min(options.firstCallTimeout, options.idleTimeout))
    if let agesAt { self.wakeUp.ring(at: agesAt) }
    if self.isExtended {
      self.wakeUp.ring(at: self.began + self.server.options.settingsTimeout)
      self.encoder.settings(self.machine.settings)
      self.flush()
    }
    self.stream.onDrained = { [weak self] in self?.drained() }
    // These two hold the connection for as long as the stream is open.
    self.stream.onClose = { self.closed($0) }
    self.stream.onReceive = { self.received($0) }
  }

  /// New calls are refused from now on; the connection closes when the last has ended.
  ///
  /// A client that understands it is told first, and may finish what it had sent before it knew.
  ///
  /// - Parameter reason: For people.
  func beginGracefulShutdown(_ reason: String) {
    self.isShuttingDown = true
    switch self.machine.beginGracefulShutdown(reason) {
    case .nothing: if self.machine.isDrained { self.stream.close() }
    case .announce(let goAway):
      self.encoder.goAway(goAway)
      self.encoder.ping(ServerConnectionMachine.shutdownPing)
      self.flush()
      let heard = ContinuousClock.now + WireLimits.goAwayRoundTrip
      self.shutdownHeardAt = heard
      self.wakeUp.ring(at: heard)
    }
  }

  private func shutdownWasHeard() {
    self.shutdownHeardAt = nil
    if let goAway = self.machine.shutdownWasHeard() {
      self.encoder.goAway(goAway)
      self.flush()
    }
    if self.machine.isDrained { self.stream.close() }
  }

  /// Breaks the connection off.
  func close(_ error: any Error) { self.stream.close(error) }

  // MARK: Receiving

  private func received(_ buffer: ByteBuffer) {
    let now = ContinuousClock.now
    self.lastActivity = now
    self.keepalive.heard(at: now)
    let bytes = buffer.bytes.bytes
    var offset = 0
    // A handler that runs at once may make the connection stop reading, or close it.
    reading: while !self.isClosed, !self.gate.isClosed {
      do throws(WireError) {
        switch try self.decoder.next(in: bytes, from: &offset) {
        case .incomplete: break reading
        case .oversized(let header):
          self.frameBegan = nil
          self.perform(self.machine.oversizedFrameReceived(header, at: now), nil, now)
        case .frame(let header):
          // What comes behind it in this piece began now.
          self.frameBegan = nil
          self.frameReceived(
            header, bytes.extracting((offset - header.payloadBytes)..<offset), now)
          self.stream.sendEarly()
        }
      } catch {
        return self.close(error)
      }
    }
    guard !self.isClosed else { return }
    buffer.consume(offset)
    if self.isExtended { self.giveConnectionCredit() }
    self.frameBegan = self.decoder.isInsideFrame ? self.frameBegan ?? now : nil
    if self.frameBegan != nil { self.wakeUp.ring(at: now + self.server.options.frameTimeout) }
  }

  private func frameReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, _ now: ContinuousClock.Instant
  ) {
    var route: Route?
    // Who has no certificate is known by the token of each call, which is read when the call is known to be in order.
    let needsToken = self.server.tokens != nil && self.peer.identities.isEmpty
    let action = self.machine.frameReceived(header, payload, at: now) { service, method in
      switch self.find(service, method) {
      case .unknownService: return .unknownService
      case .unknownMethod: return .unknownMethod
      case .route(let found):
        route = found
        if let refusal = needsToken ? nil : self.refusal(of: found) { return .refused(refusal) }
        if let refusal = self.server.refusal() { return .refused(refusal) }
        return .found(found.shape)
      }
    }
    guard needsToken, case .begin(let id, var call) = action, let route else {
      return self.perform(action, route, now)
    }
    let peer: RPCPeer
    do throws(RPCError) {
      peer = try self.identified(&call, route)
    } catch {
      if case .writeStatus(let status) = self.machine.callEnded(id, .failure(error.status)) {
        self.write(status, id)
      }
      return self.refused(id, error.status, route)
    }
    self.begin(id, call, route, peer, now)
  }

  /// Who calls, by the token that came with the call, which goes no further.
  private func identified(_ call: inout IncomingCall, _ route: Route) throws(RPCError) -> RPCPeer {
    let key = RPCTokenTable.metadataKey
    let values = call.metadata.filter { $0.key.lowercased() == key }.map(\.value)
    call.metadata.removeAll { $0.key.lowercased() == key }
    guard let value = values.first else {
      throw RPCError(
        .unauthenticated, "the client has shown no certificate, and the call has no token")
    }
    guard values.count == 1, let identity = self.server.tokens?.identity(value) else {
      throw RPCError(.unauthenticated, "the call's token is not valid here, or not any more")
    }
    var peer = self.peer
    peer.identities = [identity]
    if let refusal = route.refusal(of: peer) { throw RPCError(refusal) }
    return peer
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

  /// Why the connection's client may not call a method; nil if it may. Who it is does not change.
  private func refusal(of route: Route) -> Status? {
    if self.lastAllowed === route { return nil }
    if let refusal = route.refusal(of: self.peer) { return refusal }
    self.lastAllowed = route
    return nil
  }

  private func perform(
    _ action: ServerConnectionMachine.OnFrame, _ route: Route?, _ now: ContinuousClock.Instant
  ) {
    switch action {
    case .ignore: break
    case .begin(let id, let call):
      guard let route else { preconditionFailure("a call began without a route") }
      self.begin(id, call, route, self.peer, now)
    case .message(let id, let message, let isLast):
      self.calls[id]?.input?.append(message)
      if isLast { self.calls[id]?.input?.finish() }
    case .endOfInput(let id): self.calls[id]?.input?.finish()
    case .cancel(let id, let code):
      self.calls[id]?.abandon(
        code == StatusNumber.deadlineExceeded ? .deadlineExceeded : .cancelled)
    case .refuse(let id, let status):
      self.write(status, id)
      self.refused(id, status, route)
    case .fail(let id, let status):
      self.write(status, id)
      self.calls[id]?.abandon(RPCError(status).code)
    case .settings(let maxPayloadBytes):
      self.encoder.maxPayloadBytes = maxPayloadBytes
      self.creditHasCome(.connection)
    case .credit(let id): self.creditHasCome(id)
    case .answerPing(let number):
      self.encoder.pong(number)
      self.flush()
    case .pong(let number):
      if number == ServerConnectionMachine.shutdownPing { self.shutdownWasHeard() }
    case .close(let error): self.close(error)
    }
  }

  /// Cuts a client off that broke the protocol, and tells it why if it understands that.
  private func close(_ error: WireError) {
    if let goAway = self.machine.lastGoAway(error) {
      self.encoder.goAway(goAway)
      self.flush()
    }
    self.stream.close(error)
  }

  // MARK: Credit

  /// Who waits for credit looks again.
  private func creditHasCome(_ id: StreamID) {
    guard id == .connection else {
      self.calls[id]?.credit?.open()
      return
    }
    for call in self.calls.values { call.credit?.open() }
  }

  private func giveConnectionCredit() {
    guard let increment = self.machine.takeConnectionCredit() else { return }
    self.encoder.window(increment, on: .connection)
    self.flush()
  }

  private func messagesTaken(_ cost: Int, _ call: ServerCall) {
    guard !self.isClosed else { return }
    if let increment = self.machine.messagesTaken(cost, on: call.id) {
      self.encoder.window(increment, on: call.id)
      self.flush()
    }
    self.giveConnectionCredit()
  }

  // MARK: Calls

  private func begin(
    _ id: StreamID, _ incoming: IncomingCall, _ route: Route, _ peer: RPCPeer,
    _ now: ContinuousClock.Instant
  ) {
    self.hasBeenCalled = true
    self.server.activeCalls += 1
    let deadline = now + self.timeout(incoming.timeout, route.shape)
    self.wakeUp.ring(at: deadline)
    if self.isExtended { self.wakeUp.ring(at: now + self.server.options.keepaliveInterval) }
    let response = self.isExtended ? RPCResponseMetadata() : nil
    let context = RPCContext(
      service: route.method.service, method: route.method.name,
      metadata: incoming.metadata.isEmpty ? RPCMetadata() : RPCMetadata(incoming.metadata),
      deadline: incoming.timeout == nil && route.shape.serverStreams ? nil : deadline,
      peer: peer, response: response ?? Self.unsentMetadata)
    let call = ServerCall(
      id, route, requestBytes: incoming.message?.count ?? 0, started: now, deadline: deadline,
      input: route.shape.clientStreams ? self.queue() : nil,
      credit: self.isExtended && route.shape.serverStreams ? CreditGate() : nil,
      response: response)
    if self.isExtended, let input = call.input {
      input.onTaken = { [weak self, unowned call] in self?.messagesTaken($0, call) }
    }
    if incoming.inputIsComplete { call.input?.finish() }
    self.calls[id] = call
    self.requestBytesInFlight += call.requestBytes
    self.server.requestBytes += call.requestBytes
    self.updateRequestGate()
    let task = self.start(call, incoming.message, context)
    // It may have ended on the spot, or closed its own connection.
    guard !call.hasEnded else { return }
    call.task = task
    if call.abandonedWith != nil { task.cancel() }
  }

  /// Where handlers of plain clients leave what is not sent.
  private static let unsentMetadata = RPCResponseMetadata()

  private func queue() -> MessageQueue {
    MessageQueue(
      gate: self.isExtended ? nil : self.gate,
      maxBytes: self.server.options.maxQueuedStreamBytes)
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
    self.loop.beginsAtOnce { self.task(call, message, context) }
  }

  /// Not of the actor, because `withValue` would look, for each call, whether its closure is where it belongs.
  private nonisolated func task(
    _ call: ServerCall, _ message: [UInt8]?, _ context: RPCContext
  ) -> Task<Void, Never> {
    // Tasks take over what is set where they are made. Set inside of the task, by a closure around the handler, it would lose its place:
    // such closures go on wherever there is a thread (Swift 6.3).
    CurrentCall.$value.withValue(CurrentCall(context)) {
      switch call.route.body {
      case .unary(let answer):
        Task { @NetworkActor in
          do {
            self.ended(call, .success(try await answer(message ?? [], context)))
          } catch {
            self.failed(call, error)
          }
        }
      case .streaming(let answer):
        Task { @NetworkActor in
          do {
            try await answer(self.input(call, message), self.output(call), context)
            self.ended(call, try self.streamedOutcome(call))
          } catch {
            self.failed(call, error)
          }
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
    guard let response = call.onlyMessage else {
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
      precondition(call.onlyMessage == nil, "\(call.route.name) has one response")
      call.onlyMessage = message
      return
    }
    // Before the message uses credit, which nobody would give back for one that is not sent.
    try self.checkFits(message.count)
    if !call.hasBegunToAnswer { try self.writeLeadingMetadata(call) }
    switch self.machine.messageOffered(message.count, on: call.id) {
    case .write: break
    case .over: throw CancellationError()
    case .wait: try await self.waitForCredit(call, message.count)
    }
    do throws(WireError) {
      try self.encoder.data(message, on: call.id)
    } catch {
      throw RPCError(.resourceExhausted, error.message)
    }
    self.flush()
    self.stream.sendEarly()
    if self.sendGate.isClosed {
      self.wakeUp.ring(at: .now + self.server.options.sendTimeout)
      try await self.sendGate.wait()
    } else if self.stream.hasSentItsShare {
      await Task.yield()
    }
  }

  private func checkFits(_ bytes: Int) throws(RPCError) {
    do throws(WireError) {
      try self.encoder.checkFits(bytes)
    } catch {
      throw RPCError(.resourceExhausted, error.message)
    }
  }

  // Apart, because each function that may suspend costs, and there mostly is credit.
  /// Returns when a message of so many bytes may be written, and counts as written.
  private func waitForCredit(_ call: ServerCall, _ bytes: Int) async throws {
    while true {
      call.credit?.close()
      switch self.machine.messageOffered(bytes, on: call.id) {
      case .write: return
      case .over: throw CancellationError()
      case .wait: try await call.credit?.wait()
      }
    }
  }

  private func writeLeadingMetadata(_ call: ServerCall) throws {
    call.hasBegunToAnswer = true
    guard let metadata = call.response?.metadata, !metadata.isEmpty else { return }
    do throws(WireError) {
      try self.encoder.leadingMetadata(metadata.pairs, on: call.id)
    } catch {
      throw RPCError(.resourceExhausted, "the response's metadata do not fit: \(error.message)")
    }
  }

  /// A call's end with all that its handler says beside it.
  ///
  /// - Returns: False if there is nothing to say beside it.
  private func writeAnnotated(
    _ call: ServerCall, _ payload: [UInt8], _ status: Status?
  ) throws(WireError) -> Bool {
    guard let said = call.response, !said.isEmpty else { return false }
    let trailers = said.trailers
    // A stream's metadata have gone before its first message.
    let metadata = call.hasBegunToAnswer ? RPCMetadata() : said.metadata
    guard !trailers.isEmpty || !metadata.isEmpty else { return false }
    var response = Response()
    response.payload = payload
    response.status = status
    response.metadata = metadata.pairs
    response.trailers = trailers.pairs
    try self.encoder.response(response, on: call.id)
    return true
  }

  private func ended(_ call: ServerCall, _ outcome: ServerConnectionMachine.Outcome) {
    var code = call.abandonedWith ?? .ok
    switch self.machine.callEnded(call.id, outcome) {
    case .writeResponse(let message):
      do throws(WireError) {
        if try !self.writeAnnotated(call, message, nil) {
          try self.encoder.response(message, on: call.id)
        }
      } catch {
        code = .resourceExhausted
        self.encoder.response(RPCError(code, error.message).status, on: call.id)
      }
    case .writeEndOfStream:
      do throws(WireError) {
        if try !self.writeAnnotated(call, [], nil) { self.encoder.endOfData(on: call.id) }
      } catch {
        code = .resourceExhausted
        self.encoder.response(RPCError(code, error.message).status, on: call.id)
      }
    case .writeStatus(let status):
      code = RPCStatusCode(rawValue: status.code) ?? .unknown
      do throws(WireError) {
        if try !self.writeAnnotated(call, [], status) {
          self.encoder.response(status, on: call.id)
        }
      } catch {
        // The status alone fits.
        self.encoder.response(status, on: call.id)
      }
    case .nothing: break
    }
    if self.isExtended, let increment = self.machine.takeConnectionCredit() {
      self.encoder.window(increment, on: .connection)
    }
    self.flush()
    call.input?.abort(CancellationError())
    call.hasEnded = true
    self.calls[call.id] = nil
    self.server.activeCalls -= 1
    self.requestBytesInFlight -= call.requestBytes
    self.server.requestBytes -= call.requestBytes
    self.lastActivity = .now
    self.server.callEnded(
      call.route, self.peer, code, self.lastActivity - call.started)
    self.updateGates()
    // Asking the machine costs a copy of it.
    if self.isShuttingDown, self.machine.isDrained {
      self.stream.close()
    } else if self.isAged, self.calls.isEmpty {
      // Otherwise the wake-up is set to look soon enough: never later than ``RPCServerOptions/idleTimeout`` after it looked last.
      self.wakeUp.ring(at: self.lastActivity + self.idleTimeout(self.lastActivity))
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
    let isFull = self.stream.unsentBytes > self.server.options.maxOutboundBytes
    guard isFull != self.holdsGateForOutput else { return }
    self.holdsGateForOutput = isFull
    self.hold(isFull)
  }

  private func updateRequestGate() {
    let isFull = self.requestBytesInFlight > self.server.options.maxRequestBytesInFlight
    guard isFull != self.holdsGateForRequests else { return }
    self.holdsGateForRequests = isFull
    self.hold(isFull)
  }

  private func hold(_ holds: Bool) {
    if holds { self.gate.hold() } else { self.gate.release() }
  }

  // MARK: Time

  /// Ends what has run out of time, and says when to look again.
  private func timeHasCome(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    let options = self.server.options
    var next = now + options.idleTimeout
    if self.calls.isEmpty {
      let limit = self.hasBeenCalled ? self.idleTimeout(now) : options.firstCallTimeout
      guard self.lastActivity + limit > now else {
        self.stream.close()
        return nil
      }
      next = min(next, self.lastActivity + limit)
    }
    if self.isExtended {
      guard let look = self.extendedTimeHasCome(now) else { return nil }
      next = min(next, look)
    }
    if let agesAt { if agesAt > now { next = min(next, agesAt) } else { self.isAged = true } }
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

  /// How long a connection may be without calls. A client that cannot be asked for another one is left soon once its connection is old.
  private func idleTimeout(_ now: ContinuousClock.Instant) -> Duration {
    guard !self.isExtended, let agesAt, agesAt <= now else {
      return self.server.options.idleTimeout
    }
    return min(self.server.options.idleTimeout, RPCServerOptions.agedIdleTimeout)
  }

  /// What only clients of the extended dialect have to do in time; nil: the connection was closed.
  private func extendedTimeHasCome(
    _ now: ContinuousClock.Instant
  ) -> ContinuousClock.Instant? {
    var next = now + self.server.options.idleTimeout
    if !self.machine.hasSettings {
      let limit = self.began + self.server.options.settingsTimeout
      guard limit > now else {
        self.close(WireError(.protocolViolation, "the client's SETTINGS did not come"))
        return nil
      }
      next = min(next, limit)
    }
    if let agesAt, agesAt <= now {
      self.beginGracefulShutdown("the connection is old; open another")
    }
    if let shutdownHeardAt {
      if shutdownHeardAt <= now {
        self.shutdownWasHeard()
      } else {
        next = min(next, shutdownHeardAt)
      }
    }
    guard !self.isClosed else { return nil }
    guard !self.calls.isEmpty else { return next }
    switch self.keepalive.timeHasCome(now) {
    case .wait(let until): next = min(next, until)
    case .ping(let number, let until):
      self.machine.pingWritten()
      self.encoder.ping(number)
      self.flush()
      next = min(next, until)
    case .dead:
      self.stream.close(RPCError(.unavailable, "the client does not answer"))
      return nil
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
