extension HTTPClient {
  /// A header's name and value, as it is sent.
  public struct Header: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// One request. Redirects are not followed and nothing of the environment is looked at, unless said here.
  public struct Request: Sendable {
    public enum Method: String, Hashable, Sendable {
      case get = "GET"
      case head = "HEAD"
      case post = "POST"
      case put = "PUT"
      case delete = "DELETE"
    }

    public var method: Method
    /// `https://…`, or `http://…` where ``Options/allowsPlainHTTP`` is set.
    public var url: String
    public var headers: [Header]
    /// Sent with ``Method/post`` and ``Method/put``, its length known beforehand; with ``Method/delete`` unless it is
    /// empty.
    public var body: [UInt8]
    /// Nil: connect directly.
    public var proxy: HTTPProxy?
    /// Requests of different identities share no TLS session that would let the server connect them.
    public var identity: String
    /// Opens a connection for this request alone, and resumes no TLS session: what a rotating proxy needs for a new
    /// exit address.
    public var usesFreshConnection: Bool
    /// To connect, TLS handshake included.
    public var connectTimeout: Duration
    /// For everything, from the call to the last byte, waiting for a free transfer included.
    public var timeout: Duration
    /// Counted after decompression.
    public var maxBodyBytes: Int
    /// Zero: a redirect is an ordinary response.
    public var maxRedirects: Int

    public init(
      method: Method = .get, url: String, headers: [Header] = [], body: [UInt8] = [],
      proxy: HTTPProxy? = nil, identity: String = "", usesFreshConnection: Bool = false,
      connectTimeout: Duration = .seconds(10), timeout: Duration = .seconds(30),
      maxBodyBytes: Int = 8 << 20, maxRedirects: Int = 0
    ) {
      self.method = method
      self.url = url
      self.headers = headers
      self.body = body
      self.proxy = proxy
      self.identity = identity
      self.usesFreshConnection = usesFreshConnection
      self.connectTimeout = connectTimeout
      self.timeout = timeout
      self.maxBodyBytes = maxBodyBytes
      self.maxRedirects = maxRedirects
    }
  }

  /// A whole response.
  public struct Response: Sendable {
    public var status: Int
    /// In the order they came; names in lower case.
    public var headers: [Header]
    /// Decompressed.
    public var body: [UInt8]

    public init(status: Int, headers: [Header] = [], body: [UInt8] = []) {
      self.status = status
      self.headers = headers.map { Header($0.name.lowercased(), $0.value) }
      self.body = body
    }

    /// The first value under `name`, whatever the case of its letters.
    public subscript(header name: String) -> String? {
      let name = name.lowercased()
      return self.headers.first { $0.name == name }?.value
    }
  }

  /// What all transfers of a client have in common.
  public struct Options: Sendable {
    /// Transfers at once; more wait. Each has up to one connection. 1,024 is what one fetcher needs for 1,000 videos.
    public var maxTransfers = 1024
    /// Transfers that wait for their turn; more are turned down.
    public var maxWaiting = 16_384
    /// Connections kept open for reuse. Fewer than transfers at once would close most of them after each use.
    public var maxIdleConnections = 1024
    /// The headers of a response, in bytes.
    public var maxHeaderBytes = 64 << 10
    /// Bytes of one request's body.
    public var maxRequestBodyBytes = 8 << 20
    /// `host:port:address:port` each: connect there instead, and keep checking the certificate for the first host.
    public var connectTo: [String] = []
    /// Certificates of the authorities to trust, in PEM, in place of the system's.
    public var caFile: String?
    /// The same for proxies of the scheme `https`.
    public var proxyCAFile: String?
    /// A certificate in PEM that is shown to servers that ask for one; needs ``clientKeyFile``.
    public var clientCertificateFile: String?
    /// Its key, in PEM, not encrypted.
    public var clientKeyFile: String?
    /// Allows `http://` too.
    public var allowsPlainHTTP = false
    /// Offers HTTP/2 over TLS, and then sends up to 100 requests over one connection together: those of the same host,
    /// proxy and identity. Not for requests that want a fresh connection or follow redirects, nor through proxies of
    /// the scheme `https`; and only where libcurl stands on OpenSSL.
    ///
    /// libcurl opens the connection, nghttp2 speaks on it: libcurl's own HTTP/2 of Debian 12 (7.88.1) loses the ends of
    /// bodies and writes past the end of its buffers.
    public var allowsHTTP2 = true

    public init() {}
  }
}

extension HTTPClient {
  /// Whether this libcurl lets us choose the protocol: HTTP/1.1 is spoken otherwise.
  nonisolated static let supportsHTTP2 = EasyHandle.usesOpenSSL
}
