internal import Glibc

/// What went wrong with an address, a connection or its TLS.
///
/// The message is for operators: it names the address and, where there is one, the remedy. It holds nothing secret.
public struct NetworkError: Error, CustomStringConvertible, Sendable {
  /// What kind of failure it is; callers decide by this, never by the text.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String {
      case refused, unreachable, timedOut, reset, truncated, closed, cancelled
      case nameNotFound, nameServerFailed, tls, certificate
      case addressInUse, addressNotAvailable, notPermitted, tooManyConnections, tooManyFiles
      case invalidAddress, misconfigured, system
    }

    private let kind: Kind
    public var description: String { self.kind.rawValue }

    /// Nobody listens at the address. Retry later.
    public static let refused = Self(kind: .refused)
    /// No route to the address. Retry later.
    public static let unreachable = Self(kind: .unreachable)
    /// The time limit ran out. Retry later.
    public static let timedOut = Self(kind: .timedOut)
    /// The peer, or something between, broke the connection off. Retry on a new connection.
    public static let reset = Self(kind: .reset)
    /// A TLS connection ended without its closing message: what came last may be incomplete.
    public static let truncated = Self(kind: .truncated)
    /// This side has closed the stream.
    public static let closed = Self(kind: .closed)
    /// The task that waited was cancelled.
    public static let cancelled = Self(kind: .cancelled)
    /// The host name does not exist. Correct the configuration.
    public static let nameNotFound = Self(kind: .nameNotFound)
    /// Nobody could tell whether the name exists. Retry later.
    public static let nameServerFailed = Self(kind: .nameServerFailed)
    /// TLS failed for another reason than a certificate: no TLS at the other end, no common protocol, damaged data.
    public static let tls = Self(kind: .tls)
    /// A certificate was refused, by either side. Retrying does not help until it is replaced.
    public static let certificate = Self(kind: .certificate)
    /// Another process listens there. Choose another port or stop that process.
    public static let addressInUse = Self(kind: .addressInUse)
    /// This machine does not have the address. Correct the configuration.
    public static let addressNotAvailable = Self(kind: .addressNotAvailable)
    /// The system forbids it: a port below 1024, a firewall.
    public static let notPermitted = Self(kind: .notPermitted)
    /// A limit of this library was reached.
    public static let tooManyConnections = Self(kind: .tooManyConnections)
    /// The process or the system is out of file descriptors. Raise the limit.
    public static let tooManyFiles = Self(kind: .tooManyFiles)
    /// The text is no address. Correct the configuration.
    public static let invalidAddress = Self(kind: .invalidAddress)
    /// A certificate, key or option cannot be used. Correct the configuration.
    public static let misconfigured = Self(kind: .misconfigured)
    /// Anything else that the operating system reported.
    public static let system = Self(kind: .system)
  }

  public let code: Code
  public let message: String
  public var description: String { self.message }

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The error for an `errno`; `what` names the attempt and the address, as "connect to 10.0.0.1:80".
  static func system(_ what: String, _ number: Int32) -> NetworkError {
    let reason = String(cString: strerror(number))
    let (code, remedy): (Code, String) =
      switch number {
      case ECONNREFUSED: (.refused, "; is the server running, and is the port right?")
      case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN: (.unreachable, "; check the network")
      case ETIMEDOUT: (.timedOut, "")
      case ECONNRESET, EPIPE, ECONNABORTED: (.reset, "")
      case EADDRINUSE:
        (.addressInUse, "; another process listens there: stop it or choose another port")
      case EADDRNOTAVAIL: (.addressNotAvailable, "; this machine has no such address")
      case EAFNOSUPPORT: (.addressNotAvailable, "; this machine has no IPv6: use an IPv4 address")
      case EACCES, EPERM:
        (.notPermitted, "; ports below 1024 need a privilege: choose a higher one")
      case EMFILE, ENFILE: (.tooManyFiles, "; raise the limit of open files (ulimit -n)")
      default: (.system, "")
      }
    return NetworkError(code, "\(what): \(reason)\(remedy)")
  }
}
