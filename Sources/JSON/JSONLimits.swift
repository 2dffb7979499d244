/// What a reader accepts of a JSON text. The defaults suit answers of web services of some megabytes.
public struct JSONLimits: Sendable, Hashable {
  /// What to do with half of a surrogate pair, such as `"\ud83d"`: the grammar of RFC 8259 allows it, but no
  /// Unicode text can hold it. Services that cut texts at UTF-16 positions do send it.
  public enum LoneSurrogates: Sendable, Hashable {
    /// The whole text is refused, with ``JSONError/Code/loneSurrogate``.
    case reject
    /// U+FFFD stands in its place, as in browsers.
    case replace
  }

  /// Most bytes of the whole text. Never more than 4 GiB less 16 bytes.
  public var maxBytes: Int
  /// Most arrays and objects inside one another.
  public var maxDepth: Int
  /// Most values and member names in all, each of which costs 16 bytes of memory. Never more than 2²⁸ - 1.
  public var maxNodes: Int
  /// Most bytes of one number. Sixty-four bits need 20, exact doubles up to 770.
  public var maxNumberBytes: Int
  /// Half surrogate pairs.
  public var loneSurrogates: LoneSurrogates

  /// Creates limits.
  public init(
    maxBytes: Int = 64 << 20, maxDepth: Int = 256, maxNodes: Int = 8_000_000,
    maxNumberBytes: Int = 1024, loneSurrogates: LoneSurrogates = .reject
  ) {
    self.maxBytes = maxBytes
    self.maxDepth = maxDepth
    self.maxNodes = maxNodes
    self.maxNumberBytes = maxNumberBytes
    self.loneSurrogates = loneSurrogates
  }
}
