public import Networking

/// A small HTTP/1.1 server for the network thread: admin pages, the web edge, the simulator.
///
/// All callbacks, handlers included, run on ``NetworkActor``: a handler that computes for long calls a `@concurrent`
/// function. Thousands of connections cost a buffer each and no thread.
@NetworkActor
public final class HTTPServer {
  /// Answers one request. Cancelled when its client goes away. Never throws: what went wrong becomes a response.
  public typealias Handler = @NetworkActor @Sendable (HTTPRequest) async -> HTTPResponse

  private let options: HTTPServerOptions
  private let handler: Handler
  private var listener: Listener?
  private var connections: [UInt64: HTTPServerConnection] = [:]
  private var accepted: UInt64 = 0
  private var stopping = false
  private var onStop: CheckedContinuation<Void, Never>?
  private var onEmpty: CheckedContinuation<Void, Never>?

  /// Listens at once. With a `tls` context every connection is TLS.
  ///
  /// - Throws: ``NetworkError`` when the address cannot be listened on; it names the address.
  public init(
    options: HTTPServerOptions, tls: TLSContext? = nil, handler: @escaping Handler
  ) throws {
    self.options = options
    self.handler = handler
    self.listener = try Listener(
      address: options.address, port: options.port, tls: tls
    ) { [weak self] in self?.accept($0) }
  }

  /// Listens nowhere: connections come through ``serve(_:)``, from a listener that tells protocols apart.
  public init(servingOnly options: HTTPServerOptions, handler: @escaping Handler) {
    self.options = options
    self.handler = handler
  }

  /// Takes over a connection that somebody else has accepted.
  public func serve(_ stream: Stream) {
    guard !self.stopping else { return stream.close() }
    self.accept(stream)
  }

  /// The port it listens on; 0 when it does not.
  public var port: UInt16 { self.listener?.port ?? 0 }

  /// For connections from now on: replace it to reload certificates.
  public var tls: TLSContext? {
    get { self.listener?.tls }
    set { self.listener?.tls = newValue }
  }

  /// Told of every connection that never became one; see ``Listener/onFailure``.
  public var onFailure: (@NetworkActor (NetworkError, SocketAddress?) -> Void)? {
    get { self.listener?.onFailure }
    set { self.listener?.onFailure = newValue }
  }

  /// Open connections.
  public var connectionCount: Int { self.connections.count }

  /// Serves until the task is cancelled or ``beginGracefulShutdown()`` is called; then takes nothing new, lets running
  /// requests finish for at most `drainTimeout`, closes everything and returns.
  public func run() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if self.stopping || Task.isCancelled {
          continuation.resume()
        } else {
          self.onStop = continuation
        }
      }
    } onCancel: {
      // The handler may run on any thread; the hop is all this task does.
      Task { @NetworkActor in self.beginGracefulShutdown() }
    }
    self.beginGracefulShutdown()
    await self.drain()
  }

  /// Takes no new connections and closes idle ones; ``run()`` returns once the rest is done.
  public func beginGracefulShutdown() {
    guard !self.stopping else { return }
    self.stopping = true
    self.listener?.close()
    self.listener = nil
    for connection in self.connections.values { connection.beginGracefulShutdown() }
    self.onStop?.resume()
    self.onStop = nil
  }

  private func drain() async {
    if !self.connections.isEmpty {
      let timer = Timer()
      timer.schedule(after: self.options.drainTimeout) {
        for connection in self.connections.values { connection.close() }
      }
      await withCheckedContinuation { self.onEmpty = $0 }
      timer.close()
    }
  }

  private func accept(_ stream: Stream) {
    self.accepted += 1
    let connection = HTTPServerConnection(
      id: self.accepted, stream: stream, options: self.options, handler: self.handler
    ) { [weak self] in self?.ended($0) }
    self.connections[connection.id] = connection
    if self.connections.count > self.options.maxConnections { connection.refuse() }
  }

  private func ended(_ connection: HTTPServerConnection) {
    self.connections[connection.id] = nil
    guard self.stopping, self.connections.isEmpty else { return }
    self.onEmpty?.resume()
    self.onEmpty = nil
  }
}
