extension Stream {
  /// The least time that one of several addresses gets, unless less is left.
  static let minAttemptTime = Duration.milliseconds(250)

  /// Connects to `host`, trying all its addresses one after another.
  ///
  /// - Parameters:
  ///   - host: A name or a numeric address.
  ///   - tls: A client's context; nil for plain TCP.
  ///   - serverName: The name or address that the server's certificate must carry; nil: `host`.
  ///   - timeout: For everything: finding the addresses, connecting, the TLS handshake. Each address gets its share.
  /// - Returns: A stream that reads as soon as ``onReceive`` is set. A server that wants a certificate may still refuse ours:
  ///   with TLS 1.3 that is found out by the first read.
  /// - Throws: ``NetworkError``; with several addresses that of the last one, naming all.
  public static func connect(
    host: String, port: UInt16, tls: TLSContext? = nil, serverName: String? = nil,
    timeout: Duration = .seconds(5)
  ) async throws -> Stream {
    let deadline = ContinuousClock.now + timeout
    let addresses = try await NameResolver.addresses(of: host, port: port, timeout: timeout)
    var failures: [NetworkError] = []
    for (index, address) in addresses.enumerated() {
      let left = deadline - .now
      guard left > .zero else { break }
      let share = min(left, max(left / (addresses.count - index), Self.minAttemptTime))
      do {
        return try await Self.connect(
          to: address, tls: tls, serverName: serverName ?? host, timeout: share)
      } catch let error as NetworkError {
        failures.append(error)
        // Another address of the same server would not like the certificates better.
        if [.certificate, .cancelled, .misconfigured].contains(error.code) { break }
      }
    }
    guard let last = failures.last else {
      throw NetworkError(
        .timedOut, "connect to \(host):\(port): no time was left after looking up the name")
    }
    guard failures.count > 1 else { throw last }
    let all = failures.map(\.message).joined(separator: "; ")
    throw NetworkError(last.code, "no address of \(host) answers: \(all)")
  }

  /// Connects to one address; otherwise as ``connect(host:port:tls:serverName:timeout:)``.
  ///
  /// - Parameter serverName: The name or address that the server's certificate must carry; nil: the address.
  public static func connect(
    to address: SocketAddress, tls: TLSContext? = nil, serverName: String? = nil,
    timeout: Duration = .seconds(5)
  ) async throws -> Stream {
    precondition(tls?.isServer != true, "a connection needs the context of a client")
    let socket = try Socket.connecting(to: address)
    let opening = Opening()
    let stream = try Stream(
      socket, peer: address, isConnected: false, tls: tls, serverName: serverName ?? address.host,
      timeout: timeout
    ) { opening.finish($0) }
    stream.start()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { opening.wait($0) }
    } onCancel: {
      // May run on any thread; the hop is all that this task does.
      Task { @NetworkActor in
        if !opening.isFinished {
          stream.close(NetworkError(.cancelled, "connect to \(address): cancelled"))
        }
      }
    }
    return stream
  }

  /// Joins the callback of a stream with the caller that waits for it, whichever comes first.
  @NetworkActor
  private final class Opening {
    private var result: Result<Void, any Error>?
    private var waiting: CheckedContinuation<Void, any Error>?

    var isFinished: Bool { self.result != nil }

    func finish(_ result: Result<Void, any Error>) {
      self.result = result
      self.waiting?.resume(with: result)
      self.waiting = nil
    }

    func wait(_ continuation: CheckedContinuation<Void, any Error>) {
      if let result { continuation.resume(with: result) } else { self.waiting = continuation }
    }
  }
}
