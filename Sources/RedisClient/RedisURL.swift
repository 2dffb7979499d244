internal import Networking

/// A `redis://`, `rediss://`, `redis[s]+sentinel://` or `redis[s]+cluster://` URL.
public struct RedisURL: Hashable, Sendable {
  public var usesTLS: Bool
  /// The first sentinel's or node's, where there are ``sentinels`` or a ``cluster``.
  public var host: String
  public var port: UInt16
  public var sentinels: RedisSentinels?
  public var cluster: RedisCluster?
  public var user: String
  public var password: String

  /// Understands `redis[s]://[user[:password]@]host[:port]`,
  /// `redis[s]+sentinel://[user[:password]@]host[:port][,host[:port]…]/primary` and
  /// `redis[s]+cluster://[user[:password]@]host[:port][,host[:port]…]`.
  ///
  /// - Throws: ``RedisError`` (`invalidConfiguration`): what is wrong, without the URL's credentials.
  public init(_ text: String) throws(RedisError) {
    guard let scheme = text.firstRange(of: "://") else { throw Self.invalid("it has no scheme") }
    var kind = text[..<scheme.lowerBound]
    let hasSentinels = kind.hasSuffix("+sentinel")
    if hasSentinels { kind = kind.dropLast("+sentinel".count) }
    let isCluster = !hasSentinels && kind.hasSuffix("+cluster")
    if isCluster { kind = kind.dropLast("+cluster".count) }
    switch kind {
    case "redis": self.usesTLS = false
    case "rediss": self.usesTLS = true
    default: throw Self.invalid("its scheme is neither redis nor rediss")
    }
    var rest = text[scheme.upperBound...]
    if let at = rest.lastIndex(of: "@") {
      let credentials = rest[..<at].split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let user = Self.decoded(credentials[0]),
        let password = credentials.count == 2 ? Self.decoded(credentials[1]) : ""
      else { throw Self.invalid("a percent escape in its user or password is broken") }
      self.user = user
      self.password = password
      rest = rest[rest.index(after: at)...]
    } else {
      self.user = ""
      self.password = ""
    }
    var path = Substring()
    if let slash = rest.firstIndex(where: { $0 == "/" || $0 == "?" || $0 == "#" }) {
      path = rest[slash...]
      rest = rest[..<slash]
    }
    var name: String?
    if hasSentinels {
      name = String(path.dropFirst())
      guard path.count > 1, path.allSatisfy({ $0.isLetter || $0.isNumber || "/_.-".contains($0) }),
        !path.dropFirst().contains("/")
      else { throw Self.invalid("after its sentinels there is no /NAME of the primary") }
    } else if !["", "/", "/0"].contains(path) {
      throw Self.invalid("it names a database or options, and only database 0 is used")
    }
    if let name {
      self.sentinels = RedisSentinels(
        try rest.split(separator: ",", omittingEmptySubsequences: false).map {
          part throws(RedisError) in
          try Self.endpoint(part, defaultPort: RedisSentinels.defaultPort)
        }, primary: name)
      rest = rest.prefix { $0 != "," }
    } else {
      self.sentinels = nil
    }
    if isCluster {
      self.cluster = RedisCluster(
        try rest.split(separator: ",", omittingEmptySubsequences: false).map {
          part throws(RedisError) in
          try Self.endpoint(part, defaultPort: RedisCluster.defaultPort)
        })
      rest = rest.prefix { $0 != "," }
    } else {
      self.cluster = nil
    }
    let endpoint = try Self.endpoint(rest, defaultPort: 6379)
    self.host = endpoint.host
    self.port = endpoint.port
  }

  private static func invalid(_ why: String) -> RedisError {
    RedisError(
      .invalidConfiguration,
      "The Redis URL cannot be used: \(why). Give redis://HOST:PORT, rediss://HOST:PORT for TLS, redis+sentinel://HOST:PORT,HOST:PORT/PRIMARY, or redis+cluster://HOST:PORT,HOST:PORT."
    )
  }

  private static func endpoint(
    _ text: Substring, defaultPort: UInt16
  ) throws(RedisError) -> Endpoint {
    var host: Substring
    var port: Substring?
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { throw Self.invalid("its [ has no ]") }
      host = text[text.index(after: text.startIndex)..<close]
      let after = text[text.index(after: close)...]
      guard after.isEmpty || after.first == ":" else { throw Self.invalid("text follows its ]") }
      port = after.isEmpty ? nil : after.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
    } else {
      host = text
    }
    guard !host.isEmpty else { throw Self.invalid("it has no host") }
    guard let port else { return Endpoint(host: String(host), port: defaultPort) }
    guard let number = UInt16(port), number > 0 else {
      throw Self.invalid("its port is not a number from 1 to 65535")
    }
    return Endpoint(host: String(host), port: number)
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
