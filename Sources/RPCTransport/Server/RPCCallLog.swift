public import RPC
public import Telemetry

/// Writes one line for each call: what, who, how it ended, how long it took, and in which trace.
///
/// Behind ``RPCTracing`` in the order of interceptors it writes the call's own span.
public struct RPCCallLog: RPCServerCallInterceptor {
  private let logger: Logger
  private let level: LogLevel

  /// Creates an interceptor.
  public init(_ logger: Logger, level: LogLevel = .info) {
    self.logger = logger
    self.level = level
  }

  /// Runs the call, then writes.
  public func around<Result: Sendable>(
    _ method: RPCMethod, _ context: RPCContext, next: (RPCContext) async throws -> Result
  ) async throws -> Result {
    let start = ContinuousClock.now
    do {
      let result = try await next(context)
      self.write(method, context, .ok, start)
      return result
    } catch {
      self.write(method, context, RPCStatusCode(of: error), start)
      throw error
    }
  }

  private func write(
    _ method: RPCMethod, _ context: RPCContext, _ code: RPCStatusCode,
    _ start: ContinuousClock.Instant
  ) {
    self.logger.log(
      self.level, "A call was answered.",
      [
        .rpcMethod: method.description, .rpcStatus: code.name,
        .duration: "\((.now - start) / .milliseconds(1))", .peerAddress: context.peer.address,
        .peerIdentity: context.peer.identities.joined(separator: ","),
        .traceID: context.traceparent.flatMap(TraceContext.init)?.traceIDText ?? "",
      ])
  }
}
