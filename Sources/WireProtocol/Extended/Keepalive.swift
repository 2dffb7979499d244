/// Finds out whether a silent peer still lives: a value that is told the time.
///
///     quiet ──silent for `interval`, calls are open──▶ asked ──nothing came for `timeout`──▶ dead
///       ▲                                                │
///       └───────────────── anything came ────────────────┘
///
/// It asks only while calls are open, so that connections at rest wake nobody up. What comes shows that the peer lives, whatever it is.
package struct Keepalive: Sendable, Hashable {
  /// What is to be done now.
  package enum OnTime: Sendable, Hashable {
    /// Look again then.
    case wait(until: ContinuousClock.Instant)
    /// Send a PING with these bytes, and look again then.
    case ping(UInt64, until: ContinuousClock.Instant)
    /// The peer has not answered: close the connection.
    case dead
  }

  private let interval: Duration
  private let timeout: Duration
  private var lastHeard: ContinuousClock.Instant
  private var askedAt: ContinuousClock.Instant?
  private var number: UInt64 = 0

  /// Creates the state of a peer that was heard just now.
  ///
  /// - Parameters:
  ///   - interval: How long a peer may be silent before it is asked.
  ///   - timeout: How long it has to answer.
  package init(interval: Duration, timeout: Duration, at now: ContinuousClock.Instant) {
    self.interval = interval
    self.timeout = timeout
    self.lastHeard = now
  }

  /// Something has come from the peer.
  package mutating func heard(at now: ContinuousClock.Instant) {
    self.lastHeard = now
    self.askedAt = nil
  }

  /// When to look next, while calls are open. May be over already.
  package var nextLook: ContinuousClock.Instant {
    self.askedAt.map { $0 + self.timeout } ?? self.lastHeard + self.interval
  }

  /// Looks whether it is time to ask. For when calls are open; then it must be called again at the time it says, or before.
  package mutating func timeHasCome(_ now: ContinuousClock.Instant) -> OnTime {
    if let askedAt {
      return askedAt + self.timeout <= now ? .dead : .wait(until: askedAt + self.timeout)
    }
    guard self.lastHeard + self.interval <= now else {
      return .wait(until: self.lastHeard + self.interval)
    }
    self.askedAt = now
    self.number += 1
    return .ping(self.number, until: now + self.timeout)
  }
}
