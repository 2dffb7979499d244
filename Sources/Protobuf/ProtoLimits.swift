/// What a decoder accepts from outside.
public struct ProtoLimits: Sendable, Hashable {
  /// Most bytes of a whole message. A repeated string can take eight times as much memory as input.
  public var maxBytes: Int
  /// Most levels of messages inside messages (and of unknown groups).
  public var maxDepth: Int
  /// Most nested messages and map entries in all: two bytes of input can make one element of hundreds of bytes.
  public var maxMessages: Int

  /// Creates limits.
  @inlinable
  public init(maxBytes: Int = 64 << 20, maxDepth: Int = 100, maxMessages: Int = 1_000_000) {
    self.maxBytes = maxBytes
    self.maxDepth = maxDepth
    self.maxMessages = maxMessages
  }
}
