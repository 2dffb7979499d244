/// Paths of field masks: `foo_bar.baz` in a message is `fooBar.baz` in JSON.
enum FieldMaskText {
  /// A message's path in JSON; nil where it would not read back as the same.
  static func format(_ path: String) -> String? {
    var text: [UInt8] = []
    var isAfterUnderscore = false
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"):
        text.append(isAfterUnderscore ? byte - 32 : byte)
        isAfterUnderscore = false
      case UInt8(ascii: "_") where !isAfterUnderscore: isAfterUnderscore = true
      case UInt8(ascii: "0")...UInt8(ascii: "9") where !isAfterUnderscore: text.append(byte)
      case UInt8(ascii: ".") where !isAfterUnderscore: text.append(byte)
      default: return nil
      }
    }
    return isAfterUnderscore ? nil : String(decoding: text, as: UTF8.self)
  }

  /// A path of JSON in a message; nil where it has other characters than letters, digits and points.
  static func parse(_ text: some Sequence<UInt8>) -> String? {
    var path: [UInt8] = []
    for byte in text {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): path += [UInt8(ascii: "_"), byte + 32]
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "."):
        path.append(byte)
      default: return nil
      }
    }
    return String(decoding: path, as: UTF8.self)
  }
}
