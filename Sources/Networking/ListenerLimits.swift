/// What a ``Listener`` allows. At each limit the answer is to wait or to close, never to grow.
public struct ListenerLimits: Sendable {
  /// Connections that the kernel holds until they are accepted; the system's `somaxconn` bounds it too.
  public var backlog: Int32 = 1024
  /// Connections of this listener at one time. Above it they wait in the backlog.
  public var maxConnections = 16_384
  /// TLS handshakes at one time (`wire.md` §2.2). Above it connections wait in the backlog.
  public var maxHandshakes = 256
  /// TLS handshakes at one time from one address (`wire.md` §2.2). One above it is closed. Does not count for loopback, where all
  /// clients have the same address.
  public var maxHandshakesPerAddress = 32
  /// Connections accepted in a second, after a burst of twice as many: a mutual handshake costs one to three milliseconds of processor
  /// (`wire.md` §2.2). More wait in the backlog.
  public var maxAcceptsPerSecond = 500
  /// A connection whose TLS handshake takes longer is closed.
  public var handshakeTimeout = Duration.seconds(10)

  public init() {}
}

/// How many connections may be accepted now. Does no I/O.
struct AcceptBudget {
  private let perSecond: Double
  private var left: Double
  private var asOf: ContinuousClock.Instant

  /// - Parameter perSecond: Also half of what may be accepted at once.
  init(perSecond: Int, at now: ContinuousClock.Instant) {
    self.perSecond = Double(max(perSecond, 1))
    self.left = 2 * self.perSecond
    self.asOf = now
  }

  /// How long to wait before the next is accepted; nil: not at all.
  mutating func pause(at now: ContinuousClock.Instant) -> Duration? {
    let earned = max(0, (now - self.asOf) / .seconds(1)) * self.perSecond
    self.left = min(2 * self.perSecond, self.left + earned)
    self.asOf = max(now, self.asOf)
    return self.left < 1 ? .seconds((1 - self.left) / self.perSecond) : nil
  }

  /// A connection was accepted.
  mutating func spend() { self.left -= 1 }
}

/// Counts the handshakes that run, and from where. Does no I/O.
struct HandshakeCounter {
  private let limits: ListenerLimits
  private var total = 0
  private var byHost: [SocketAddress: Int] = [:]

  init(_ limits: ListenerLimits) { self.limits = limits }

  var isFull: Bool { self.total >= self.limits.maxHandshakes }

  /// False when there are too many from `peer` already.
  mutating func begin(_ peer: SocketAddress) -> Bool {
    let host = Self.host(peer)
    let running = self.byHost[host, default: 0]
    guard peer.isLoopback || running < self.limits.maxHandshakesPerAddress else { return false }
    self.byHost[host] = running + 1
    self.total += 1
    return true
  }

  mutating func end(_ peer: SocketAddress) {
    let host = Self.host(peer)
    self.total -= 1
    let running = self.byHost[host, default: 1] - 1
    self.byHost[host] = running > 0 ? running : nil
  }

  private static func host(_ peer: SocketAddress) -> SocketAddress {
    var host = peer
    host.port = 0
    return host
  }
}
