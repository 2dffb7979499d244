/// Which node is asked next: all in turn, those that failed later.
///
/// One that failed comes back by a trial: whoever's turn it is asks it something small first, and until that is answered
/// everybody else goes to the others. So a node that takes requests and answers none costs a user a second now and
/// then, and never the whole time of a search.
///
/// No sniffing: behind a service or a balancer the addresses that nodes state of themselves lead nowhere.
struct HostPool: Sendable {
  /// A node is left alone for so long after its first failure, twice as long after each further one.
  static let minRest = Duration.seconds(1)
  static let maxRest = Duration.seconds(30)
  /// How long a trial may take.
  static let trialTimeout = Duration.seconds(1)

  /// A node to ask.
  struct Turn: Hashable, Sendable {
    var url: String
    /// It failed the last time, and others can be asked in its place.
    var isTrial = false
  }

  private struct Host {
    let url: String
    var failures = 0
    var restsUntil: ContinuousClock.Instant?
  }

  private var hosts: [Host]
  private var turn = 0

  /// - Parameter urls: At least one.
  init(_ urls: [String]) { self.hosts = urls.map { Host(url: $0) } }

  var count: Int { self.hosts.count }

  /// Nodes that are not left alone.
  func aliveCount(_ now: ContinuousClock.Instant) -> Int {
    self.hosts.count { ($0.restsUntil ?? now) <= now }
  }

  /// The next in turn that does not rest; when all do, the one whose rest ends first.
  mutating func next(_ now: ContinuousClock.Instant) -> Turn {
    let alive = self.aliveCount(now)
    for offset in 0..<self.hosts.count {
      let index = (self.turn + offset) % self.hosts.count
      guard (self.hosts[index].restsUntil ?? now) <= now else { continue }
      self.turn = index + 1
      let isTrial = self.hosts[index].failures > 0 && alive > 1
      if isTrial { self.hosts[index].restsUntil = now + Self.trialTimeout }
      return Turn(url: self.hosts[index].url, isTrial: isTrial)
    }
    let earliest = self.hosts.min { ($0.restsUntil ?? now) < ($1.restsUntil ?? now) }
    return Turn(url: earliest?.url ?? self.hosts[0].url)
  }

  mutating func worked(_ url: String) {
    guard let index = self.hosts.firstIndex(where: { $0.url == url }) else { return }
    self.hosts[index].failures = 0
    self.hosts[index].restsUntil = nil
  }

  mutating func failed(_ url: String, _ now: ContinuousClock.Instant) {
    guard let index = self.hosts.firstIndex(where: { $0.url == url }) else { return }
    let rest = Self.minRest * (1 << min(self.hosts[index].failures, 10))
    self.hosts[index].failures += 1
    self.hosts[index].restsUntil = now + min(rest, Self.maxRest)
  }
}
