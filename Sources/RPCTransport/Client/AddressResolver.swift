internal import Networking
internal import RPC

/// The addresses behind a client's endpoints, kept fresh while the client is used.
@NetworkActor
final class AddressResolver {
  /// Between two look-ups, however many connections fail.
  static let minInterval = Duration.seconds(1)

  private let client: RPCClient.Settings
  private var hosts: [SocketAddress: String] = [:]
  private var listeners: [@NetworkActor () -> Void] = []
  private var lookUp: Task<Void, Never>?
  private var lastLookUp: ContinuousClock.Instant?
  private var isDoubted = false
  private var isClosed = false
  /// All addresses, in the order of endpoints and answers.
  private(set) var addresses: [SocketAddress] = []
  /// Why the last look-up has failed.
  private(set) var error: RPCError?

  init(_ client: RPCClient.Settings) { self.client = client }

  /// Tells a change of ``addresses`` or ``error``.
  func onChange(_ action: @escaping @NetworkActor () -> Void) { self.listeners.append(action) }

  /// Whether a look-up runs.
  var isWorking: Bool { self.lookUp != nil }

  /// When a client that knows no address may look again; nil: no need.
  var nextAttempt: ContinuousClock.Instant? {
    guard self.addresses.isEmpty, !self.isWorking else { return nil }
    return self.lastLookUp.map { $0 + Self.minInterval }
  }

  /// The name that led to an address: what its certificate must be for.
  func host(of address: SocketAddress) -> String? { self.hosts[address] }

  /// A connection has failed: the addresses may be old.
  func doubted() { self.isDoubted = true }

  /// A call wants addresses: looks up when that is due.
  func wanted() {
    guard !self.isClosed, self.lookUp == nil else { return }
    if let lastLookUp {
      let isPressing = self.isDoubted || self.addresses.isEmpty
      let interval = isPressing ? Self.minInterval : self.client.options.resolveInterval
      guard lastLookUp + interval <= .now else { return }
    }
    self.isDoubted = false
    // It serves all calls, so it belongs to none of them; `close()` cancels and awaits it.
    self.lookUp = Task { @NetworkActor [weak self, client] in
      var found: [(SocketAddress, String)] = []
      var failure: (any Error)?
      for endpoint in client.endpoints {
        do {
          let addresses =
            if let lookUp = client.options.lookUp {
              try await lookUp(endpoint)
            } else {
              try await NameResolver.addresses(
                of: endpoint.host, port: endpoint.port, timeout: client.options.resolveTimeout)
            }
          found += addresses.map { ($0, endpoint.host) }
        } catch {
          failure = error
        }
      }
      self?.lookedUp(found, failure)
    }
  }

  /// Ends a look-up that runs.
  func close() async {
    self.isClosed = true
    self.lookUp?.cancel()
    await self.lookUp?.value
  }

  private func lookedUp(_ found: [(SocketAddress, String)], _ failure: (any Error)?) {
    self.lookUp = nil
    self.lastLookUp = .now
    self.error = failure.map {
      RPCError(
        .unavailable,
        "cannot find \(self.client.name): \(($0 as? NetworkError)?.message ?? "\($0)")")
    }
    // Names that cannot be looked up now had addresses before, which may still be good.
    if failure == nil || !found.isEmpty {
      self.hosts = Dictionary(found) { first, _ in first }
      var seen: Set<SocketAddress> = []
      self.addresses = found.map(\.0).filter { seen.insert($0).inserted }
    }
    for listener in self.listeners { listener() }
  }
}
