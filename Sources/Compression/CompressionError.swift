/// Why bytes could not be decompressed.
public struct CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, and the reaction expected.
  public enum Code: Hashable, Sendable {
    /// Not a Zstandard frame, cut short, or damaged: give up; asking the same bytes again cannot help.
    case malformed
    /// Decompressed it would be larger than the caller allows: refuse it, and whoever sent it.
    case tooLarge
  }

  public var code: Code
  /// What happened, for operators; holds none of the content.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { self.message }
}
