internal import Networking
internal import Pipeline
internal import RedisClient
public import Transcripts

/// Shares out requests among all processes, by a token bucket and a breaker per egress identity on Redis' clock.
///
/// Within a process callers that have to wait are spread out, so that a thousand of them do not ask again at once.
public final class RedisEgressLimiter: EgressLimiter {
  private let queue: RedisQueue
  private let line = WaitingLine()

  public init(_ queue: RedisQueue) { self.queue = queue }

  public func permit(
    _ identity: EgressIdentity, weight: Int, count: Int
  ) async throws -> Duration {
    var command = self.queue.function("permit")
    command.append(identity.name)
    command.append(max(1, count))
    command.append(max(1, weight))
    let reply = try await self.queue.call(command).array ?? []
    guard reply.count == 2, let wait = reply[0].integer, let each = reply[1].integer else {
      throw QueueError(.internalError, "permit answered in a shape that is not ours.")
    }
    guard wait > 0 else { return .zero }
    return await self.line.join(
      identity, wait: .milliseconds(wait), each: .milliseconds(each * max(1, count)))
  }

  public func report(_ identity: EgressIdentity, _ outcome: EgressOutcome) async throws {
    var command = self.queue.function("report")
    command.append(identity.name)
    switch outcome {
    case .ok:
      command.append("ok")
      command.append(0)
    case .throttled(let retryAfter):
      command.append("throttled")
      command.append(retryAfter?.wholeMilliseconds ?? 0)
    case .blocked:
      command.append("blocked")
      command.append(0)
    }
    command.append(String(Double.random(in: 0..<1)))
    _ = try await self.queue.call(command)
  }
}

/// When the callers of one process that were told to wait may ask again.
///
/// Nobody knows who asks again and who is new, so each is given a moment by chance within the time that all who wait
/// now will need: about one of them asks for each request that becomes free.
@NetworkActor
private final class WaitingLine {
  /// Callers that are spread out; what comes beyond asks again within the same time.
  static let maxCallers = 10_000

  private var turns: [EgressIdentity: [ContinuousClock.Instant]] = [:]

  nonisolated init() {}

  /// - Returns: `wait` for one that waits alone, else up to `each` more for every other.
  func join(_ identity: EgressIdentity, wait: Duration, each: Duration) -> Duration {
    let now = ContinuousClock.now
    var turns = self.turns[identity] ?? []
    turns.removeAll { $0 <= now }
    let turn = now + wait + each * (Double.random(in: 0..<1) * Double(turns.count))
    if turns.count < Self.maxCallers { turns.append(turn) }
    self.turns[identity] = turns
    return turn - now
  }
}
