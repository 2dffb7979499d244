/// Base64 (RFC 4648), as JSON mapping and embedded schemas need it.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Six bits for each character of both alphabets, 255 for all others.
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (i, character) in Self.alphabet.enumerated() { table[Int(character)] = UInt8(i) }
    table[Int(UInt8(ascii: "-"))] = 62
    table[Int(UInt8(ascii: "_"))] = 63
    return table
  }()

  /// Encodes with the standard alphabet and padding.
  package static func encode(_ bytes: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    let padding = UInt8(ascii: "=")
    var iterator = bytes.makeIterator()
    while let a = iterator.next() {
      let b = iterator.next()
      let c = b == nil ? nil : iterator.next()
      text.append(self.alphabet[Int(a >> 2)])
      text.append(self.alphabet[Int(a & 3) << 4 | Int(b ?? 0) >> 4])
      text.append(b.map { self.alphabet[Int($0 & 15) << 2 | Int(c ?? 0) >> 6] } ?? padding)
      text.append(c.map { self.alphabet[Int($0 & 63)] } ?? padding)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Decodes either alphabet, with or without padding; nil for anything else, spaces included.
  package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.underestimatedCount / 4 * 3 + 3)
    var accumulator: UInt32 = 0
    var bits: UInt32 = 0
    var characters = 0
    var padding = 0
    for character in text {
      if character == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      let value = self.values[Int(character)]
      if value == 255 || padding > 0 { return nil }
      characters += 1
      accumulator = accumulator << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: accumulator >> bits))
      }
    }
    let isWhole = padding == 0 || (padding <= 2 && (characters + padding) % 4 == 0)
    return isWhole && characters % 4 != 1 ? bytes : nil
  }
}
