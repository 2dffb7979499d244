/// The inflected forms of English words: plurals, third persons, past tenses, participles.
///
/// Words are the same when the steps of Porter's algorithm ("An algorithm for suffix stripping", 1980) that take off
/// inflections, 1 and 5a, leave the same of them. The index knows nothing of it: a query's word is turned into
/// all forms that are the same, so exact search is there too, and every back end has one meaning of it. Of words in other
/// languages it makes forms that exist nowhere, which find nothing.
public enum Inflections {
  /// The other words that are the same as `token`; none for one that is no English word or too short to tell.
  ///
  /// - Parameter token: Normalized.
  public static func otherForms(of token: String) -> [String] {
    let word = Array(token.utf8)
    guard let stem = Self.stem(of: word) else { return [] }
    let candidates = Self.candidates(of: stem)
    // A word that is not made of its stem by one of the endings is no form of the others, nor they of it.
    guard candidates.contains(word) else { return [] }
    var seen: Set<[UInt8]> = [word]
    var forms: [String] = []
    for candidate in candidates where seen.insert(candidate).inserted {
      if Self.stem(of: candidate) == stem {
        forms.append(String(decoding: candidate, as: UTF8.self))
      }
    }
    return forms
  }

  /// Shorter words and stems are too often others: `his` is no form of `hi`.
  private static let minLetters = 3
  /// Longer ones are no words.
  private static let maxLetters = 30

  /// Words whose ending is no inflection.
  private static let unchanging: Set<String> = [
    "this", "does", "news", "yes", "thus", "plus", "gas", "bus", "always", "perhaps", "else",
    "during", "nothing", "something", "anything", "everything", "morning", "evening", "ceiling",
    "hundred", "indeed", "unless", "whereas", "physics", "series", "species", "means", "goods",
    "need", "speed", "seed", "feed", "bleed", "breed", "sing", "ring",
  ]

  /// Nil for what stays as it is.
  private static func stem(of word: [UInt8]) -> [UInt8]? {
    guard (Self.minLetters...Self.maxLetters).contains(word.count),
      word.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }),
      !Self.unchanging.contains(String(decoding: word, as: UTF8.self))
    else { return nil }
    var stem = word
    // Step 1a.
    if Self.ends(stem, "sses") || Self.ends(stem, "ies") {
      stem.removeLast(2)
    } else if Self.ends(stem, "s"), !Self.ends(stem, "ss"), !Self.ends(stem, "us"),
      !Self.ends(stem, "is")
    {
      stem.removeLast()
    }
    // Step 1b.
    if Self.ends(stem, "eed") {
      if Self.measure(stem.dropLast(3)) > 0 { stem.removeLast() }
    } else if Self.ends(stem, "ed"), Self.hasVowel(stem.dropLast(2)) {
      stem.removeLast(2)
      Self.mend(&stem)
    } else if Self.ends(stem, "ing"), Self.hasVowel(stem.dropLast(3)) {
      stem.removeLast(3)
      Self.mend(&stem)
    }
    // Step 1c.
    if Self.ends(stem, "y"), stem.count > 2, !Self.isVowel(stem, stem.count - 2) {
      stem[stem.count - 1] = UInt8(ascii: "i")
    }
    // Step 5a, so that `believe` and `believing` meet; `here` is no form of `her`.
    if Self.ends(stem, "e") {
      let rest = stem.dropLast()
      let measure = Self.measure(rest)
      if measure > 1 || (measure == 1 && !Self.isShort(rest)) { stem.removeLast() }
    }
    return stem.count < Self.minLetters ? nil : stem
  }

  /// Puts right what step 1b cut off too much or too little.
  private static func mend(_ stem: inout [UInt8]) {
    guard stem.count > 1 else { return }
    let last = stem[stem.count - 1]
    if Self.ends(stem, "at") || Self.ends(stem, "bl") || Self.ends(stem, "iz") {
      stem.append(UInt8(ascii: "e"))
    } else if last == stem[stem.count - 2], !Self.isVowel(stem, stem.count - 1) {
      if last != UInt8(ascii: "y"), last != UInt8(ascii: "l"), last != UInt8(ascii: "s"),
        last != UInt8(ascii: "z")
      {
        stem.removeLast()
      }
    } else if Self.measure(stem[...]) == 1, Self.isShort(stem[...]) {
      stem.append(UInt8(ascii: "e"))
    }
  }

  /// Ends in consonant, vowel, consonant, the last one not w, x or y: Porter's *o.
  private static func isShort(_ part: ArraySlice<UInt8>) -> Bool {
    let word = Array(part)
    let count = word.count
    guard count >= 3, !Self.isVowel(word, count - 1), Self.isVowel(word, count - 2),
      !Self.isVowel(word, count - 3)
    else { return false }
    return ![UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y")].contains(word[count - 1])
  }

  /// Every word that could have the stem.
  private static func candidates(of stem: [UInt8]) -> [[UInt8]] {
    let last = stem[stem.count - 1]
    var bases: [[UInt8]] = [stem, stem + [UInt8(ascii: "e")]]
    if last == UInt8(ascii: "i") { bases.append(stem.dropLast() + [UInt8(ascii: "y")]) }
    if last == UInt8(ascii: "e") { bases.append(stem.dropLast()) }
    var words: [[UInt8]] = []
    for base in bases {
      words.append(base)
      for suffix in ["s", "es", "d", "ed", "ing"] { words.append(base + Array(suffix.utf8)) }
    }
    if !Self.isVowel(stem, stem.count - 1) {
      for suffix in ["ed", "ing"] { words.append(stem + [last] + Array(suffix.utf8)) }
    }
    return words
  }

  private static func ends(_ word: [UInt8], _ suffix: StaticString) -> Bool {
    word.count >= suffix.utf8CodeUnitCount
      && word.suffix(suffix.utf8CodeUnitCount).elementsEqual(
        UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount))
  }

  private static func isVowel(_ word: [UInt8], _ index: Int) -> Bool {
    switch word[index] {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
      UInt8(ascii: "u"):
      true
    case UInt8(ascii: "y"): index > 0 && !Self.isVowel(word, index - 1)
    default: false
    }
  }

  private static func hasVowel(_ part: ArraySlice<UInt8>) -> Bool {
    let word = Array(part)
    return word.indices.contains { Self.isVowel(word, $0) }
  }

  /// How often a vowel is followed by a consonant: Porter's m.
  private static func measure(_ part: ArraySlice<UInt8>) -> Int {
    let word = Array(part)
    var count = 0
    for index in word.indices.dropFirst()
    where Self.isVowel(word, index - 1) && !Self.isVowel(word, index) {
      count += 1
    }
    return count
  }
}
