internal import Networking

/// The way in through a SOCKS 5 proxy: every tunnel ends at the simulator's own TLS port. The user name is the simulated
/// address of the client, as with ``Tunnels``.
@NetworkActor
final class SOCKSServer {
  private let tunnels: Tunnels
  private var listener: Listener?
  /// Connections that have no tunnel yet.
  private var opening: [ObjectIdentifier: Stream] = [:]

  /// Listens at once.
  ///
  /// - Throws: What listening throws; it names the address.
  init(_ configuration: SimulatorConfiguration, port: UInt16, tunnels: Tunnels) throws {
    self.tunnels = tunnels
    var limits = ListenerLimits()
    limits.maxConnections = configuration.maxConnections
    self.listener = try Listener(
      address: configuration.address, port: port, tls: nil, limits: limits
    ) { [weak self] in self?.accept($0) }
  }

  var port: UInt16 { self.listener?.port ?? 0 }

  func close() {
    self.listener?.close()
    self.listener = nil
    for stream in self.opening.values { stream.close() }
  }

  private func accept(_ stream: Stream) {
    let key = ObjectIdentifier(stream)
    self.opening[key] = stream
    stream.onClose = { [weak self] _ in self?.opening[key] = nil }
    var handshake = SOCKSHandshake()
    stream.onReceive = { [weak self] buffer in
      while true {
        switch handshake.next(Array(buffer.bytes)) {
        case .wait: return
        case .answer(let consumed, let reply):
          buffer.consume(consumed)
          stream.outbound.append(reply)
          stream.flush()
        case .close(let reply):
          stream.outbound.append(reply)
          stream.flush()
          return stream.close()
        case .connect(let consumed, let host, _):
          buffer.consume(consumed)
          // What comes next is for the tunnel.
          stream.pauseReading(true)
          let user = handshake.user
          // Awaits the inner connection outside of the callback; the stream holds what it needs.
          Task { await self?.open(stream, to: host, for: user) }
          return
        }
      }
    }
  }

  private func open(_ outer: Stream, to host: String, for user: String?) async {
    let isNumeric = host.utf8.allSatisfy { $0 < 0x3A }
    guard isNumeric || SimulatorConfiguration.hosts.contains(host),
      let inner = try? await self.tunnels.open(for: user)
    else {
      // Whatever the reason: no tunnel can be made.
      outer.outbound.append(SOCKSHandshake.refused)
      outer.flush()
      return outer.close()
    }
    guard !outer.isClosed else { return inner.close() }
    self.opening[ObjectIdentifier(outer)] = nil
    self.tunnels.join(outer, inner)
    outer.outbound.append(SOCKSHandshake.granted)
    outer.flush()
    outer.pauseReading(false)
  }
}
