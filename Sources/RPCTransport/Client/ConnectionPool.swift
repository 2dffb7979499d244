internal import Networking
internal import RPC
internal import Telemetry

/// One connection to each address of a client, and the calls that wait for one.
///
/// Connections are opened when a call wants one, and opened again when one does after they were lost. Everything here follows from a
/// call, so that a client that is not used does nothing.
@NetworkActor
final class ConnectionPool {
  private struct Waiting {
    let continuation: CheckedContinuation<ClientConnection, any Error>
    let deadline: ContinuousClock.Instant?
    let waitForReady: Bool
  }

  private let client: RPCClient.Settings
  private let resolver: AddressResolver
  private var book: AddressBook
  private var connections: [SocketAddress: ClientConnection] = [:] {
    didSet { self.ready = self.book.ready.compactMap { self.connections[$0] } }
  }
  /// The connections, in the order of addresses.
  private var ready: [ClientConnection] = []
  /// Connections that take no more calls and end with those they have.
  private var retiring: [ObjectIdentifier: ClientConnection] = [:]
  private var turns = RoundRobin()
  private var opening: [SocketAddress: Task<Void, Never>] = [:]
  private var waiting: [Int: Waiting] = [:]
  private var nextTicket = 0
  /// No call with a lower ticket waits.
  private var firstTicket = 0
  private var lastError: RPCError?
  private let wakeUp = WakeUp()
  private var isClosed = false

  init(_ client: RPCClient.Settings, _ resolver: AddressResolver) {
    self.client = client
    self.resolver = resolver
    let options = client.options
    self.book = AddressBook(
      backoff: Backoff(
        first: options.minBackoff, longest: options.maxBackoff, factor: options.backoffFactor,
        jitter: options.backoffJitter))
    self.wakeUp.onDue { [weak self] in self?.timeHasCome($0) }
    resolver.onChange { [weak self] in self?.resolved() }
    self.resolved()
  }

  /// A connection with room for a call, if there is one at once; otherwise call ``connection(deadline:waitForReady:)``.
  ///
  /// It is promised: the call must begin before its caller waits for anything.
  ///
  /// - Parameter avoided: Taken only if there is no other.
  func readyConnection(butRather avoided: ClientConnection? = nil) -> ClientConnection? {
    self.connect()
    guard self.waiting.isEmpty else { return nil }
    guard let avoided else { return self.next() }
    let other = self.turns.next(of: self.ready) { $0 !== avoided && $0.hasRoom }
    other?.promise()
    return other ?? self.next()
  }

  /// A connection with room for a call, which the caller begins before it waits for anything.
  ///
  /// Waits while one is being opened, or while all are full; with `waitForReady` also while no server can be reached.
  ///
  /// - Throws: ``RPCError``: `UNAVAILABLE` with the reason why no address works, `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED`
  ///   when too many calls wait. `CancellationError`.
  func connection(
    deadline: ContinuousClock.Instant?, waitForReady: Bool
  ) async throws -> ClientConnection {
    if let connection = self.readyConnection() { return connection }
    let ticket = self.nextTicket
    self.nextTicket += 1
    if let deadline { self.wakeUp.ring(at: deadline) }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        self.wait(
          ticket, Waiting(continuation: $0, deadline: deadline, waitForReady: waitForReady))
      }
    } onCancel: {
      onNetworkThread { self.end(ticket, .failure(CancellationError())) }
    }
  }

  /// Puts a call in line. Looks again, because an `await` may let others run even before its operation begins.
  private func wait(_ ticket: Int, _ call: Waiting) {
    self.waiting[ticket] = call
    self.firstTicket = min(self.firstTicket, ticket)
    if Task.isCancelled {
      self.end(ticket, .failure(CancellationError()))
    } else if self.waiting.count > self.client.options.maxWaitingCalls {
      self.end(
        ticket,
        .failure(
          RPCError(
            .resourceExhausted,
            "\(self.waiting.count - 1) calls wait for a connection already; call less, or later")))
    } else {
      self.serveWaiting()
    }
  }

  /// Breaks everything off; calls fail with `error`.
  func close(_ error: RPCError) async {
    self.isClosed = true
    self.lastError = error
    self.wakeUp.close()
    for ticket in self.waiting.keys { self.end(ticket, .failure(error)) }
    for connection in Array(self.connections.values) { connection.close(error) }
    for connection in Array(self.retiring.values) { connection.close(error) }
    let opening = self.opening.values
    for task in opening { task.cancel() }
    for task in opening { await task.value }
  }

  // MARK: Choosing

  /// The next connection with room, which is promised to who asks.
  private func next() -> ClientConnection? {
    guard let connection = self.turns.next(of: self.ready, where: { $0.hasRoom }) else {
      return nil
    }
    connection.promise()
    return connection
  }

  /// Why waiting makes no sense; nil if it does.
  private func hopeless(waitForReady: Bool) -> RPCError? {
    if self.isClosed { return self.lastError ?? Self.closedError }
    if waitForReady || self.book.isConnecting || !self.ready.isEmpty { return nil }
    if self.book.addresses.isEmpty {
      return self.resolver.isWorking ? nil : self.resolver.error ?? Self.noAddressError
    }
    return self.lastError ?? Self.noAddressError
  }

  static let closedError = RPCError(.cancelled, "the client is closed")
  private static let noAddressError = RPCError(.unavailable, "the client has no address to call")

  private func end(_ ticket: Int, _ result: Result<ClientConnection, any Error>) {
    self.waiting.removeValue(forKey: ticket)?.continuation.resume(with: result)
  }

  /// Something has changed: serves those who wait, in the order in which they came.
  private func serveWaiting() {
    guard !self.waiting.isEmpty else { return }
    self.connect()
    while self.firstTicket < self.nextTicket {
      if self.waiting[self.firstTicket] != nil {
        guard let connection = self.next() else { break }
        self.end(self.firstTicket, .success(connection))
      }
      self.firstTicket += 1
    }
    if let error = self.hopeless(waitForReady: false) {
      for (ticket, call) in self.waiting where !call.waitForReady || self.isClosed {
        self.end(ticket, .failure(error))
      }
    }
    self.planAttempt()
  }

  // MARK: Connecting

  private func connect() {
    guard !self.isClosed else { return }
    self.resolver.wanted()
    if self.ready.count == self.book.addresses.count { return }
    for address in self.book.wanted(at: .now) {
      // A connection is for all calls, so opening it belongs to none of them; `close()` cancels and awaits it.
      self.opening[address] = Task { @NetworkActor [weak self, client] in
        let result = await Self.open(address, client, self?.resolver.host(of: address))
        self?.opened(address, result)
      }
    }
  }

  private static func open(
    _ address: SocketAddress, _ client: RPCClient.Settings, _ host: String?
  ) async -> Result<Stream, any Error> {
    do {
      let tls = client.tls.context
      if tls == nil { try PlainTCP.check(address.host, address.port) }
      return .success(
        try await Stream.connect(
          to: address, tls: tls, serverName: client.serverName ?? host,
          timeout: client.options.connectTimeout))
    } catch {
      return .failure(error)
    }
  }

  private func opened(_ address: SocketAddress, _ result: Result<Stream, any Error>) {
    self.opening[address] = nil
    switch result {
    case .success(let stream):
      guard !self.isClosed, self.book.connected(address) else { return stream.close() }
      let connection = ClientConnection(stream, options: self.client.options)
      connection.onWorked = { [weak self] in self?.book.worked(address) }
      connection.onRoom = { [weak self] in self?.serveWaiting() }
      connection.onRetired = { [weak self, unowned connection] in self?.retired(connection) }
      connection.onClosed = { [weak self, unowned connection] in
        self?.closed(connection, $0)
      }
      self.connections[address] = connection
      self.client.logger.debug("connected", [.peerAddress: address.description])
    case .failure(let error):
      self.failed(address, RPCError(unreachable: error, at: address, self.client.name))
    }
    self.serveWaiting()
  }

  /// A connection takes no more calls: the next call opens another.
  private func retired(_ connection: ClientConnection) {
    self.retiring[ObjectIdentifier(connection)] = connection
    guard self.connections[connection.address] === connection else { return }
    self.book.lost(connection.address)
    self.connections[connection.address] = nil
    // The server may be going away for good.
    self.resolver.doubted()
    self.serveWaiting()
  }

  private func closed(_ connection: ClientConnection, _ error: any Error) {
    self.retiring[ObjectIdentifier(connection)] = nil
    let address = connection.address
    guard self.connections[address] === connection else { return }
    self.connections[address] = nil
    let error = error as? RPCError ?? RPCError(.unavailable, "\(error)")
    if connection.hasWorked || connection.wasIdle {
      self.book.lost(address)
      self.resolver.doubted()
    } else {
      self.failed(address, error)
    }
    self.client.logger.debug(
      "a connection is closed", [.peerAddress: address.description, .error: error.message])
    self.serveWaiting()
  }

  private func failed(_ address: SocketAddress, _ error: RPCError) {
    self.lastError = error
    self.book.failed(address, at: .now, random: .random(in: 0...1))
    self.resolver.doubted()
    self.client.logger.debug(
      "a server cannot be reached", [.peerAddress: address.description, .error: error.message])
  }

  private func resolved() {
    let gone = self.book.resolved(self.resolver.addresses)
    // Assigned in every case: the order of addresses may have changed.
    let before = self.connections
    self.connections = before.filter { !gone.contains($0.key) }
    for address in gone { before[address]?.retire() }
    self.serveWaiting()
  }

  // MARK: Time

  /// Makes sure that somebody tries again for those who wait.
  private func planAttempt() {
    guard !self.waiting.isEmpty else { return }
    if let next = self.book.nextAttempt { self.wakeUp.ring(at: next) }
    if let next = self.resolver.nextAttempt { self.wakeUp.ring(at: next) }
  }

  private func timeHasCome(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    for (ticket, call) in self.waiting {
      if let deadline = call.deadline, deadline <= now {
        self.end(ticket, .failure(self.waitedTooLong))
      }
    }
    self.serveWaiting()
    return self.waiting.values.compactMap(\.deadline).min()
  }

  private var waitedTooLong: RPCError {
    let reason = self.lastError.map { ": \($0.message)" } ?? ""
    return RPCError(.deadlineExceeded, "no connection within the time given for the call\(reason)")
  }
}

extension RPCError {
  /// What calls are told when an address cannot be connected to.
  init(unreachable error: any Error, at address: SocketAddress, _ name: String) {
    // A network error names the address itself.
    let reason = (error as? NetworkError)?.message ?? "\(address): \(error)"
    self.init(.unavailable, "cannot reach \(name): \(reason)")
  }
}
