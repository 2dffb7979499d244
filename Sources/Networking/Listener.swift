internal import Glibc

/// Accepts connections on one address and hands them over once they can be used.
///
/// Whoever holds a listener keeps it open. Closing it ends neither the connections it has handed over nor their counting.
@NetworkActor
public final class Listener {
  /// Accepted in one turn of the loop, before others have their turn.
  static let maxAcceptsPerTurn = 64
  /// How long nothing is accepted when the process is out of descriptors or memory.
  static let shortagePause = Duration.milliseconds(100)

  /// Where it listens, with the port the system chose when it was asked to.
  public nonisolated let address: SocketAddress
  /// For connections accepted from now on: replace it to reload certificates. Nil for plain TCP.
  public var tls: TLSContext? {
    didSet { precondition(self.tls?.isServer != false, "a listener needs the context of a server") }
  }
  /// Told of every connection that never could be used, with the client's address where it is known: a failed handshake, a limit, no
  /// descriptor left. For logs and counters.
  public var onFailure: (@NetworkActor (NetworkError, SocketAddress?) -> Void)?

  private let limits: ListenerLimits
  private let onAccept: @NetworkActor (Stream) -> Void
  private let socket: Socket
  private var watcher: FileWatcher?
  private let timer = Timer()
  private var handshakes: HandshakeCounter
  private var accepts: AcceptBudget
  private var handshaking: [ObjectIdentifier: Stream] = [:]
  private let connections = ConnectionCounter()

  /// Listens at once.
  ///
  /// - Parameters:
  ///   - address: Numeric, or `localhost` for 127.0.0.1. `::`, and an empty string where there is IPv6, mean every address of this
  ///     machine, IPv4 and IPv6.
  ///   - port: 0 lets the system choose; see ``port``.
  ///   - tls: A server's context; nil for plain TCP.
  ///   - onAccept: Gets each connection once its TLS handshake is complete, and must keep it. It reads as soon as
  ///     ``Stream/onReceive`` is set.
  /// - Throws: ``NetworkError`` (`addressInUse`, `addressNotAvailable`, `notPermitted`, `invalidAddress`), naming the address.
  public init(
    address: String = "127.0.0.1", port: UInt16, tls: TLSContext?, limits: ListenerLimits = .init(),
    onAccept: @escaping @NetworkActor (Stream) -> Void
  ) throws {
    precondition(tls?.isServer != false, "a listener needs the context of a server")
    let socket = try Self.listen(address, port, limits.backlog)
    guard let local = socket.localAddress() else {
      socket.close()
      throw NetworkError.system("listen on \(address):\(port)", errno)
    }
    self.address = local
    self.socket = socket
    self.tls = tls
    self.limits = limits
    self.onAccept = onAccept
    self.handshakes = HandshakeCounter(limits)
    self.accepts = AcceptBudget(perSecond: limits.maxAcceptsPerSecond, at: .now)
    let watcher = FileWatcher(descriptor: socket.descriptor) { [weak self] _ in self?.acceptSome() }
    if let error = watcher.error {
      socket.close()
      throw error
    }
    self.watcher = watcher
    self.connections.onRoom = { [weak self] in self?.continueAccepting() }
    watcher.watch(.readable)
  }

  isolated deinit {
    self.close()
    self.timer.close()
  }

  private static func listen(
    _ address: String, _ port: UInt16, _ backlog: Int32
  ) throws(NetworkError) -> Socket {
    if address.isEmpty {
      do {
        return try .listening(on: .any(AF_INET6, port: port), backlog: backlog)
      } catch  where error.code == .addressNotAvailable {
        // A machine without IPv6.
        return try .listening(on: .any(AF_INET, port: port), backlog: backlog)
      }
    }
    guard let numeric = SocketAddress(address == "localhost" ? "127.0.0.1" : address, port: port)
    else {
      throw NetworkError(
        .invalidAddress,
        "listen on \"\(address.prefix(300))\": not a numeric address; give one of this machine, or :: for all"
      )
    }
    return try .listening(on: numeric, backlog: backlog)
  }

  /// The port it listens on.
  public nonisolated var port: UInt16 { self.address.port }

  /// Connections that were handed over and are still open.
  public var connectionCount: Int { self.connections.count - self.handshaking.count }

  /// Accepts nothing more, and ends the handshakes that run.
  public func close() {
    guard let watcher else { return }
    self.watcher = nil
    watcher.close()
    self.timer.cancel()
    self.socket.close()
    let handshaking = self.handshaking.values
    self.handshaking = [:]
    for stream in handshaking { stream.close(NetworkError(.closed, "the listener was closed")) }
  }

  // MARK: Accepting

  private func acceptSome() {
    for _ in 0..<Self.maxAcceptsPerTurn {
      guard let watcher else { return }
      guard !self.handshakes.isFull, self.connections.count < self.limits.maxConnections else {
        watcher.watch([])
        return
      }
      if let pause = self.accepts.pause(at: .now) {
        watcher.watch([])
        self.timer.schedule(after: pause) { [weak self] in self?.continueAccepting() }
        return
      }
      switch self.socket.accept() {
      case .success(let (socket, peer)):
        self.accepts.spend()
        self.accepted(socket, peer)
      case .failure(let failure) where failure.isEmpty: return
      case .failure(let failure):
        self.onFailure?(.system("accept on \(self.address)", failure.number), nil)
        guard failure.isShortage else { continue }
        // The connection stays in the backlog and would be told again at once.
        watcher.watch([])
        self.timer.schedule(after: Self.shortagePause) { [weak self] in self?.continueAccepting() }
        return
      }
    }
  }

  private func continueAccepting() { self.watcher?.watch(.readable) }

  private func accepted(_ socket: Socket, _ peer: SocketAddress) {
    let isSecure = self.tls != nil
    guard !isSecure || self.handshakes.begin(peer) else {
      socket.close()
      self.onFailure?(
        NetworkError(
          .tooManyConnections,
          "\(peer) was closed: \(self.limits.maxHandshakesPerAddress) TLS handshakes from its address run already"
        ),
        peer)
      return
    }
    let opening = Opening()
    do throws(NetworkError) {
      let stream = try Stream(
        socket, peer: peer, isConnected: true, tls: self.tls, serverName: nil,
        timeout: self.limits.handshakeTimeout
      ) { [weak self] result in self?.opened(opening.id, peer, isSecure: isSecure, result) }
      opening.id = ObjectIdentifier(stream)
      self.connections.count += 1
      stream.onRelease = { [connections = self.connections] in connections.released() }
      self.handshaking[ObjectIdentifier(stream)] = stream
      stream.start()
    } catch {
      if isSecure { self.handshakes.end(peer) }
      self.onFailure?(error, peer)
    }
  }

  private func opened(
    _ id: ObjectIdentifier?, _ peer: SocketAddress, isSecure: Bool,
    _ result: Result<Void, any Error>
  ) {
    if isSecure {
      let wasFull = self.handshakes.isFull
      self.handshakes.end(peer)
      if wasFull { self.continueAccepting() }
    }
    guard let id, let stream = self.handshaking.removeValue(forKey: id) else { return }
    switch result {
    case .success: self.onAccept(stream)
    case .failure(let error):
      self.onFailure?(
        error as? NetworkError
          ?? NetworkError(.system, "the handshake with \(peer) failed: \(error)"), peer)
    }
  }

  /// Which stream a callback is about, without holding it.
  @NetworkActor
  private final class Opening {
    var id: ObjectIdentifier?
  }
}

/// How many streams of a listener have a descriptor; outlives the listener.
@NetworkActor
private final class ConnectionCounter {
  var count = 0
  var onRoom: (@NetworkActor () -> Void)?

  func released() {
    self.count -= 1
    self.onRoom?()
  }
}
