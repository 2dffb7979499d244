internal import Glibc
public import Networking

/// Where Redis is and how to talk to it.
public struct RedisConfiguration: Sendable {
  public var host: String
  public var port: UInt16
  /// ACL user; empty: the default user.
  public var user: String
  /// Empty: no AUTH is sent.
  public var password: String
  /// Set for `rediss://`; the context holds the CA and, where Redis wants one, the client's certificate.
  public var tls: TLSContext?
  /// Shown by `CLIENT LIST`.
  public var clientName: String
  /// How long a caller waits for a connection, all attempts together.
  public var connectTimeout: Duration = .seconds(5)
  /// How long a command may take from sending to reply. Blocking commands get their time on top.
  public var commandTimeout: Duration = .seconds(5)
  /// The largest reply; above it the connection is given up. Batches of payloads are kept well below by who asks.
  public var maxReplyBytes = 256 << 20
  /// Wait before the second attempt to connect; doubled each time, with jitter.
  public var minReconnectDelay: Duration = .milliseconds(50)
  public var maxReconnectDelay: Duration = .seconds(2)

  public init(
    host: String, port: UInt16 = 6379, user: String = "", password: String = "",
    tls: TLSContext? = nil, clientName: String = "verbatim"
  ) {
    self.host = host
    self.port = port
    self.user = user
    self.password = password
    self.tls = tls
    self.clientName = clientName
  }

  /// The server as errors and logs name it: never with credentials.
  public var address: String {
    self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
  }
}

/// A `redis://` or `rediss://` URL.
public struct RedisURL: Hashable, Sendable {
  public var usesTLS: Bool
  public var host: String
  public var port: UInt16
  public var user: String
  public var password: String

  /// Understands `redis[s]://[user[:password]@]host[:port]`.
  ///
  /// - Throws: ``RedisError`` (`invalidConfiguration`): what is wrong, without the URL's credentials.
  public init(_ text: String) throws(RedisError) {
    func invalid(_ why: String) -> RedisError {
      RedisError(
        .invalidConfiguration,
        "The Redis URL cannot be used: \(why). Give redis://HOST:PORT, or rediss://HOST:PORT for TLS."
      )
    }
    guard let scheme = text.firstRange(of: "://") else { throw invalid("it has no scheme") }
    switch text[..<scheme.lowerBound] {
    case "redis": self.usesTLS = false
    case "rediss": self.usesTLS = true
    default: throw invalid("its scheme is neither redis nor rediss")
    }
    var rest = text[scheme.upperBound...]
    if let at = rest.lastIndex(of: "@") {
      let credentials = rest[..<at].split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let user = Self.decoded(credentials[0]),
        let password = credentials.count == 2 ? Self.decoded(credentials[1]) : ""
      else { throw invalid("a percent escape in its user or password is broken") }
      self.user = user
      self.password = password
      rest = rest[rest.index(after: at)...]
    } else {
      self.user = ""
      self.password = ""
    }
    if let slash = rest.firstIndex(where: { $0 == "/" || $0 == "?" || $0 == "#" }) {
      let path = rest[slash...]
      guard path == "/" || path == "/0" else {
        throw invalid("it names a database or options, and only database 0 is used")
      }
      rest = rest[..<slash]
    }
    var port: Substring?
    if rest.first == "[" {
      guard let close = rest.firstIndex(of: "]") else { throw invalid("its [ has no ]") }
      self.host = String(rest[rest.index(after: rest.startIndex)..<close])
      let after = rest[rest.index(after: close)...]
      guard after.isEmpty || after.first == ":" else { throw invalid("text follows its ]") }
      port = after.isEmpty ? nil : after.dropFirst()
    } else if let colon = rest.firstIndex(of: ":") {
      self.host = String(rest[..<colon])
      port = rest[rest.index(after: colon)...]
    } else {
      self.host = String(rest)
    }
    guard !self.host.isEmpty else { throw invalid("it has no host") }
    if let port {
      guard let number = UInt16(port), number > 0 else {
        throw invalid("its port is not a number from 1 to 65535")
      }
      self.port = number
    } else {
      self.port = 6379
    }
  }

  /// Nil when an escape is broken.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let pair = String(rest.prefix(2)), pair.utf8.count == 2,
        let value = UInt8(pair, radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A password kept in a file.
public enum RedisPassword {
  public static let maxFileBytes = 4096

  /// Reads the first line of `path`.
  ///
  /// - Throws: ``RedisError`` (`invalidConfiguration`), naming the file.
  public static func read(fromFile path: String) throws(RedisError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw RedisError(
        .invalidConfiguration,
        "The Redis password file \(path) cannot be read: \(String(cString: strerror(errno))).")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Self.maxFileBytes)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    let line = bytes[..<max(0, count)].prefix {
      $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r")
    }
    guard !line.isEmpty else {
      throw RedisError(
        .invalidConfiguration, "The Redis password file \(path) has no password on its first line.")
    }
    return String(decoding: line, as: UTF8.self)
  }
}
