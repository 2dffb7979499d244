/// Where a service is, as people write it: `host:port`, `[IPv6]:port`, or `:port` for every address of this machine.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// A name or a numeric address, without brackets; empty for "every address".
  public var host: String
  /// Zero lets the system choose, where something listens.
  public var port: UInt16

  /// A DNS name has no more characters (RFC 1035 §2.3.4).
  public static let maxHostBytes = 253

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `text`.
  ///
  /// - Throws: ``NetworkError`` (`invalidAddress`): what is wrong with it and how it is written.
  public init(parsing text: String) throws(NetworkError) {
    func invalid(_ why: String) -> NetworkError {
      NetworkError(
        .invalidAddress,
        "\"\(text.prefix(300))\" is no address: \(why). Write HOST:PORT, [IPV6]:PORT or :PORT.")
    }
    let port: Substring
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { throw invalid("the [ has no ]") }
      self.host = String(text[text.index(after: text.startIndex)..<end])
      let rest = text[text.index(after: end)...]
      guard rest.first == ":" else {
        throw invalid(rest.isEmpty ? "the port is missing" : "the ] must be followed by :PORT")
      }
      guard self.host.contains(":"), SocketAddress(self.host, port: 0) != nil else {
        throw invalid("between the brackets stands no IPv6 address")
      }
      port = rest.dropFirst()
    } else {
      guard let colon = text.lastIndex(of: ":") else { throw invalid("the port is missing") }
      self.host = String(text[..<colon])
      guard !self.host.contains(":") else {
        throw invalid("it has several colons; an IPv6 address is put between brackets")
      }
      port = text[text.index(after: colon)...]
    }
    guard !port.isEmpty else { throw invalid("the port is missing") }
    guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port) else {
      throw invalid("the port is not a number from 0 to 65535")
    }
    self.port = number
    guard self.host.utf8.count <= Self.maxHostBytes else {
      throw invalid("the host is longer than \(Self.maxHostBytes) bytes")
    }
    guard text.first == "[" || self.host.utf8.allSatisfy(Self.isHostByte) else {
      throw invalid("the host holds a character that no host name has")
    }
  }

  /// Letters, digits, hyphen, dot, and the underscore that some internal names have.
  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
    default: false
    }
  }

  public var description: String {
    self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
  }
}
