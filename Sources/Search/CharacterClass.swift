/// What a Unicode scalar is to the tokenizer, once it is folded.
enum CharacterClass: UInt8, Sendable {
  /// Ends a word: white space, punctuation, symbols, emoji.
  case separator
  /// Part of a word: letters, numbers and private use, as in SQLite's `unicode61`.
  case word
  /// A token of its own: scripts written without spaces.
  case single
  /// Belongs to the token before it: vowel signs, viramas, the kana voicing mark.
  case mark
  /// As if it were not there: soft hyphen, zero-width joiner, direction marks.
  case ignored
}

extension CharacterClass {
  init(_ scalar: Unicode.Scalar) {
    let value = scalar.value
    if value < 0x80 {
      let isWord =
        (value >= 0x30 && value <= 0x39) || (value >= 0x41 && value <= 0x5A)
        || (value >= 0x61 && value <= 0x7A)
      self = isWord ? .word : .separator
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber, .privateUse:
      self = Self.isWrittenWithoutSpaces(value) ? .single : .word
    case .nonspacingMark, .spacingMark, .enclosingMark: self = .mark
    case .format: self = .ignored
    default: self = .separator
    }
  }

  /// Han, Hiragana, Katakana, Thai, Lao, Khmer and Myanmar, by block (Unicode 16 `Blocks.txt`).
  ///
  /// A dictionary would be needed to find their words. One token for each character, and a query read as a phrase, finds
  /// every substring instead, with no false hits.
  static func isWrittenWithoutSpaces(_ value: UInt32) -> Bool {
    switch value {
    case 0x0E00...0x0EFF,  // Thai, Lao
      0x1000...0x109F, 0xA9E0...0xA9FF, 0xAA60...0xAA7F,  // Myanmar and its extensions
      0x1780...0x17FF,  // Khmer
      0x3005...0x3007, 0x3021...0x3029, 0x3038...0x303B,  // Iteration marks, zero, numerals
      0x3041...0x309F, 0x30A0...0x30FF, 0x31F0...0x31FF,  // Hiragana, Katakana
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,  // Han
      0x1AFF0...0x1B16F,  // Kana extended and supplement
      0x20000...0x3FFFF:  // Han extensions
      true
    default: false
    }
  }
}
