/// How many columns of a terminal a text takes.
enum DisplayWidth {
  static func of(_ text: String) -> Int { text.reduce(0) { $0 + Self.of($1) } }

  static func of(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    // Variation selector 16 asks for the picture, which is wide.
    if character.unicodeScalars.contains("\u{fe0f}") { return 2 }
    return Self.of(first)
  }

  /// Shortened to a number of columns, the end replaced by an ellipsis.
  static func truncated(_ text: String, to columns: Int, ellipsis: String) -> String {
    guard Self.of(text) > columns else { return text }
    var rest = columns - ellipsis.count
    guard rest > 0 else { return String(ellipsis.prefix(max(0, columns))) }
    var kept = ""
    for character in text {
      rest -= Self.of(character)
      if rest < 0 { break }
      kept.append(character)
    }
    while kept.last == " " { kept.removeLast() }
    return kept + ellipsis
  }

  /// Filled with spaces to a number of columns.
  static func padded(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - Self.of(text)))
  }

  private static func of(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    // East Asian Wide and Fullwidth (UAX #11), as ranges; the pictures among them.
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97c,
      0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6,
      0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x1fa70...0x1faff,
      0x20000...0x3fffd:
      return 2
    default: return 1
    }
  }
}
