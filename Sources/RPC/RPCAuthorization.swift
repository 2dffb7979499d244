/// Refuses calls by a rule in code, where a table of identities and methods is not enough.
///
/// A server's `RPCAllowTable` is looked at before, so that a caller whom it refuses costs nothing.
public struct RPCAuthorization: RPCServerCallInterceptor {
  /// Why the call is refused; nil: it is not.
  public typealias Rule = @Sendable (RPCMethod, RPCContext) async throws -> RPCError?

  private let rule: Rule

  /// Creates an interceptor.
  public init(_ rule: @escaping Rule) { self.rule = rule }

  /// Asks the rule, then runs the call.
  public func around<Result: Sendable>(
    _ method: RPCMethod, _ context: RPCContext, next: (RPCContext) async throws -> Result
  ) async throws -> Result {
    if let refusal = try await self.rule(method, context) { throw refusal }
    return try await next(context)
  }
}
