public import Pipeline
public import RPC

extension RPCError {
  /// How long a caller is asked to stay away from a full queue.
  public static let fullQueueRetryAfter = Duration.seconds(5)

  public init(_ error: QueueError) {
    switch error.code {
    case .unavailable: self.init(.unavailable, error.message)
    case .full:
      self.init(.resourceExhausted, error.message, retryAfter: Self.fullQueueRetryAfter)
    case .misconfigured: self.init(.failedPrecondition, error.message)
    case .invalidArgument: self.init(.invalidArgument, error.message)
    case .internalError: self.init(.internalError, error.message)
    }
  }
}
