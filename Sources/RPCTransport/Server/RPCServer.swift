public import Networking
public import RPC
public import Telemetry

/// Answers calls of ttrpc and Verbatim clients over TLS.
///
///     let server = try await RPCServer(
///       address: "::", port: 7400,
///       tls: .server(certificate: "…", key: "…", clientAuthority: "…", protocols: RPCProtocol.names),
///       services: [MyGateway()], allow: RPCAllowTable([("verbatim.gateway.v1.GatewayService", ["spiffe://…"])]))
///     await server.run()
///
/// It listens from `init` on; connections are answered once ``run()`` has been called. Handlers begin on the network thread
/// and should not compute there for long.
@NetworkActor
public final class RPCServer {
  /// What a server's connections share.
  @NetworkActor
  final class Shared {
    let options: RPCServerOptions
    let routes: Routes
    let logger: Logger
    var tokens: RPCTokenTable?
    var activeCalls = 0
    /// Bytes of requests in work, of all connections.
    var requestBytes = 0

    init(_ options: RPCServerOptions, _ routes: Routes, _ logger: Logger) {
      self.options = options
      self.tokens = options.tokens
      self.routes = routes
      self.logger = logger
    }
  }

  private let shared: Shared
  private var listener: Listener?
  private let listenerPort: UInt16
  private var accepted: [Stream] = []
  private var connections: [ObjectIdentifier: ServerConnection] = [:]
  /// How many of them there are of one identity.
  private var connectionsOf: [String: Int] = [:]
  private var isRunning = false
  private var isStopping = false
  private let drainTimer = WakeUp()
  private var onStopped: CheckedContinuation<Void, Never>?

  /// Listens at once.
  ///
  /// - Parameters:
  ///   - address: Numeric, or `localhost`; `::` for all addresses of the machine.
  ///   - port: 0 lets the system choose; see ``port``.
  ///   - tls: A server's context, with ``RPCProtocol/names``. Nil, plain TCP, is for loopback addresses only.
  ///   - services: What it answers. Two with the same method are a mistake of the program.
  ///   - options: Limits.
  ///   - allow: Who may call what.
  ///   - logger: Gets calls and connections at debug, and what broke at error.
  ///   - metrics: Gets `rpc_server_call_duration_seconds` by method and code.
  /// - Throws: `NetworkError` when the address cannot be listened on, or `tls` is missing where it is needed.
  public init(
    address: String, port: UInt16, tls: TLSContext?, services: [any RPCService],
    options: RPCServerOptions = RPCServerOptions(), allow: RPCAllowTable = .anyone,
    logger: Logger = .disabled, metrics: MetricsRegistry? = nil
  ) throws {
    if tls == nil { try PlainTCP.check(address, port) }
    self.shared = Shared(options, Routes(services, options, allow, metrics), logger)
    var limits = ListenerLimits()
    limits.maxConnections = options.maxConnections
    // The listener's callbacks need the server, which is not whole yet.
    let inbox = Inbox()
    let listener = try Listener(address: address, port: port, tls: tls, limits: limits) {
      inbox.server?.accept($0)
    }
    self.listener = listener
    self.listenerPort = listener.port
    inbox.server = self
    listener.onFailure = { error, peer in
      logger.debug(
        "a connection could not be used",
        [.peerAddress: peer?.description ?? "", .error: error.message])
    }
  }

  @NetworkActor
  private final class Inbox {
    weak var server: RPCServer?
  }

  /// The port that it listens on.
  public var port: UInt16 { self.listenerPort }

  /// For connections accepted from now on: set it to reload certificates. It stays nil for plain TCP.
  public var tls: TLSContext? {
    get { self.listener?.tls }
    set {
      precondition(
        newValue != nil || self.listener?.tls == nil, "TLS cannot be taken from a server")
      self.listener?.tls = newValue
    }
  }

  /// For calls from now on: set it to reload tokens.
  public var tokens: RPCTokenTable? {
    get { self.shared.tokens }
    set { self.shared.tokens = newValue }
  }

  /// Calls that are being answered.
  public var activeCalls: Int { self.shared.activeCalls }

  /// Answers until ``beginGracefulShutdown()`` has been called and all connections have ended, or the task is cancelled.
  ///
  /// When it returns, no handler runs any more: those that are left at the end of ``RPCServerOptions/drainTimeout``, or at
  /// cancellation, are cancelled and awaited.
  public func run() async {
    precondition(!self.isRunning, "a server runs once")
    self.isRunning = true
    let accepted = self.accepted
    self.accepted = []
    // One that has closed meanwhile would never tell so again.
    for stream in accepted where !stream.isClosed { self.serve(stream) }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        self.onStopped = continuation
        self.finishIfStopped()
      }
    } onCancel: {
      onNetworkThread { self.stop() }
    }
  }

  /// Accepts nothing more, refuses new calls with `UNAVAILABLE`, and lets those that run end. May be called twice.
  public func beginGracefulShutdown() {
    guard !self.isStopping else { return }
    self.isStopping = true
    self.listener?.close()
    self.listener = nil
    for stream in self.accepted { stream.close() }
    self.accepted = []
    for connection in self.connections.values {
      connection.beginGracefulShutdown("the server is stopping")
    }
    self.drainTimer.onDue { [weak self] _ in
      self?.stop()
      return nil
    }
    self.drainTimer.ring(at: .now + self.shared.options.drainTimeout)
    self.finishIfStopped()
  }

  /// Breaks everything off.
  private func stop() {
    self.beginGracefulShutdown()
    for connection in self.connections.values {
      connection.close(RPCError(.unavailable, "the server has stopped"))
    }
  }

  private func accept(_ stream: Stream) {
    guard self.isRunning else { return self.accepted.append(stream) }
    self.serve(stream)
  }

  private func serve(_ stream: Stream) {
    let id = ObjectIdentifier(stream)
    let name = stream.peerIdentity?.names.first ?? stream.peerAddress
    let count = self.connectionsOf[name, default: 0]
    guard count < self.shared.options.maxConnectionsPerIdentity else {
      self.shared.logger.debug(
        "a connection was closed: its client has as many as it may",
        [.peerAddress: stream.peer.description, .peerIdentity: name])
      return stream.close(
        RPCError(.resourceExhausted, "\(name) has \(count) connections, which is the most"))
    }
    self.connectionsOf[name] = count + 1
    let connection = ServerConnection(stream, self.shared) { [weak self] in
      self?.ended(id, name)
    }
    self.connections[id] = connection
    connection.start()
  }

  private func ended(_ id: ObjectIdentifier, _ name: String) {
    self.connections[id] = nil
    let left = self.connectionsOf[name, default: 1] - 1
    self.connectionsOf[name] = left > 0 ? left : nil
    self.finishIfStopped()
  }

  /// Connections that are open.
  public var connectionCount: Int { self.connections.count }

  private func finishIfStopped() {
    guard self.isStopping, self.connections.isEmpty, let onStopped else { return }
    self.onStopped = nil
    self.drainTimer.close()
    onStopped.resume()
  }
}
