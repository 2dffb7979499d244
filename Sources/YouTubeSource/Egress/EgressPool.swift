internal import Networking
internal import Transcripts

/// The egress identities of this process: whose turn it is, who has to wait, and their guest sessions.
///
/// The limits themselves are shared by all fetchers and lie with the ``EgressLimiter``; this only remembers its
/// answers, so that waiting tasks do not ask again before their time.
@NetworkActor
final class EgressPool {
  private let members: [Egress]
  private var turn = 0
  /// Nobody gets a permit before these instants.
  private var waits: [EgressIdentity: ContinuousClock.Instant] = [:]
  private var visitors: [EgressIdentity: VisitorState] = [:]
  private var lastWaiter: UInt64 = 0

  nonisolated init(_ proxies: [EgressProxy]) {
    self.members = proxies.isEmpty ? [.direct] : proxies.map(Egress.init)
  }

  nonisolated var count: Int { self.members.count }

  // MARK: Whose turn it is

  /// Identities in the order to try them: each call begins with the next one. Those that wait come last, the
  /// shortest wait first.
  func candidates(
    excluding excluded: Set<EgressIdentity>
  ) -> [(egress: Egress, notBefore: ContinuousClock.Instant?)] {
    self.turn = (self.turn + 1) % self.members.count
    let now = ContinuousClock.now
    var ready: [(Egress, ContinuousClock.Instant?)] = []
    var waiting: [(Egress, ContinuousClock.Instant)] = []
    for offset in self.members.indices {
      let member = self.members[(self.turn + offset) % self.members.count]
      guard !excluded.contains(member.identity) else { continue }
      if let wait = self.waits[member.identity], wait > now {
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
