/// "Did you mean": replaces the words of a query that nobody said by words that are like them.
public enum QueryCorrection {
  /// Words that are corrected in one query.
  private static let maxWords = 4
  /// Shorter ones are like too many others.
  private static let minLetters = 3
  private static let maxLetters = 24

  /// - Parameter documents: For each of the words (normalized), how many documents have it.
  /// - Returns: Nil when each word is in the index, or nothing like it is.
  public static func correct(
    _ text: String, wordForms: WordForms, documents: ([String]) async throws -> [Int]
  ) async throws -> String? {
    let words = QueryWords.words(of: text)
    var replacements: [(range: Range<Int>, with: String)] = []
    for word in words {
      let forms =
        wordForms == .inflected ? Inflections.otherForms(of: word.token) : []
      guard try await documents([word.token] + forms).allSatisfy({ $0 == 0 }) else { continue }
      let length = word.token.unicodeScalars.count
      guard (Self.minLetters...Self.maxLetters).contains(length),
        replacements.count < Self.maxWords,
        let better = try await Self.best(Self.candidates(of: word.token), documents)
      else { return nil }
      replacements.append((word.range, better))
    }
    return replacements.isEmpty ? nil : QueryWords.replacing(replacements, in: text)
  }

  /// The candidate that most documents have; of a candidate of two words the rarer one counts.
  private static func best(
    _ candidates: [[String]], _ documents: ([String]) async throws -> [Int]
  ) async throws -> String? {
    let parts = Array(Set(candidates.flatMap { $0 })).sorted()
    let counts = try await documents(parts)
    let known = Dictionary(zip(parts, counts)) { first, _ in first }
    func frequency(_ candidate: [String]) -> Int { candidate.map { known[$0] ?? 0 }.min() ?? 0 }
    var best: (words: [String], frequency: Int)?
    for candidate in candidates {
      let frequency = frequency(candidate)
      guard frequency > 0 else { continue }
      // One word is likelier than two.
      if let best,
        (best.words.count, -best.frequency) <= (candidate.count, -frequency)
      {
        continue
      }
      best = (candidate, frequency)
    }
    return best?.words.joined(separator: " ")
  }

  /// Everything that is one slip away: a letter missing, doubled, wrong, two swapped, a space forgotten.
  static func candidates(of word: String) -> [[String]] {
    let letters = Array(word.unicodeScalars)
    let alphabet = Self.alphabet(of: letters)
    var found: Set<String> = []
    func add(_ scalars: [Unicode.Scalar]) {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      found.insert(String(view))
    }
    for index in letters.indices {
      var without = letters
      without.remove(at: index)
      if without.count >= Self.minLetters - 1 { add(without) }
      if index > 0 {
        var swapped = letters
        swapped.swapAt(index - 1, index)
        add(swapped)
      }
      for letter in alphabet {
        var changed = letters
        changed[index] = letter
        add(changed)
      }
    }
    for index in 0...letters.count {
      for letter in alphabet {
        var longer = letters
        longer.insert(letter, at: index)
        add(longer)
      }
    }
    found.remove(word)
    var candidates = found.sorted().map { [$0] }
    if letters.count >= 2 * Self.minLetters {
      for index in Self.minLetters...letters.count - Self.minLetters {
        var first = String.UnicodeScalarView()
        first.append(contentsOf: letters[..<index])
        var second = String.UnicodeScalarView()
        second.append(contentsOf: letters[index...])
        candidates.append([String(first), String(second)])
      }
    }
    return candidates
  }

  /// The letters of the word's script, as normalized text has them.
  private static func alphabet(of letters: [Unicode.Scalar]) -> [Unicode.Scalar] {
    func range(_ first: UInt32, _ last: UInt32) -> [Unicode.Scalar] {
      (first...last).compactMap { Unicode.Scalar($0) }
    }
    switch letters.first(where: { $0.properties.isAlphabetic })?.value ?? 0 {
    case 0x370...0x3FF: return range(0x3B1, 0x3C9)
    case 0x400...0x4FF: return range(0x430, 0x44F)
    case 0..<0x250: return range(0x61, 0x7A)
    default: return Array(Set(letters)).sorted { $0.value < $1.value }
    }
  }
}
