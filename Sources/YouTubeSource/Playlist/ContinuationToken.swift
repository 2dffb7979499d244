internal import Base64

/// Builds tokens for pages of a playlist, as the web site does.
///
/// A token is a Protocol Buffers message, in base64url, percent-encoded:
/// `80226972: {2: "VL" + playlist, 3: <page>, 35: playlist}`.
enum ContinuationToken {
  /// The token of the first page. Equal byte for byte to what the web site sends (`continuation-tokens.json`).
  static func firstPage(of playlist: String) -> String {
    // base64({1: 0, 104: {1: 0}}), percent-encoded.
    Self.token(playlist, page: "CADCBgIIAA%3D%3D")
  }

  /// The token of the page that begins at an index, from 0. Lacks a field that recorded tokens have and Invidious leaves out.
  static func page(of playlist: String, index: Int) -> String {
    var position = ProtobufBytes()
    position.number(1, UInt64(clamping: index))
    var page = ProtobufBytes()
    page.number(1, UInt64(clamping: index / 100 + 1))
    page.bytes(15, Array(("PT:" + Base64.encode(position.bytes)).utf8))
    var flags = ProtobufBytes()
    flags.number(1, 0)
    page.bytes(104, flags.bytes)
    return Self.token(playlist, page: Base64.encode(page.bytes).percentEncodedPadding)
  }

  private static func token(_ playlist: String, page: String) -> String {
    var inner = ProtobufBytes()
    inner.bytes(2, Array("VL\(playlist)".utf8))
    inner.bytes(3, Array(page.utf8))
    inner.bytes(35, Array(playlist.utf8))
    var outer = ProtobufBytes()
    outer.bytes(80_226_972, inner.bytes)
    return Base64.encode(outer.bytes, urlSafe: true).percentEncodedPadding
  }
}

/// Just enough of the wire format to write a token.
private struct ProtobufBytes {
  private(set) var bytes: [UInt8] = []

  mutating func number(_ field: UInt64, _ value: UInt64) {
    self.varint(field << 3)
    self.varint(value)
  }

  mutating func bytes(_ field: UInt64, _ value: [UInt8]) {
    self.varint(field << 3 | 2)
    self.varint(UInt64(value.count))
    self.bytes += value
  }

  private mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      self.bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    self.bytes.append(UInt8(value))
  }
}

extension String {
  /// The only characters of base64 that a URL cannot hold.
  fileprivate var percentEncodedPadding: String {
    var text = ""
    for character in self {
      switch character {
      case "=": text += "%3D"
      case "+": text += "%2B"
      case "/": text += "%2F"
      default: text.append(character)
      }
    }
    return text
  }
}
