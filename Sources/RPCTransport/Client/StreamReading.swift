internal import Networking
internal import RPC
internal import WireProtocol

/// One iteration over a client's responses: the call behind it, from the first read to the end.
///
/// Responses are handed over as many as there are, because each hand-over to another thread costs more than a message.
/// Whoever lets go of it gives the call up.
@NetworkActor
final class StreamReading {
  /// What is sent.
  enum Input: Sendable {
    case message([UInt8])
    case messages(ClientCore.Requests)
  }

  private struct Running {
    let call: ClientStreamingCall
    let id: StreamID
    let connection: ClientConnection
    let sender: Task<Void, Never>?
  }

  private enum State {
    case unbegun
    case running(Running)
    case over
  }

  private let core: ClientCore
  private let method: RPCMethod
  private var options: RPCOptions
  private let input: Input
  private var state = State.unbegun
  private var attempts = 0
  private var refusals = 0
  private var deadline: ContinuousClock.Instant?
  private var started = ContinuousClock.now

  nonisolated init(
    _ core: ClientCore, _ method: RPCMethod, _ options: RPCOptions, _ input: Input
  ) {
    self.core = core
    self.method = method
    self.options = options
    self.input = input
  }

  isolated deinit { self.finish(.cancelled, CancellationError()) }

  /// The responses that are there, waiting for one if there is none; nil at the end.
  func nextBatch() async throws -> [[UInt8]]? {
    if case .over = self.state { return nil }
    if case .unbegun = self.state, self.attempts == 0, self.refusals == 0 {
      self.started = .now
      self.options = self.core.withinCurrentCall(self.options, nil)
      // Streams have no limit unless their caller sets one.
      self.deadline = self.options.timeout.map { self.started + $0 }
    }
    while true {
      do {
        let batch = try await self.read()
        if batch == nil { self.finish(.ok, nil) }
        return batch
      } catch let refusal as NotLookedAt {
        try self.refused(refusal)
      } catch let error as RPCError {
        guard let pause = self.pause(after: error) else {
          self.finish(error.code, error)
          throw error
        }
        self.state = .unbegun
        try await self.sleep(pause)
      } catch {
        self.finish(RPCStatusCode(of: error), error)
        throw error
      }
    }
  }

  /// The server did not look at the call: it is made again, unless what was sent cannot be sent again.
  private func refused(_ refusal: NotLookedAt) throws {
    self.refusals += 1
    guard case .message = self.input, self.refusals < ClientCore.maxRefusals else {
      self.finish(.unavailable, refusal.error)
      throw refusal.error
    }
    self.attempts -= 1
    self.state = .unbegun
  }

  private func read() async throws -> [[UInt8]]? {
    if case .running(let running) = self.state {
      try Task.checkCancellation()
      return try await running.call.responses.nextBatch()
    }
    self.attempts += 1
    let running = try await self.begin()
    self.state = .running(running)
    return try await running.call.responses.nextBatch()
  }

  private func begin() async throws -> Running {
    let payload: [UInt8] = if case .message(let message) = self.input { message } else { [] }
    let (core, method, deadline) = (self.core, self.method, self.deadline)
    let (call, id, connection) = try await core.intercepted(method, self.options) { options in
      try await core.beginStream(method, payload, options, deadline)
    }
    guard case .messages(let requests) = self.input else {
      return Running(call: call, id: id, connection: connection, sender: nil)
    }
    // It sends beside the reader, for as long as the call lasts; `finish` cancels it.
    let sender = Task.immediate { @NetworkActor [core, method] in
      await core.send(requests, method, id, connection)
    }
    return Running(call: call, id: id, connection: connection, sender: sender)
  }

  /// How long to wait before the call is made again; nil: it is not.
  private func pause(after error: RPCError) -> Duration? {
    if case .running(let running) = self.state, running.call.hasReceived { return nil }
    // What a caller sends as it goes cannot be sent again.
    guard case .message = self.input else { return nil }
    return self.core.pause(
      afterAttempt: self.attempts, self.method, error, self.deadline)
  }

  private func sleep(_ pause: Duration) async throws {
    do {
      try await Task.sleep(for: pause, clock: .continuous)
    } catch {
      self.finish(.cancelled, error)
      throw error
    }
  }

  private func finish(_ code: RPCStatusCode, _ error: (any Error)?) {
    switch self.state {
    case .over: return
    case .unbegun where self.attempts == 0: break
    case .unbegun: self.core.observe(self.method, code, since: self.started)
    case .running(let running):
      self.core.observe(self.method, code, since: self.started)
      running.connection.giveUp(running.id, error ?? CancellationError())
      running.call.responses.abort(error ?? CancellationError())
      running.sender?.cancel()
    }
    self.state = .over
  }
}
