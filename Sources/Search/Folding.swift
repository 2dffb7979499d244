/// What one cluster (a scalar with the marks that follow it) becomes in normalized text.
struct Folding: Sendable {
  /// The pieces, in order. Most often one.
  var pieces: [Piece]

  struct Piece: Sendable {
    var scalar: Unicode.Scalar
    var characterClass: CharacterClass
  }

  /// NFKC, lower case, without diacritics.
  ///
  /// Computed cluster by cluster, so that every token knows which scalars of the original it comes from.
  init(_ cluster: String) {
    var folded = String.UnicodeScalarView()
    for scalar in UnicodeForms.compatibilityDecomposition(of: cluster) {
      if Self.isDiacritic(scalar, after: folded.last) { continue }
      if let replacement = Self.replacements[scalar] {
        folded.append(contentsOf: replacement.unicodeScalars)
      } else {
        folded.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    // Whatever is left composes again: Hangul from its letters, voiced kana, й.
    self.pieces = UnicodeForms.canonicalComposition(of: folded).map {
      Piece(scalar: $0, characterClass: CharacterClass($0))
    }
  }

  /// Marks whose absence does not make another word: those of Latin, Greek, Cyrillic, Hebrew and Arabic, by canonical
  /// combining class. The others (Indic signs, Thai tones, the kana voicing mark) are letters to their readers.
  private static func isDiacritic(
    _ scalar: Unicode.Scalar, after base: Unicode.Scalar?
  ) -> Bool {
    guard scalar.value >= 0x300 else { return false }
    // й is a letter of its own, not an и with a diacritic.
    if scalar.value == 0x306, base?.value == 0x438 { return false }
    switch scalar.properties.canonicalCombiningClass.rawValue {
    case 1, 10...36, 200...234, 240: return true
    default: return scalar.properties.isVariationSelector
    }
  }

  /// Letters that have no decomposition, but that people type without their stroke or ligature, and case foldings that
  /// are not lower case mappings (`CaseFolding.txt`).
  private static let replacements: [Unicode.Scalar: String] = [
    "ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o",
    "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "ł": "l", "Ł": "l", "ħ": "h", "Ħ": "h", "ı": "i",
    "þ": "th", "Þ": "th", "ς": "σ",
  ]
}
