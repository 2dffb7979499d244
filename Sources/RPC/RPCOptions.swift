/// What a caller wants of one call.
public struct RPCOptions: Sendable {
  /// How long the call may take. Nil: the client's default (streams: no limit). It travels to the server.
  public var timeout: Duration?
  /// What to send beside the request.
  public var metadata: RPCMetadata
  /// What to do while no server can be reached: true waits for one, up to ``timeout``; false fails at once.
  public var waitForReady: Bool

  /// Creates options.
  public init(
    timeout: Duration? = nil, metadata: RPCMetadata = RPCMetadata(), waitForReady: Bool = false
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.waitForReady = waitForReady
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
}
