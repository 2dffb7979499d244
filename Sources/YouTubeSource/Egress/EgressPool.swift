internal import Networking
internal import Transcripts

/// The egress identities of this process: whose turn it is, who has to wait, and their guest sessions.
///
/// The limits themselves, and the pauses after a block, are shared by all fetchers and lie with the ``EgressLimiter``; this
/// remembers its answers, so that waiting tasks do not ask again before their time. Its own are the pauses of proxies that
/// cannot be reached from here, and what rotating proxies have met.
@NetworkActor
final class EgressPool {
  /// How long a proxy that cannot be reached is left alone, doubled each time.
  static let firstPause = Duration.seconds(15)
  static let longestPause = Duration.seconds(300)
  /// So many blocks in a row, through as many exits, and the whole of a rotating proxy counts as blocked.
  static let maxBlockedExits = 20

  private let members: [Egress]
  /// Positions in ``members``, each as often as its weight says and evenly spread.
  private let turns: [Int]
  private var turn = 0
  /// Nobody gets a permit before these instants.
  private var waits: [EgressIdentity: ContinuousClock.Instant] = [:]
  /// Proxies that could not be reached: until when they are left alone, and how often it was so in a row.
  private var unreachable: [EgressIdentity: (until: ContinuousClock.Instant, times: Int)] = [:]
  /// Blocks of rotating proxies since their last success.
  private var blockedExits: [EgressIdentity: Int] = [:]
  private var visitors: [EgressIdentity: VisitorState] = [:]
  private var lastWaiter: UInt64 = 0

  nonisolated init(_ proxies: [EgressProxy]) {
    self.members = proxies.isEmpty ? [.direct] : proxies.map(Egress.init)
    self.turns = Self.turns(self.members.map(\.weight))
  }

  nonisolated var count: Int { self.members.count }

  /// The order in which members of these weights have their turns: one of weight 3 comes three times, between the others.
  nonisolated static func turns(_ weights: [Int]) -> [Int] {
    // Weights of thousands of proxies that are all the same say nothing.
    let common = weights.reduce(0, Self.commonDivisor)
    return weights.enumerated()
      .flatMap { member, weight in
        let count = weight / max(1, common)
        return (0..<count).map { (place: (Double($0) + 0.5) / Double(count), member: member) }
      }
      .sorted { ($0.place, $0.member) < ($1.place, $1.member) }
      .map(\.member)
  }

  private nonisolated static func commonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : Self.commonDivisor(b, a % b)
  }

  // MARK: Whose turn it is

  /// Identities in the order to try them: each call begins with the one whose turn it is. Those that wait come last, the
  /// shortest wait first.
  func candidates(
    excluding excluded: Set<EgressIdentity>
  ) -> [(egress: Egress, notBefore: ContinuousClock.Instant?)] {
    self.turn = (self.turn + 1) % self.turns.count
    let first = self.turns[self.turn]
    let now = ContinuousClock.now
    var ready: [(Egress, ContinuousClock.Instant?)] = []
    var waiting: [(Egress, ContinuousClock.Instant)] = []
    for offset in self.members.indices {
      let member = self.members[(first + offset) % self.members.count]
      guard !excluded.contains(member.identity) else { continue }
      let pause = self.unreachable[member.identity]?.until
      let wait = [self.waits[member.identity], pause].compactMap(\.self).max()
      if let wait, wait > now {
        waiting.append((member, wait))
      } else {
        ready.append((member, nil))
      }
    }
    waiting.sort { $0.1 < $1.1 }
    return ready + waiting.map { ($0.0, $0.1) }
  }

  /// Remembers the limiter's answer.
  func wait(_ identity: EgressIdentity, until instant: ContinuousClock.Instant?) {
    self.waits[identity] = instant
  }

  // MARK: Health

  /// A proxy could not be reached, or leads nowhere: it is left alone for a while. The last one that is left is not.
  func couldNotReach(_ identity: EgressIdentity, at now: ContinuousClock.Instant = .now) {
    guard self.members.count > 1 else { return }
    let last = self.unreachable[identity]
    // Those that were on their way when it went say nothing new.
    if let last, last.until > now { return }
    let times = min((last?.times ?? 0) + 1, 16)
    let pause = min(Self.firstPause * (1 << (times - 1)), Self.longestPause)
    self.unreachable[identity] = (now + pause, times)
  }

  /// It let a request through.
  func reached(_ identity: EgressIdentity) {
    if !self.unreachable.isEmpty { self.unreachable[identity] = nil }
  }

  /// Whether what a rotating proxy met is to be told to the limiter: a block of one exit is not one of the others.
  func isReportable(_ outcome: EgressOutcome, of egress: Egress) -> Bool {
    guard egress.isRotating else { return true }
    guard outcome != .ok else {
      self.blockedExits[egress.identity] = nil
      return true
    }
    let count = (self.blockedExits[egress.identity] ?? 0) + 1
    self.blockedExits[egress.identity] = count < Self.maxBlockedExits ? count : nil
    return count >= Self.maxBlockedExits
  }

  // MARK: Guest sessions

  private enum VisitorState {
    /// Somebody asks; the others wait for the answer.
    case asking(waiters: [UInt64: CheckedContinuation<Void, Never>])
    case known(String)
    /// YouTube gave none: requests go without until then.
    case refused(until: ContinuousClock.Instant)
  }

  enum Visitor {
    case known(String?)
    /// The caller has to ask, and to tell the result with ``setVisitor(_:of:)``.
    case ask
  }

  /// The guest session of an identity. One caller is told to ask; the others wait until it has.
  func visitor(of identity: EgressIdentity) async throws(CancellationError) -> Visitor {
    while true {
      switch self.visitors[identity] {
      case .known(let data): return .known(data)
      case .refused(let until) where until > .now: return .known(nil)
      case nil, .refused:
        self.visitors[identity] = .asking(waiters: [:])
        return .ask
      case .asking: try await self.waitForVisitor(of: identity)
      }
    }
  }

  /// Ends the asking. Nil: there is none to be had for some minutes. `isUnknown`: whoever comes next asks again.
  func setVisitor(_ data: String?, of identity: EgressIdentity, isUnknown: Bool = false) {
    let old = self.visitors[identity]
    if let data {
      self.visitors[identity] = .known(data)
    } else {
      self.visitors[identity] = isUnknown ? nil : .refused(until: .now + .seconds(600))
    }
    if case .asking(let waiters) = old {
      for waiter in waiters.values { waiter.resume() }
    }
  }

  /// Forgets a session that was blocked; whoever asks at the moment goes on.
  func dropVisitor(of identity: EgressIdentity) {
    if case .asking = self.visitors[identity] { return }
    self.visitors[identity] = nil
  }

  private func waitForVisitor(of identity: EgressIdentity) async throws(CancellationError) {
    self.lastWaiter += 1
    let number = self.lastWaiter
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard case .asking(var waiters) = self.visitors[identity], !Task.isCancelled else {
          continuation.resume()
          return
        }
        waiters[number] = continuation
        self.visitors[identity] = .asking(waiters: waiters)
      }
    } onCancel: {
      // Runs on any thread; the waiter was registered before this can run on the network thread.
      Task { @NetworkActor in self.cancelWaiter(number, of: identity) }
    }
    if Task.isCancelled { throw CancellationError() }
  }

  private func cancelWaiter(_ number: UInt64, of identity: EgressIdentity) {
    guard case .asking(var waiters) = self.visitors[identity],
      let waiter = waiters.removeValue(forKey: number)
    else { return }
    self.visitors[identity] = .asking(waiters: waiters)
    waiter.resume()
  }
}
