internal import Networking

/// Which addresses a client has, and what is known of each: a value without I/O.
///
/// One address:
///
///     idle ──wanted──▶ connecting ──connected──▶ ready ──lost─┐
///      ▲                   │  ▲                               │
///      │            failed ▼  │ wanted, pause over            │
///      │               resting(until)◀── lost before it worked┤
///      └─────────────────────────── lost after it had worked ─┘
struct AddressBook: Sendable {
  private enum State: Hashable {
    case idle
    case connecting
    case ready
    case resting(until: ContinuousClock.Instant)
  }

  private struct Entry {
    var state = State.idle
    var failures = 0
  }

  private let backoff: Backoff
  private var entries: [SocketAddress: Entry] = [:]
  /// In the order of the last look-up.
  private(set) var addresses: [SocketAddress] = []

  init(backoff: Backoff) { self.backoff = backoff }

  /// Names were looked up.
  ///
  /// - Returns: Addresses that are there no more: end their connections when their calls have ended.
  mutating func resolved(_ addresses: [SocketAddress]) -> [SocketAddress] {
    let gone = self.addresses.filter { !addresses.contains($0) }
    for address in gone { self.entries[address] = nil }
    for address in addresses where self.entries[address] == nil { self.entries[address] = Entry() }
    self.addresses = addresses
    return gone
  }

  /// A call wants a connection.
  ///
  /// - Returns: Addresses to connect to now. They count as connecting.
  mutating func wanted(at now: ContinuousClock.Instant) -> [SocketAddress] {
    self.addresses.filter { address in
      switch self.entries[address]?.state {
      case .idle: break
      case .resting(let until) where until <= now: break
      case .connecting, .ready, .resting, nil: return false
      }
      self.entries[address]?.state = .connecting
      return true
    }
  }

  /// A connection is open.
  ///
  /// - Returns: False if the address is there no more: close it.
  mutating func connected(_ address: SocketAddress) -> Bool {
    guard self.entries[address] != nil else { return false }
    self.entries[address]?.state = .ready
    return true
  }

  /// The server has answered: the address works.
  mutating func worked(_ address: SocketAddress) { self.entries[address]?.failures = 0 }

  /// A connection could not be opened, or was lost before the server had said anything on it.
  mutating func failed(
    _ address: SocketAddress, at now: ContinuousClock.Instant, random: Double
  ) {
    guard let entry = self.entries[address] else { return }
    let failures = entry.failures + 1
    let pause = self.backoff.pause(after: failures, random: random)
    self.entries[address] = Entry(state: .resting(until: now + pause), failures: failures)
  }

  /// A connection that had worked is gone.
  mutating func lost(_ address: SocketAddress) { self.entries[address]?.state = .idle }

  /// The addresses with a connection, in order.
  var ready: [SocketAddress] { self.addresses.filter { self.entries[$0]?.state == .ready } }

  /// Whether some connection is being opened.
  var isConnecting: Bool { self.entries.values.contains { $0.state == .connecting } }

  /// When the first address that rests may be tried again.
  var nextAttempt: ContinuousClock.Instant? {
    self.entries.values.compactMap {
      if case .resting(let until) = $0.state { until } else { nil }
    }.min()
  }
}
