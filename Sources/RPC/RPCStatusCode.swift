/// How a call ended. The numbers are gRPC's, and travel.
public enum RPCStatusCode: Int32, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// It succeeded.
  case ok = 0
  /// The caller gave up. Nobody waits for the answer.
  case cancelled = 1
  /// The peer ended the call for a reason that has no code here.
  case unknown = 2
  /// The request is wrong, whatever the state of the service. Change it; do not retry.
  case invalidArgument = 3
  /// The time was over before the call was. It may have had its effect.
  case deadlineExceeded = 4
  /// What the request names is not there.
  case notFound = 5
  /// What the request wants to create is there already.
  case alreadyExists = 6
  /// The caller is known and may not do this.
  case permissionDenied = 7
  /// A quota, a rate limit or a size is used up. Retry later, after ``RPCError/retryAfter`` if it is given.
  case resourceExhausted = 8
  /// The service is not in the state that the call needs. Do not retry until that is mended.
  case failedPrecondition = 9
  /// The call lost a race. Retry from the step before.
  case aborted = 10
  /// A position behind the end, such as an outdated page token.
  case outOfRange = 11
  /// The service or method does not exist there: the peer is older, newer, or another one.
  case unimplemented = 12
  /// An invariant of the service broke: a bug. The message carries an id that is also in its log.
  case internalError = 13
  /// The service cannot be reached or is stopping. Retry just this call, with backoff.
  case unavailable = 14
  /// Data is lost or damaged beyond repair.
  case dataLoss = 15
  /// The caller has not proved who it is.
  case unauthenticated = 16

  /// How a call ended that threw.
  package init(of error: any Error) {
    self = (error as? RPCError)?.code ?? (error is CancellationError ? .cancelled : .unknown)
  }

  /// The name in documents and logs, such as `NOT_FOUND`.
  public var name: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internalError: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }

  /// The ``name``.
  public var description: String { self.name }
}
