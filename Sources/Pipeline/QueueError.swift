/// Why the queue did not do what it was asked.
public struct QueueError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// Redis cannot be reached, or broke off: the call may be repeated.
    case unavailable
    /// Redis is at its memory limit, or too much is queued: come back later.
    case full
    /// The server's set-up is unsafe or too old; the message names the setting.
    case misconfigured
    /// A page token or argument that is not ours.
    case invalidArgument
    /// An answer that should not exist: our bug.
    case internalError
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { self.message }
}
