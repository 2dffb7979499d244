/// A request with its whole body.
public struct HTTPRequest: Sendable {
  /// As sent: methods are case-sensitive.
  public var method: String
  /// The path without its query, as sent (percent-encoded). For CONNECT the authority.
  public var path: String
  /// What follows `?`, as sent; empty without one.
  public var query: String
  public var headers: HTTPHeaders
  public var body: [UInt8]
  /// False for a client that speaks HTTP/1.0.
  public var isHTTP11: Bool
  /// Tells the connections of one server apart; never reused.
  public var connectionID: UInt64
  /// Port of the client; zero when it is not known. Its address is in ``peerAddress``.
  public var peerPort: UInt16
  /// Address of the client in text; empty when it is not known.
  public var peerAddress: String

  public init(
    method: String = "GET", path: String = "/", query: String = "", headers: HTTPHeaders = [:],
    body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.isHTTP11 = true
    self.connectionID = 0
    self.peerPort = 0
    self.peerAddress = ""
  }

  /// The first value of the query parameter `name`, decoded; nil when it is not there.
  public func queryValue(_ name: String) -> String? { HTTPQuery.value(name, in: self.query) }
}

/// Reads `application/x-www-form-urlencoded` text.
public enum HTTPQuery {
  /// The first value of `name` in `query`, decoded; nil when it is not there.
  public static func value(_ name: String, in query: String) -> String? {
    for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let key = parts.first, Self.decode(key) == name else { continue }
      return parts.count > 1 ? Self.decode(parts[1]) : ""
    }
    return nil
  }

  /// Percent-decodes `text` (`+` is a space); a bad escape stays as it is.
  public static func decode(_ text: some Collection<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let high = rest.first?.hexDigit,
        let low = rest.dropFirst().first?.hexDigit
      {
        bytes.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension UInt8 {
  var hexDigit: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x37
    case 0x61...0x66: self - 0x57
    default: nil
    }
  }
}
