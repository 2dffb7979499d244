public import Networking

/// Redis as one object that is always there: it owns its connection and makes a new one when that is lost.
///
/// Commands sent in one turn of the network thread share one write. Nothing is sent twice by itself: a command whose
/// reply was lost fails with `connectionLost` or `timeout`, and whoever sent it knows whether it may be repeated.
/// Blocking commands hold up everything behind them: give them a client of their own (``sendBlocking(_:blockedFor:)``).
@NetworkActor
public final class RedisClient {
  private enum State {
    case idle
    case connecting([CheckedContinuation<Void, Never>])
    case open(RedisConnection)
    case closed
  }

  public nonisolated let configuration: RedisConfiguration
  /// Called when a connection is made (nil) or lost, or an attempt failed.
  public var onConnectionChange: (@NetworkActor (RedisError?) -> Void)?
  private var state = State.idle
  private var failedAttempts = 0
  private var notBefore = ContinuousClock.now
  private var lastError: RedisError?
  /// When Redis last was found to be away, while it has not been found since.
  private var awaySince: ContinuousClock.Instant?
  /// The node of a cluster that has the keys, as far as is known.
  private var owner: Endpoint?
  /// Of the cluster's nodes, the one that is asked next.
  private var nextNode = 0

  public nonisolated init(_ configuration: RedisConfiguration) {
    self.configuration = configuration
  }

  isolated deinit { self.close() }

  /// Sends one command.
  ///
  /// - Throws: ``RedisError``, an error reply included.
  public func send(_ command: RedisCommand) async throws(RedisError) -> RedisValue {
    let replies = try await self.send([command])
    guard let reply = replies.first else { return .null }
    if case .error(let error) = reply { throw error }
    return reply
  }

  /// Sends several commands in one piece. Error replies are values (``RedisValue/error(_:)``), in their places.
  public func send(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisValue] {
    try await self.send(commands, timeout: self.configuration.commandTimeout)
  }

  /// Sends a command that Redis answers when something happens, at the latest after `time`.
  ///
  /// Cancelling the task gives the connection up, so that the call returns at once.
  public func sendBlocking(
    _ command: RedisCommand, blockedFor time: Duration
  ) async throws(RedisError) -> RedisValue {
    let connection = try await self.connection()
    let timeout = self.configuration.commandTimeout + time
    let replies: Result<[RedisValue], RedisError> = await withTaskCancellationHandler {
      do throws(RedisError) {
        return .success(try await connection.send([command], timeout: timeout))
      } catch {
        return .failure(error)
      }
    } onCancel: {
      // A cancellation handler is not on any actor: this only carries the message to the network thread.
      Task { @NetworkActor in
        connection.end(RedisError(.connectionLost, "The wait was cancelled."))
      }
    }
    guard let reply = try replies.get().first else { return .null }
    if case .error(let error) = reply {
      self.leaveIfElsewhere(connection, error)
      throw error
    }
    return reply
  }

  /// Ends the connection and refuses what comes; those who wait get an error.
  public func close() {
    let error = RedisError(.closed, "The Redis client is closed.")
    switch self.state {
    case .idle, .closed: break
    case .connecting(let waiting): for waiter in waiting { waiter.resume() }
    case .open(let connection): connection.end(error)
    }
    self.state = .closed
  }

  private func send(
    _ commands: [RedisCommand], timeout: Duration
  ) async throws(RedisError) -> [RedisValue] {
    let connection = try await self.connection()
    let replies: [RedisValue]
    do throws(RedisError) {
      replies = try await connection.send(commands, timeout: timeout)
    } catch {
      // It hangs: whoever connects anew now would wait as long once more.
      if error.code == .timeout { self.isAway(error) }
      throw error
    }
    for case .error(let error) in replies { self.leaveIfElsewhere(connection, error) }
    return replies
  }

  /// After a failover the name points elsewhere, and in a cluster another node has the keys: the next command connects again.
  private func leaveIfElsewhere(_ connection: RedisConnection, _ error: RedisError) {
    switch error.code {
    case .readOnly: connection.end(error)
    case .moved where self.configuration.cluster != nil:
      if var target = error.movedTo {
        if target.host.isEmpty { target.host = connection.host }
        self.owner = target
      }
      connection.end(error)
    default: break
    }
  }

  // MARK: The connection

  private func isAway(_ error: RedisError) {
    self.lastError = error
    self.awaySince = .now
  }

  /// What a caller who does not wait is told now; nil: it is worth an attempt.
  private func knownOutage(asOf began: ContinuousClock.Instant) -> RedisError? {
    guard let memory = self.configuration.outageMemory, let awaySince, let lastError,
      awaySince + memory > began
    else { return nil }
    return lastError
  }

  /// The open connection. Waits for it at most the connect timeout, with backoff between attempts; see
  /// ``RedisConfiguration/outageMemory``.
  private func connection() async throws(RedisError) -> RedisConnection {
    let began = ContinuousClock.now
    let deadline = began + self.configuration.connectTimeout
    while true {
      switch self.state {
      case .open(let connection) where !connection.isClosed: return connection
      case .closed: throw RedisError(.closed, "The Redis client is closed.")
      case .connecting:
        await withCheckedContinuation { continuation in
          // Looked at again: entering this block may have been a suspension.
          guard case .connecting(var waiting) = self.state else {
            continuation.resume()
            return
          }
          waiting.append(continuation)
          self.state = .connecting(waiting)
        }
        if case .idle = self.state, let error = self.lastError, !error.isTransient { throw error }
      case .idle, .open:
        // Also when the attempt has failed that was made meanwhile, for this caller or another.
        if let error = self.knownOutage(asOf: began) { throw error }
        let start = self.configuration.outageMemory == nil ? max(self.notBefore, .now) : .now
        guard start < deadline else {
          throw self.lastError ?? self.unreachable("it was not tried yet")
        }
        if start > .now {
          do {
            try await Task.sleep(until: start, clock: .continuous)
          } catch {
            throw self.lastError ?? self.unreachable("the call was cancelled")
          }
          continue
        }
        // Before the call: entering it may be a suspension, and others must find that somebody connects already.
        self.state = .connecting([])
        try await self.attempt(deadline)
      }
    }
  }

  /// One attempt, for all who wait; ``State/connecting(_:)`` has been set. Throws what waiting cannot mend.
  private func attempt(_ deadline: ContinuousClock.Instant) async throws(RedisError) {
    let result: Result<RedisConnection, RedisError>
    do throws(RedisError) {
      result = .success(try await self.establish(deadline))
    } catch {
      result = .failure(error)
    }
    guard case .connecting(let waiting) = self.state else {
      // Closed meanwhile.
      if case .success(let connection) = result {
        connection.end(RedisError(.closed, "The Redis client is closed."))
      }
      return
    }
    switch result {
    case .success(let connection):
      self.state = .open(connection)
      self.failedAttempts = 0
      self.lastError = nil
      self.awaySince = nil
      self.onConnectionChange?(nil)
    case .failure(let error):
      self.state = .idle
      self.isAway(error)
      self.notBefore = .now + self.reconnectDelay()
      self.failedAttempts += 1
      self.onConnectionChange?(error)
    }
    for waiter in waiting { waiter.resume() }
    if case .failure(let error) = result, !error.isTransient { throw error }
  }

  /// Exponential, with half of it random, so that a fleet does not come back in step.
  private func reconnectDelay() -> Duration {
    let doubled = self.configuration.minReconnectDelay * (1 << min(self.failedAttempts, 16))
    return min(doubled, self.configuration.maxReconnectDelay) * Double.random(in: 0.5...1)
  }

  private func establish(
    _ deadline: ContinuousClock.Instant
  ) async throws(RedisError) -> RedisConnection {
    if let cluster = self.configuration.cluster {
      return try await self.connect(toNodeOf: cluster, until: deadline)
    }
    guard let sentinels = self.configuration.sentinels else {
      return try await self.connect(self.configuration, until: deadline)
    }
    var server = self.configuration
    (server.host, server.port) = try await self.primary(sentinels, until: deadline)
    server.sentinels = nil
    let connection = try await self.connect(server, until: deadline)
    let role = try await connection.send([RedisCommand("ROLE")], timeout: server.commandTimeout)
    if role.first?.array?.first?.text == "master" { return connection }
    let error = RedisError(
      .readOnly,
      "Redis at \(server.address) is not the primary, although a sentinel says so: a failover is under way."
    )
    connection.end(error)
    throw error
  }

  /// Connects to the node that has the keys; where that is not known, or it is gone, to one after the other.
  private func connect(
    toNodeOf cluster: RedisCluster, until deadline: ContinuousClock.Instant
  ) async throws(RedisError) -> RedisConnection {
    var nodes = cluster.endpoints.indices.map {
      cluster.endpoints[(self.nextNode + $0) % cluster.endpoints.count]
    }
    if let owner { nodes.insert(owner, at: 0) }
    var last = self.unreachable("it has no nodes")
    for node in nodes {
      var server = self.configuration
      server.cluster = nil
      (server.host, server.port) = (node.host, node.port)
      do throws(RedisError) {
        return try await self.connect(server, until: deadline)
      } catch {
        last = error
        if node == self.owner { self.owner = nil } else { self.nextNode += 1 }
      }
    }
    throw last
  }

  /// Asks one sentinel after the other.
  private func primary(
    _ sentinels: RedisSentinels, until deadline: ContinuousClock.Instant
  ) async throws(RedisError) -> (host: String, port: UInt16) {
    var last = self.unreachable("it has no sentinels")
    for endpoint in sentinels.endpoints {
      var configuration = self.configuration
      configuration.sentinels = nil
      (configuration.host, configuration.port) = (endpoint.host, endpoint.port)
      // Sentinels have users of their own, mostly none.
      (configuration.user, configuration.password) = ("", "")
      do throws(RedisError) {
        let connection = try await self.connect(configuration, until: deadline)
        defer { connection.end(RedisError(.closed, "The sentinel has answered.")) }
        let replies = try await connection.send(
          [RedisCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", sentinels.primary)],
          timeout: configuration.commandTimeout)
        if case .error(let error) = replies.first { throw error }
        if let address = replies.first?.array, address.count == 2, let host = address[0].text,
          let port = address[1].text.flatMap({ UInt16($0) })
        {
          return (host, port)
        }
        last = RedisError(
          .invalidConfiguration,
          "The sentinel at \(endpoint) knows no primary named \(sentinels.primary): compare the URL with its \"sentinel monitor\"."
        )
      } catch {
        last = error
      }
    }
    throw last
  }

  private func connect(
    _ configuration: RedisConfiguration, until deadline: ContinuousClock.Instant
  ) async throws(RedisError) -> RedisConnection {
    let stream: Stream
    do {
      stream = try await RedisTransport.connect(configuration, deadline: deadline)
    } catch {
      throw self.unreachable("\(error)")
    }
    let connection = RedisConnection(
      stream, server: configuration.address, host: configuration.host,
      maxReplyBytes: configuration.maxReplyBytes)
    var greeting: [RedisCommand] = []
    if !configuration.password.isEmpty {
      var auth = RedisCommand("AUTH")
      if !configuration.user.isEmpty { auth.append(configuration.user) }
      auth.append(configuration.password)
      greeting.append(auth)
    }
    if !configuration.clientName.isEmpty {
      greeting.append(RedisCommand("CLIENT", "SETNAME", configuration.clientName))
    }
    greeting.append(RedisCommand("PING"))
    let replies = try await connection.send(greeting, timeout: max(.zero, deadline - .now))
    for case .error(let error) in replies where Self.isFatalInGreeting(error) {
      connection.end(error)
      throw error
    }
    return connection
  }

  /// An ACL user without the right to name itself or to ping can still work, and a server that cannot write to its
  /// disk can still be read.
  private static func isFatalInGreeting(_ error: RedisError) -> Bool {
    switch error.code {
    case .authentication, .loading, .busy: true
    default: false
    }
  }

  private func unreachable(_ why: String) -> RedisError {
    RedisError(
      .unreachable,
      "Redis at \(self.configuration.address) cannot be reached (\(why)). Start it, or correct the URL."
    )
  }
}
