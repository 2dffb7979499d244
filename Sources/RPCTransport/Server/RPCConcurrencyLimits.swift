internal import Networking
public import RPC

/// Bounds how many calls of one caller, and of one method, run at a time: one busy client, or one expensive method, leaves room for others.
public struct RPCConcurrencyLimits: RPCServerCallInterceptor {
  /// Tells callers when to ask again.
  static let retryAfter = Duration.milliseconds(100)

  @NetworkActor
  private final class Counts {
    private var perPeer: [String: Int] = [:]
    private var perMethod: [RPCMethod: Int] = [:]

    nonisolated init() {}

    func begin(
      _ peer: String, _ method: RPCMethod, _ maxPerPeer: Int, _ maxPerMethod: Int
    ) -> RPCError? {
      let ofPeer = self.perPeer[peer, default: 0]
      let ofMethod = self.perMethod[method, default: 0]
      guard ofPeer < maxPerPeer else {
        return RPCError(
          .resourceExhausted, "\(ofPeer) calls of \(peer) are running, which is the most",
          retryAfter: RPCConcurrencyLimits.retryAfter)
      }
      guard ofMethod < maxPerMethod else {
        return RPCError(
          .resourceExhausted, "\(ofMethod) calls of \(method) are running, which is the most",
          retryAfter: RPCConcurrencyLimits.retryAfter)
      }
      self.perPeer[peer] = ofPeer + 1
      self.perMethod[method] = ofMethod + 1
      return nil
    }

    func end(_ peer: String, _ method: RPCMethod) {
      let ofPeer = self.perPeer[peer, default: 1] - 1
      self.perPeer[peer] = ofPeer > 0 ? ofPeer : nil
      self.perMethod[method, default: 1] -= 1
    }
  }

  private let maxPerPeer: Int
  private let maxPerMethod: [String: Int]
  private let counts = Counts()

  /// Creates an interceptor with counts of its own.
  ///
  /// - Parameters:
  ///   - maxPerPeer: Calls at a time of one identity (of one address, where clients show no certificate).
  ///   - maxPerMethod: Calls at a time by `service/method`; methods that are not named are not bounded.
  public init(maxPerPeer: Int = .max, maxPerMethod: [String: Int] = [:]) {
    self.maxPerPeer = maxPerPeer
    self.maxPerMethod = maxPerMethod
  }

  /// Counts the call while it runs, or refuses it with `RESOURCE_EXHAUSTED`.
  public func around<Result: Sendable>(
    _ method: RPCMethod, _ context: RPCContext, next: (RPCContext) async throws -> Result
  ) async throws -> Result {
    let peer =
      context.peer.identities.first
      // Without the port, which is another one for each connection.
      ?? String(
        context.peer.address.prefix(
          upTo: context.peer.address.lastIndex(of: ":") ?? context.peer.address.endIndex))
    let most = self.maxPerMethod.isEmpty ? .max : self.maxPerMethod[method.description] ?? .max
    if let refusal = await self.counts.begin(peer, method, self.maxPerPeer, most) {
      throw refusal
    }
    do {
      let result = try await next(context)
      await self.counts.end(peer, method)
      return result
    } catch {
      await self.counts.end(peer, method)
      throw error
    }
  }
}
