/// Why a text does not name something that can be indexed. Always the asker's fault: do not retry.
public struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong. More codes may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Wrapped: String { case notRecognised, otherHost, mix, needsAccount, notListable }
    private let wrapped: Wrapped

    /// Neither an identifier nor the address of a playlist, channel or video.
    public static let notRecognised = Self(wrapped: .notRecognised)
    /// An address on a host that is not YouTube's.
    public static let otherHost = Self(wrapped: .otherHost)
    /// A mix (`RD…`): made up while it is watched, without an end, different for everybody.
    public static let mix = Self(wrapped: .mix)
    /// A list that only its owner sees: Watch later, Liked videos.
    public static let needsAccount = Self(wrapped: .needsAccount)
    /// A page of YouTube that has no list of videos to index: a search, a clip, a feed.
    public static let notListable = Self(wrapped: .notListable)

    public var description: String { self.wrapped.rawValue }
  }

  public var code: Code
  /// In words a user understands: what is wrong and what to pass instead.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { self.message }
}
