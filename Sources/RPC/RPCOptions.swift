/// What a caller wants of one call.
public struct RPCOptions: Sendable {
  /// How long the call may take. Nil: the client's default (streams: no limit). It travels to the server.
  public var timeout: Duration?
  /// What to send beside the request.
  public var metadata: RPCMetadata
  /// What to do while no server can be reached: true waits for one, up to ``timeout``; false fails at once.
  public var waitForReady: Bool
  /// When no answer has come after so long, the call is made a second time, and the first answer counts. Only for unary methods that
  /// may be repeated; others ignore it. Nil: once.
  public var hedgingDelay: Duration?
  /// Gets what the service says beside its response, when that has come. One for each call.
  public var response: RPCResponseMetadata?

  /// Creates options.
  public init(
    timeout: Duration? = nil, metadata: RPCMetadata = RPCMetadata(), waitForReady: Bool = false,
    hedgingDelay: Duration? = nil, response: RPCResponseMetadata? = nil
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.waitForReady = waitForReady
    self.hedgingDelay = hedgingDelay
    self.response = response
  }

  /// Options for a call that a handler makes to do its own: it has the time that is left, and carries the trace on.
  ///
  /// - Parameters:
  ///   - context: Of the call that is being answered.
  ///   - timeout: At most this long, even if more time is left.
  ///   - now: The present, for tests.
  public init(
    within context: RPCContext, timeout: Duration? = nil, now: ContinuousClock.Instant = .now
  ) {
    self.init(timeout: timeout)
    if let deadline = context.deadline {
      let left = now.duration(to: deadline)
      self.timeout = timeout.map { min($0, left) } ?? left
    }
    self.metadata[RPCContext.traceparentKey] = context.traceparent
  }

  /// These options for a call that a handler makes, unless they say otherwise: it has the time that is left, and carries metadata on.
  ///
  /// - Parameters:
  ///   - context: Of the call that is being answered.
  ///   - keys: The metadata that go on.
  package func within(
    _ context: RPCContext, propagating keys: [String], now: ContinuousClock.Instant = .now
  ) -> RPCOptions {
    var options = self
    if let deadline = context.deadline {
      let left = now.duration(to: deadline)
      options.timeout = self.timeout.map { min($0, left) } ?? left
    }
    if !context.metadata.isEmpty {
      for key in keys where options.metadata[key] == nil {
        for value in context.metadata.values(of: key) { options.metadata.append(key, value) }
      }
    }
    return options
  }
}
