/// Why the body of a caption track is not a transcript.
///
/// A track is never silently shorter than it was sent: whatever is not a complete document is an error.
public struct CaptionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong. More codes may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Wrapped: String { case empty, truncated, malformed, noText, tooLarge }
    private let wrapped: Wrapped

    /// No bytes at all: the track is withheld. Ask in another way; the same request gives the same.
    public static let empty = Self(wrapped: .empty)
    /// The document ends too early. Fetch it again.
    public static let truncated = Self(wrapped: .truncated)
    /// Not a document of this format. Fetch it again, or in another format.
    public static let malformed = Self(wrapped: .malformed)
    /// A complete document in which nobody says anything. Give up.
    public static let noText = Self(wrapped: .noText)
    /// More than ``CaptionParser/maxBodyBytes`` or ``CaptionParser/maxSegments``. Give up.
    public static let tooLarge = Self(wrapped: .tooLarge)

    public var description: String { self.wrapped.rawValue }
  }

  public var code: Code
  /// For operators. Holds no text of the transcript.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { "\(self.code): \(self.message)" }
}
