/// Base64, RFC 4648.
package enum Base64 {
  private static let standard = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let urlSafe = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static let padding = UInt8(ascii: "=")

  /// Six bits for each character of both alphabets, 255 for all others.
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for alphabet in [Self.standard, Self.urlSafe] {
      for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
    }
    return table
  }()

  /// - Parameters:
  ///   - urlSafe: `-` and `_` in place of `+` and `/` (§5).
  ///   - padded: With `=` to a multiple of four characters.
  package static func encode(
    _ bytes: [UInt8], urlSafe: Bool = false, padded: Bool = true
  ) -> String {
    bytes.withUnsafeBufferPointer { self.encode($0, urlSafe: urlSafe, padded: padded) }
  }

  /// - Parameters:
  ///   - urlSafe: `-` and `_` in place of `+` and `/` (§5).
  ///   - padded: With `=` to a multiple of four characters.
  package static func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, urlSafe: Bool = false, padded: Bool = true
  ) -> String {
    let alphabet = urlSafe ? Self.urlSafe : Self.standard
    let whole = (bytes.count + 2) / 3 * 4
    return String(unsafeUninitializedCapacity: whole) { text in
      var at = 0
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let a = bytes[start]
        let b = start + 1 < bytes.count ? bytes[start + 1] : nil
        let c = start + 2 < bytes.count ? bytes[start + 2] : nil
        text[at] = alphabet[Int(a >> 2)]
        text[at + 1] = alphabet[Int(a & 3) << 4 | Int(b ?? 0) >> 4]
        text[at + 2] = b.map { alphabet[Int($0 & 15) << 2 | Int(c ?? 0) >> 6] } ?? self.padding
        text[at + 3] = c.map { alphabet[Int($0 & 63)] } ?? self.padding
        at += 4
      }
      return padded ? whole : (bytes.count * 4 + 2) / 3
    }
  }

  /// Decodes either alphabet, with or without padding; nil for anything else, spaces included.
  package static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { self.decode($0) }
  }

  /// Decodes either alphabet, with or without padding; nil for anything else, spaces included.
  package static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3 + 3)
    var accumulator: UInt32 = 0
    var bits: UInt32 = 0
    var characters = 0
    var paddings = 0
    for character in text {
      if character == self.padding {
        paddings += 1
        continue
      }
      let value = self.values[Int(character)]
      if value == 255 || paddings > 0 { return nil }
      characters += 1
      accumulator = accumulator << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: accumulator >> bits))
      }
    }
    let isWhole = paddings == 0 || (paddings <= 2 && (characters + paddings) % 4 == 0)
    return isWhole && characters % 4 != 1 ? bytes : nil
  }
}
