/// A proxy that requests go through. Its description never shows the credentials.
public struct HTTPProxy: Hashable, Sendable, CustomStringConvertible {
  /// How the proxy is spoken to.
  public enum Scheme: String, Hashable, Sendable, CaseIterable {
    case http
    /// TLS to the proxy itself; its certificate is checked.
    case https
    /// SOCKS 5; names are resolved here.
    case socks5
    /// SOCKS 5; names are resolved by the proxy.
    case socks5h
  }

  public let scheme: Scheme
  /// A name or an address; IPv6 addresses in brackets.
  public let host: String
  public let port: UInt16
  public let username: String?
  public let password: String?

  /// Reads `http://user:password@host:port`; the parts of the credentials are percent-decoded.
  ///
  /// - Throws: ``HTTPClientError`` (`invalidRequest`) that says what is wrong and repeats no part of the text.
  public init(parsing text: String) throws(HTTPClientError) {
    guard let separator = text.firstRange(of: "://"),
      let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
    else {
      let known = Scheme.allCases.map { "\($0.rawValue)://" }.joined(separator: ", ")
      throw Self.invalid("it must begin with one of \(known)")
    }
    var rest = text[separator.upperBound...]
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard !rest.contains(where: { $0 == "/" || $0 == "?" || $0 == "#" || $0.isWhitespace }) else {
      throw Self.invalid("nothing may follow the port")
    }
    var username: String?
    var password: String?
    if let at = rest.lastIndex(of: "@") {
      let credentials = rest[..<at]
      let name = credentials.prefix { $0 != ":" }
      guard let user = Self.decode(name) else { throw Self.invalid("the user name is not valid") }
      username = user
      if name.endIndex < credentials.endIndex {
        let secret = credentials[credentials.index(after: name.endIndex)...]
        guard let decoded = Self.decode(secret) else {
          throw Self.invalid("the password is not valid")
        }
        password = decoded
      }
      rest = rest[rest.index(after: at)...]
    }
    guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]),
      port > 0
    else { throw Self.invalid("it must end in the port, as in http://host:3128") }
    let host = String(rest[..<colon]).lowercased()
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let characters = isBracketed ? host.dropFirst().dropLast() : host[...]
    guard !characters.isEmpty,
      characters.utf8.allSatisfy({
        ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39)
          || $0 == 0x2E || $0 == 0x2D || $0 == 0x5F || (isBracketed && $0 == 0x3A)
      })
    else { throw Self.invalid("the host is not valid") }
    self.scheme = scheme
    self.host = host
    self.port = port
    self.username = username
    self.password = password
  }

  /// `scheme://host:port`, without credentials.
  public var description: String { "\(self.scheme.rawValue)://\(self.host):\(self.port)" }

  private static func invalid(_ what: String) -> HTTPClientError {
    HTTPClientError(.invalidRequest, "the proxy's address cannot be used: \(what)")
  }

  /// Nil when it is not UTF-8, or holds a control character.
  private static func decode(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16) else {
        return nil
      }
      rest.removeFirst(2)
      bytes.append(value)
    }
    guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
