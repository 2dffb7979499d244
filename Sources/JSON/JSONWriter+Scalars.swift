extension JSONWriter {
  /// A string in quotes: the quote, the backslash and control characters escaped, all else as it is.
  mutating func escaped(_ value: String) {
    var value = value
    value.withUTF8 { self.escaped($0) }
  }

  mutating func escaped(_ value: UnsafeBufferPointer<UInt8>) {
    self.bytes.append(UInt8(ascii: "\""))
    var start = 0
    for (i, byte) in value.enumerated() {
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
      self.bytes.append(contentsOf: value[start..<i])
      start = i + 1
      switch byte {
      case UInt8(ascii: "\""): self.append("\\\"")
      case UInt8(ascii: "\\"): self.append("\\\\")
      case 0x0a: self.append("\\n")
      case 0x0d: self.append("\\r")
      case 0x09: self.append("\\t")
      default:
        self.append(byte < 0x10 ? "\\u000" : "\\u001")
        let digit = byte & 15
        self.bytes.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
      }
    }
    self.bytes.append(contentsOf: value[start...])
    self.bytes.append(UInt8(ascii: "\""))
  }

  /// The digits of an integer.
  mutating func digits(_ magnitude: UInt64, isNegative: Bool) {
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &digits) { buffer in
      var at = buffer.count
      var rest = magnitude
      repeat {
        at -= 1
        buffer[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
        rest /= 10
      } while rest > 0
      if isNegative {
        at -= 1
        buffer[at] = UInt8(ascii: "-")
      }
      self.bytes.append(contentsOf: buffer[at...])
    }
  }

  mutating func append(_ text: StaticString) {
    self.bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
