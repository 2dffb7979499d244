/// Why something could not be fetched. The kind alone decides what happens next (``Kind/consequence``).
public struct FetchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One kind for each row of the source's error taxonomy.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    // The video or playlist itself.
    case noTranscript = "no-transcript"
    case languageNotAvailable = "language-not-available"
    case notFound = "not-found"
    case invalidID = "invalid-id"
    case isPrivate = "private"
    case ageRestricted = "age-restricted"
    case membersOnly = "members-only"
    case geoBlocked = "geo-blocked"
    case unplayable = "unplayable"
    case notYetAvailable = "not-yet-available"
    case unsupportedPlaylist = "unsupported-playlist"
    case withheld = "withheld"
    // The way there.
    case throttled = "throttled"
    case blocked = "blocked"
    case clientOutdated = "client-outdated"
    case unreachable = "unreachable"
    case malformed = "malformed"
    case tooLarge = "too-large"
    case deadlineExceeded = "deadline-exceeded"
    case misconfigured = "misconfigured"
  }

  /// What a failure means for the task that met it.
  public enum Consequence: Hashable, Sendable {
    /// Asking again cannot help: give up at once.
    case permanent
    /// Try again with backoff; counts as a failed attempt.
    case retry
    /// The egress identity is the problem, not the task: try again later; no attempt is spent.
    case waitForIdentity
  }

  public var kind: Kind
  /// In words a user understands: what happened and, where there is one, the remedy. Holds no secrets.
  public var message: String
  /// The least time to wait before asking again, where the source said so.
  public var retryAfter: Duration?

  public init(_ kind: Kind, _ message: String, retryAfter: Duration? = nil) {
    self.kind = kind
    self.message = message
    self.retryAfter = retryAfter
  }

  public var description: String { "\(self.kind.rawValue): \(self.message)" }
}

extension FetchError.Kind {
  public var consequence: FetchError.Consequence {
    switch self {
    case .noTranscript, .languageNotAvailable, .notFound, .invalidID, .isPrivate, .ageRestricted,
      .membersOnly, .geoBlocked, .unplayable, .unsupportedPlaylist, .withheld, .tooLarge:
      .permanent
    case .notYetAvailable, .clientOutdated, .unreachable, .malformed, .deadlineExceeded,
      .misconfigured:
      .retry
    case .throttled, .blocked: .waitForIdentity
    }
  }
}
