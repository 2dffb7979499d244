/// The Huffman code of HPACK (RFC 7541 §5.2 and Appendix B).
///
/// The code is canonical: ordered by length and then by symbol, codes count upwards. So the lengths are all there is to know.
enum HPACKHuffman {
  /// Length of each byte's code in bits; the last is the end of string, whose code pads the last byte.
  private static let lengths: [UInt8] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
  ]
  private static let maxLength = 30
  private static let endOfString = 256

  /// The codes of one length: the first of them, how many, and where their symbols begin.
  private struct Group {
    var first: UInt32 = 0
    var count: UInt32 = 0
    var offset = 0
  }

  private static let symbols: [Int] = Self.lengths.indices.sorted {
    (Self.lengths[$0], $0) < (Self.lengths[$1], $1)
  }

  private static let groups: [Group] = {
    var groups = [Group](repeating: Group(), count: Self.maxLength + 1)
    for length in Self.lengths { groups[Int(length)].count += 1 }
    var code: UInt32 = 0
    var offset = 0
    for length in 1...Self.maxLength {
      code <<= 1
      groups[length].first = code
      groups[length].offset = offset
      code += groups[length].count
      offset += Int(groups[length].count)
    }
    return groups
  }()

  /// The bytes that `encoded` stands for; nil when it is not a whole number of codes and their padding.
  static func decode(_ encoded: some Sequence<UInt8>) -> [UInt8]? {
    let groups = Self.groups
    let symbols = Self.symbols
    var bytes: [UInt8] = []
    var code: UInt32 = 0
    var length = 0
    for byte in encoded {
      for shift in stride(from: UInt8(7), through: 0, by: -1) {
        code = code << 1 | UInt32(byte >> shift & 1)
        length += 1
        guard length <= Self.maxLength else { return nil }
        let group = groups[length]
        let place = code &- group.first
        guard code >= group.first, place < group.count else { continue }
        let symbol = symbols[group.offset + Int(place)]
        guard symbol != Self.endOfString else { return nil }
        bytes.append(UInt8(symbol))
        code = 0
        length = 0
      }
    }
    // Padding is the beginning of the end of string: ones, fewer than a byte of them.
    guard length < 8, code == (1 << UInt32(length)) - 1 else { return nil }
    return bytes
  }
}
