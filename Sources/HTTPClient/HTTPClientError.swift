/// Why a transfer gave no response. Safe to log: names the host, never a query, a header or a credential.
public struct HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What happened. More codes may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Wrapped: String {
      case invalidRequest, unresolved, refused, tls, proxy, timeout, interrupted, tooLarge
      case badEncoding, tooManyRedirects, overloaded, cancelled, misconfigured, closed
    }
    private let wrapped: Wrapped

    /// The URL, a header or the proxy's address is not usable. Our mistake: do not retry.
    public static let invalidRequest = Self(wrapped: .invalidRequest)
    /// The host's name has no address. Retry later.
    public static let unresolved = Self(wrapped: .unresolved)
    /// Nobody listens there, or no route. Retry later.
    public static let refused = Self(wrapped: .refused)
    /// The TLS handshake failed or the certificate is not valid for the host. Retry later; look into it if it stays.
    public static let tls = Self(wrapped: .tls)
    /// The proxy cannot be reached or turned the request down. Use another; check its credentials.
    public static let proxy = Self(wrapped: .proxy)
    /// No response within the time. Retry later.
    public static let timeout = Self(wrapped: .timeout)
    /// The connection broke before the whole response was there. Retry.
    public static let interrupted = Self(wrapped: .interrupted)
    /// The response is larger than the request allows, compressed or not. Do not retry.
    public static let tooLarge = Self(wrapped: .tooLarge)
    /// The body is not compressed in the way it says. Retry.
    public static let badEncoding = Self(wrapped: .badEncoding)
    /// More redirects than the request allows. Do not retry.
    public static let tooManyRedirects = Self(wrapped: .tooManyRedirects)
    /// More transfers wait than ``HTTPClient/Options/maxWaiting``. Retry later, with fewer at once.
    public static let overloaded = Self(wrapped: .overloaded)
    /// The task was cancelled.
    public static let cancelled = Self(wrapped: .cancelled)
    /// A file that the options name cannot be used. Fix the configuration.
    public static let misconfigured = Self(wrapped: .misconfigured)
    /// The client was closed.
    public static let closed = Self(wrapped: .closed)

    public var description: String { self.wrapped.rawValue }
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { "\(self.code): \(self.message)" }
}
