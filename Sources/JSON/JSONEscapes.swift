/// The escapes of JSON strings, once a parser has checked them.
@usableFromInline
enum JSONEscapes {
  static func hexadecimal(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
  }

  /// The UTF-8 that the inside of a string stands for. Half surrogate pairs become U+FFFD.
  @usableFromInline
  static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var i = 0
    while i < text.count {
      let byte = text[i]
      guard byte == UInt8(ascii: "\\"), i + 1 < text.count else {
        bytes.append(byte)
        i += 1
        continue
      }
      let escape = text[i + 1]
      i += 2
      switch escape {
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0c)
      case UInt8(ascii: "n"): bytes.append(0x0a)
      case UInt8(ascii: "r"): bytes.append(0x0d)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "u"):
        var code = self.unit(text, at: i)
        i += 4
        if code & 0xfc00 == 0xd800, i + 6 <= text.count, text[i] == UInt8(ascii: "\\"),
          text[i + 1] == UInt8(ascii: "u")
        {
          let low = self.unit(text, at: i + 2)
          if low & 0xfc00 == 0xdc00 {
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            i += 6
          }
        }
        bytes.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
      default: bytes.append(escape)
      }
    }
    return bytes
  }

  /// Four hexadecimal digits; a text that no parser has checked gives 0 instead of a crash.
  private static func unit(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> UInt32 {
    guard start + 4 <= text.count else { return 0 }
    return text[start..<start + 4].reduce(0) { $0 << 4 | (self.hexadecimal($1) ?? 0) }
  }
}
