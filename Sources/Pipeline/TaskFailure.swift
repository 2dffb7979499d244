public import Transcripts

/// Why a task failed, and what to do about it.
public struct TaskFailure: Hashable, Sendable {
  /// A short word, such as `private`.
  public var kind: String
  public var message: String
  public var consequence: FetchError.Consequence
  /// The least delay before the next try, where the source said so.
  public var retryAfter: Duration?

  public init(
    kind: String, message: String, consequence: FetchError.Consequence, retryAfter: Duration? = nil
  ) {
    self.kind = kind
    self.message = message
    self.consequence = consequence
    self.retryAfter = retryAfter
  }
}
