public import RPC
public import Transcripts

/// How a ``FetchError`` travels between a fetcher and its callers: as a status, whose message is the error's.
///
/// The kinds of one status have one consequence, so what a caller does with the error does not depend on which of them
/// it was (`fetcher.proto`, the comments of its methods).
extension RPCError {
  public init(_ error: FetchError) {
    self.init(Self.code(of: error.kind), error.message, retryAfter: error.retryAfter)
  }

  private static func code(of kind: FetchError.Kind) -> RPCStatusCode {
    switch kind {
    case .notFound, .noTranscript, .languageNotAvailable: .notFound
    case .isPrivate, .ageRestricted, .membersOnly, .geoBlocked: .permissionDenied
    case .invalidID, .unsupportedPlaylist: .invalidArgument
    case .unplayable, .withheld, .tooLarge: .failedPrecondition
    case .throttled, .blocked: .resourceExhausted
    case .notYetAvailable, .clientOutdated, .unreachable, .malformed, .misconfigured: .unavailable
    case .deadlineExceeded: .deadlineExceeded
    }
  }
}

extension FetchError {
  /// What a fetcher said, or why it could not be asked.
  public init(_ error: RPCError) {
    let kind: Kind =
      switch error.code {
      case .notFound: .notFound
      case .permissionDenied: .isPrivate
      case .invalidArgument: .unsupportedPlaylist
      case .failedPrecondition: .unplayable
      case .resourceExhausted: .throttled
      case .deadlineExceeded: .deadlineExceeded
      case .ok, .cancelled, .unknown, .alreadyExists, .aborted, .outOfRange, .unimplemented,
        .internalError, .unavailable, .dataLoss, .unauthenticated:
        .unreachable
      }
    self.init(kind, error.message, retryAfter: error.retryAfter)
  }
}
