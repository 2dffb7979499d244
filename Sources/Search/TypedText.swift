/// What somebody has typed so far: what stays, and the word that is being typed.
public struct TypedText: Hashable, Sendable {
  /// In front of the word.
  public var kept: String
  /// Normalized; never empty.
  public var prefix: String

  /// Of one letter, there is too much to choose from.
  static let minLetters = 2

  /// Nil when no word is being typed: the text ends with a space, or in a filter.
  ///
  /// - Throws: ``SearchError/Code/invalidQuery`` for a limit out of bounds, or a text that is too long.
  public init?(_ query: SuggestionsQuery) throws(SearchError) {
    guard (1...SearchLimits.maxSuggestions).contains(query.limit) else {
      throw SearchError(
        .invalidQuery,
        "\(query.limit) suggestions are asked for; it must be 1 to \(SearchLimits.maxSuggestions).")
    }
    guard query.text.utf8.count <= SearchLimits.maxQueryBytes else {
      throw SearchError(
        .invalidQuery,
        "The text has \(query.text.utf8.count) bytes; \(SearchLimits.maxQueryBytes) are allowed.")
    }
    let words = QueryWords.words(of: query.text, inFilters: false)
    let scalars = Array(query.text.unicodeScalars)
    // The last word of the last piece: `well-kn` completes `kn`.
    guard let last = words.last, last.range.upperBound == scalars.count,
      last.token.unicodeScalars.count >= Self.minLetters
    else { return nil }
    var kept = String.UnicodeScalarView()
    kept.append(contentsOf: scalars[..<last.range.lowerBound])
    self.kept = String(kept)
    self.prefix = last.token
  }

  /// The most frequent of `words` (with the number of documents that have each), as whole texts.
  public func suggestions(_ words: [String: Int], limit: Int) -> [Suggestion] {
    words.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
      .prefix(limit).map { Suggestion(text: self.kept + $0.key, documents: $0.value) }
  }
}
