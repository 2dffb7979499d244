internal import Networking
internal import Protobuf
internal import RPC
internal import Telemetry
internal import WireProtocol

/// A client on the network thread: makes calls of bytes.
@NetworkActor
final class ClientCore {
  /// What a method with many requests sends.
  typealias Requests = @Sendable (RPCResponses<[UInt8]>) async throws -> Void

  private struct Parts {
    let resolver: AddressResolver
    /// For calls with one response.
    let calls: ConnectionPool
    /// For streams of responses of plain servers, which may stop their connection.
    let streams: ConnectionPool
  }

  nonisolated let settings: RPCClient.Settings
  private let family: InstrumentFamily<Histogram>?
  private var metrics: [RPCMethod: CallMetrics] = [:]
  private var budget = RetryBudget()
  private var isClosed = false
  /// The client's token, as it travels.
  private let authorization: KeyValue?
  // Made on the network thread, by the first call.
  private lazy var parts: Parts = {
    let resolver = AddressResolver(self.settings)
    return Parts(
      resolver: resolver, calls: ConnectionPool(self.settings, resolver),
      streams: ConnectionPool(self.settings, resolver))
  }()

  nonisolated init(_ settings: RPCClient.Settings, _ metrics: MetricsRegistry?) {
    self.settings = settings
    self.authorization = settings.options.bearerToken.map { token in
      .with {
        $0.key = RPCTokenTable.metadataKey
        $0.value = RPCTokenTable.scheme + token
      }
    }
    self.family = metrics?.histograms(
      "rpc_client_call_duration_seconds", help: "How long calls took that were made from here.",
      labels: ["method", "code"])
  }

  func close() async {
    self.isClosed = true
    await self.parts.resolver.close()
    await self.parts.calls.close(ConnectionPool.closedError)
    await self.parts.streams.close(ConnectionPool.closedError)
  }

  // MARK: Calls with one response

  /// Makes a call with one request.
  func unary(
    _ method: RPCMethod, _ payload: [UInt8], _ options: RPCOptions
  ) async throws -> [UInt8] {
    let started = ContinuousClock.now
    let options = self.withinCurrentCall(options, self.settings.options.defaultTimeout)
    do {
      // The common case without a closure more: each function that may suspend costs.
      let response =
        self.settings.options.interceptors.isEmpty && options.hedgingDelay == nil
        ? try await self.repeatedUnary(method, payload, options)
        : try await self.intercepted(method, options) {
          try await self.hedgedUnary(method, payload, $0)
        }
      self.observe(method, .ok, since: started)
      return response
    } catch {
      self.observe(method, RPCStatusCode(of: error), since: started)
      throw error
    }
  }

  /// What the second of two attempts has to know of the first, and the other way round.
  @NetworkActor
  private final class Hedge {
    /// Whether the second has begun.
    var hasBegun = false
    /// Where the first was sent: the second goes elsewhere, if it can.
    weak var firstConnection: ClientConnection?
  }

  /// Makes a call a second time when it takes long, if its caller wants that and it is safe: the first answer counts.
  private func hedgedUnary(
    _ method: RPCMethod, _ payload: [UInt8], _ options: RPCOptions
  ) async throws -> [UInt8] {
    guard let delay = options.hedgingDelay, method.idempotency.allowsRepeating else {
      return try await self.repeatedUnary(method, payload, options)
    }
    let hedge = Hedge()
    return try await withThrowingTaskGroup(of: Result<[UInt8], any Error>?.self) { group in
      group.addTask { await self.attempt(method, payload, options, hedge) }
      group.addTask { await self.secondAttempt(method, payload, options, after: delay, hedge) }
      defer { group.cancelAll() }
      var failure: (any Error)?
      while let result = try await group.next() {
        switch result {
        case .success(let response): return response
        case .failure(let error):
          guard hedge.hasBegun, failure == nil else { throw failure ?? error }
          failure = error
        case nil: if let failure { throw failure }
        }
      }
      throw failure ?? CancellationError()
    }
  }

  /// Nil: it was not needed, or so much fails that it would make things worse.
  private func secondAttempt(
    _ method: RPCMethod, _ payload: [UInt8], _ options: RPCOptions, after delay: Duration,
    _ hedge: Hedge
  ) async -> Result<[UInt8], any Error>? {
    do {
      // Cancelled as soon as the first has answered.
      try await Task.sleep(for: delay, clock: .continuous)
    } catch {
      return nil
    }
    guard self.budget.allowsRetry else { return nil }
    hedge.hasBegun = true
    return await self.attempt(method, payload, options, hedge)
  }

  private func attempt(
    _ method: RPCMethod, _ payload: [UInt8], _ options: RPCOptions, _ hedge: Hedge
  ) async -> Result<[UInt8], any Error> {
    do {
      return .success(try await self.repeatedUnary(method, payload, options, hedge))
    } catch {
      return .failure(error)
    }
  }

  /// Makes a call again where that is safe: see ``RPCClientOptions/maxAttempts``.
  private func repeatedUnary(
    _ method: RPCMethod, _ payload: [UInt8], _ options: RPCOptions, _ hedge: Hedge? = nil
  ) async throws -> [UInt8] {
    let pool = self.parts.calls
    let deadline = self.deadline(options)
    var attempts = 0
    var refusals = 0
    while true {
      attempts += 1
      do {
        let connection: ClientConnection
        if let ready = pool.readyConnection(butRather: hedge?.firstConnection) {
          connection = ready
        } else {
          connection = try await pool.connection(
            deadline: deadline, waitForReady: options.waitForReady)
        }
        if let hedge, !hedge.hasBegun { hedge.firstConnection = connection }
        let call = ClientUnaryCall(deadline: deadline, response: options.response)
        let id = try connection.begin(
          call, method.kind.shape, self.request(method, payload, options))
        let response = try await self.response(call, id, connection)
        self.budget.succeeded()
        return response
      } catch is NoRoom {
        attempts -= 1
      } catch let refusal as NotLookedAt {
        attempts -= 1
        refusals += 1
        guard refusals < Self.maxRefusals, !self.isClosed else { throw refusal.error }
      } catch let error as RPCError {
        guard let pause = self.pause(afterAttempt: attempts, method, error, deadline) else {
          throw error
        }
        try await Task.sleep(for: pause, clock: .continuous)
      }
    }
  }

  /// How often a call is made again that servers did not look at because they were going away.
  static let maxRefusals = 4

  /// A call that a handler makes has the handler's time and trace.
  func withinCurrentCall(_ options: RPCOptions, _ defaultTimeout: Duration?) -> RPCOptions {
    guard let context = RPCContext.current else { return options }
    var options = options
    options.timeout = options.timeout ?? defaultTimeout
    return options.within(context, propagating: self.settings.options.propagatedMetadata)
  }

  /// Makes a call with many requests.
  func clientStreaming(
    _ method: RPCMethod, _ options: RPCOptions, _ requests: @escaping Requests
  ) async throws -> [UInt8] {
    let started = ContinuousClock.now
    let options = self.withinCurrentCall(options, self.settings.options.defaultTimeout)
    do {
      let response = try await self.intercepted(method, options) { options in
        try await self.sentStream(method, options, requests)
      }
      self.observe(method, .ok, since: started)
      return response
    } catch {
      self.observe(method, RPCStatusCode(of: error), since: started)
      throw error
    }
  }

  private func sentStream(
    _ method: RPCMethod, _ options: RPCOptions, _ requests: @escaping Requests
  ) async throws -> [UInt8] {
    let deadline = self.deadline(options)
    let call = ClientUnaryCall(deadline: deadline, response: options.response)
    let (connection, id) = try await self.beginStreamed(call, method, options, deadline)
    do {
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addImmediateTask { @NetworkActor in await self.send(requests, method, id, connection)
        }
        defer { group.cancelAll() }
        return try await self.response(call, id, connection)
      }
    } catch let refusal as NotLookedAt {
      // What was sent cannot be sent again.
      throw refusal.error
    }
  }

  /// Begins a call with many requests and one response.
  private func beginStreamed(
    _ call: ClientUnaryCall, _ method: RPCMethod, _ options: RPCOptions,
    _ deadline: ContinuousClock.Instant?
  ) async throws -> (ClientConnection, StreamID) {
    while true {
      let connection = try await self.parts.calls.connection(
        deadline: deadline, waitForReady: options.waitForReady)
      do {
        let request = self.request(method, [], options)
        return (connection, try connection.begin(call, method.kind.shape, request))
      } catch is NoRoom {
        continue
      }
    }
  }

  /// Sends what the caller sends and half-closes; an error of the caller ends the call.
  func send(
    _ requests: Requests, _ method: RPCMethod, _ id: StreamID, _ connection: ClientConnection
  ) async {
    let output = self.settings.options.interceptors.reversed().reduce(
      RPCResponses { try await connection.send($0, on: id) }
    ) { $1.requests(method, $0) }
    do {
      try await requests(output)
      connection.endOutput(on: id)
    } catch {
      // Also when the call is over and its messages of no use; then there is nothing to give up.
      connection.giveUp(id, error)
    }
  }

  private func response(
    _ call: ClientUnaryCall, _ id: StreamID, _ connection: ClientConnection
  ) async throws -> [UInt8] {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        if Task.isCancelled { connection.giveUp(id, CancellationError()) }
        call.wait($0)
      }
    } onCancel: {
      onNetworkThread { connection.giveUp(id, CancellationError()) }
    }
  }

  // MARK: Calls with a stream of responses

  /// The responses of a call that is made when they are iterated, through the interceptors.
  nonisolated func responses(
    _ method: RPCMethod, _ options: RPCOptions,
    _ input: @escaping @Sendable () -> StreamReading.Input
  ) -> RPCRequests<[UInt8]> {
    let responses = RPCRequests<[UInt8]> {
      let reader = ResponseReader(StreamReading(self, method, options, input()))
      return { try await reader.next() }
    }
    return self.settings.options.interceptors.reversed().reduce(responses) {
      $1.responses(method, options, $0)
    }
  }

  /// Begins a call on a connection for streams, once.
  func beginStream(
    _ method: RPCMethod, _ payload: [UInt8], _ options: RPCOptions,
    _ deadline: ContinuousClock.Instant?
  ) async throws -> (ClientStreamingCall, StreamID, ClientConnection) {
    while true {
      let connection = try await self.connectionForStream(deadline, options)
      let call = ClientStreamingCall(
        deadline: deadline, response: options.response,
        responses: MessageQueue(
          gate: connection.hasWindows ? nil : connection.gate,
          maxBytes: self.settings.options.maxQueuedStreamBytes))
      do {
        let request = self.request(method, payload, options)
        return (call, try connection.begin(call, method.kind.shape, request), connection)
      } catch is NoRoom {
        continue
      }
    }
  }

  /// With windows streams and other calls do not hinder each other, and share a connection.
  private func connectionForStream(
    _ deadline: ContinuousClock.Instant?, _ options: RPCOptions
  ) async throws -> ClientConnection {
    let connection = try await self.parts.calls.connection(
      deadline: deadline, waitForReady: options.waitForReady)
    if connection.hasWindows { return connection }
    connection.forgetPromise()
    return try await self.parts.streams.connection(
      deadline: deadline, waitForReady: options.waitForReady)
  }

  // MARK: Around calls

  func request(_ method: RPCMethod, _ payload: [UInt8], _ options: RPCOptions) -> Request {
    var request = Request()
    request.service = method.service
    request.method = method.name
    request.payload = payload
    if !options.metadata.isEmpty { request.metadata = options.metadata.pairs }
    if let authorization { request.metadata.append(authorization) }
    return request
  }

  func deadline(_ options: RPCOptions) -> ContinuousClock.Instant? {
    (options.timeout ?? self.settings.options.defaultTimeout).map { .now + $0 }
  }

  /// Makes a call through the interceptors.
  func intercepted<Result: Sendable>(
    _ method: RPCMethod, _ options: RPCOptions,
    _ call: @escaping @Sendable @NetworkActor (RPCOptions) async throws -> Result
  ) async throws -> Result {
    var interceptors = self.settings.options.interceptors[...]
    guard let first = interceptors.popFirst() else { return try await call(options) }
    return try await Self.intercept(first, interceptors, method, options, call)
  }

  private static func intercept<Result: Sendable>(
    _ interceptor: any RPCClientInterceptor, _ rest: ArraySlice<any RPCClientInterceptor>,
    _ method: RPCMethod, _ options: RPCOptions,
    _ call: @escaping @Sendable @NetworkActor (RPCOptions) async throws -> Result
  ) async throws -> Result {
    try await interceptor.intercept(method, options) { options in
      guard let next = rest.first else { return try await call(options) }
      return try await Self.intercept(next, rest.dropFirst(), method, options, call)
    }
  }

  /// How long to wait before a call is repeated; nil: it is not.
  func pause(
    afterAttempt attempt: Int, _ method: RPCMethod, _ error: RPCError,
    _ deadline: ContinuousClock.Instant?
  ) -> Duration? {
    guard error.code == .unavailable else { return nil }
    self.budget.failed()
    let options = self.settings.options
    guard method.idempotency.allowsRepeating, attempt < options.maxAttempts,
      self.budget.allowsRetry, !self.isClosed
    else { return nil }
    let backoff = Backoff(
      first: options.retryPause, longest: options.maxBackoff, factor: 2,
      jitter: options.backoffJitter)
    let pause = error.retryAfter ?? backoff.pause(after: attempt, random: .random(in: 0...1))
    if let deadline, .now + pause >= deadline { return nil }
    return pause
  }

  /// Counts a call.
  func observe(_ method: RPCMethod, _ code: RPCStatusCode, since started: ContinuousClock.Instant) {
    guard let family else { return }
    let metrics: CallMetrics
    if let known = self.metrics[method] {
      metrics = known
    } else {
      metrics = CallMetrics(family, method: method.description)
      self.metrics[method] = metrics
    }
    metrics.observe(.now - started, code)
  }
}
