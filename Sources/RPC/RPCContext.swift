/// What a handler is told about its call.
public struct RPCContext: Sendable {
  /// The metadata key of the W3C trace context.
  public static let traceparentKey = "traceparent"
  /// The metadata key of what tracing systems say beside it.
  public static let tracestateKey = "tracestate"
  /// The metadata key under which a caller names its request, for the logs of all who take part.
  public static let requestIDKey = "x-request-id"

  /// All that a context holds. One reference, because it is passed on again and again on its way to the handler.
  ///
  /// Safety: changed only by a context that has it for itself.
  private final class Facts: @unchecked Sendable {
    var service: String
    var method: String
    var metadata: RPCMetadata
    var deadline: ContinuousClock.Instant?
    var peer: RPCPeer
    var response: RPCResponseMetadata

    init(
      _ service: String, _ method: String, _ metadata: RPCMetadata,
      _ deadline: ContinuousClock.Instant?, _ peer: RPCPeer, _ response: RPCResponseMetadata
    ) {
      self.service = service
      self.method = method
      self.metadata = metadata
      self.deadline = deadline
      self.peer = peer
      self.response = response
    }
  }

  private var facts: Facts

  /// Full name of the service, such as `verbatim.gateway.v1.GatewayService`.
  public var service: String {
    get { self.facts.service }
    set { self.ownFacts().service = newValue }
  }
  /// Name of the method, such as `Search`.
  public var method: String {
    get { self.facts.method }
    set { self.ownFacts().method = newValue }
  }
  /// What the caller sent beside the request.
  public var metadata: RPCMetadata {
    get { self.facts.metadata }
    set { self.ownFacts().metadata = newValue }
  }
  /// When the caller stops waiting; the handler's task is cancelled then. Nil: not limited.
  public var deadline: ContinuousClock.Instant? {
    get { self.facts.deadline }
    set { self.ownFacts().deadline = newValue }
  }
  /// Who calls.
  public var peer: RPCPeer {
    get { self.facts.peer }
    set { self.ownFacts().peer = newValue }
  }
  /// What to say beside the response.
  public var response: RPCResponseMetadata {
    get { self.facts.response }
    set { self.ownFacts().response = newValue }
  }

  /// Creates a context. Servers do; tests of services may.
  public init(
    service: String = "", method: String = "", metadata: RPCMetadata = RPCMetadata(),
    deadline: ContinuousClock.Instant? = nil, peer: RPCPeer = RPCPeer(),
    response: RPCResponseMetadata = RPCResponseMetadata()
  ) {
    self.facts = Facts(service, method, metadata, deadline, peer, response)
  }

  private mutating func ownFacts() -> Facts {
    if !isKnownUniquelyReferenced(&self.facts) {
      let facts = self.facts
      self.facts = Facts(
        facts.service, facts.method, facts.metadata, facts.deadline, facts.peer, facts.response)
    }
    return self.facts
  }

  /// The caller's W3C trace context, or nil.
  public var traceparent: String? { self.metadata[Self.traceparentKey] }
}

/// The call that a task answers, as its innermost interceptor has left it.
///
/// Safety: written by interceptors before the handler begins, read by the handler and the tasks that it starts.
package final class CurrentCall: @unchecked Sendable {
  /// The call of the running task.
  @TaskLocal package static var value: CurrentCall?

  /// What the handler is told.
  package var context: RPCContext

  /// Creates a value for one call.
  package init(_ context: RPCContext) { self.context = context }
}

extension RPCContext {
  /// The call that the running task answers; nil outside of handlers.
  ///
  /// Calls that a handler makes find it here: they take no longer than is left, and carry the trace and the metadata on that their client
  /// propagates (`RPCClientOptions.propagatedMetadata`). Tasks that a handler starts have it too; work that is to outlive the call is
  /// started within ``withCurrent(_:isolation:_:)`` of nil.
  public static var current: RPCContext? { CurrentCall.value?.context }

  /// Runs `body` as if it answered another call, or none.
  public static func withCurrent<Result>(
    _ context: RPCContext?, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Result
  ) async rethrows -> Result {
    try await CurrentCall.$value.withValue(
      context.map(CurrentCall.init), operation: body, isolation: isolation)
  }
}
