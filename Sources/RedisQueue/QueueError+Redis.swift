internal import Pipeline
internal import RedisClient

extension QueueError {
  /// What an error of Redis means for who uses the queue.
  init(_ error: RedisError) {
    let code: Code =
      switch error.code {
      case .unreachable, .connectionLost, .timeout, .closed, .loading, .readOnly, .busy,
        .notPersisting:
        .unavailable
      case .outOfMemory: .full
      case .invalidConfiguration, .protocolViolation, .authentication, .permission, .moved,
        .unknownCommand:
        .misconfigured
      case .replyTooLarge, .functionMissing, .groupMissing: .internalError
      case .other: error.replyCode == "FULL" ? .full : .internalError
      }
    self.init(code, error.message)
  }
}
