internal import Transcripts

/// The query language.
///
///     query   = any
///     any     = all { "OR" all }
///     all     = near { [ "AND" ] near }
///     near    = factor { "NEAR" [ "/" number ] factor }          words and phrases only
///     factor  = [ "-" | "NOT" ] ( group | phrase | word | filter )
///     group   = "(" any ")"
///     phrase  = '"' text '"' [ "*" ]
///     word    = text [ "*" ]                                      * at its end: words that begin so
///     filter  = ( "channel" | "playlist" | "lang" | "kind" | "video" | "after" | "before" ) ":" value
///             | "title" ":" ( word | phrase )
///
/// Words all have to be found, in the title or in what is said; case and diacritics do not count. AND binds closer than
/// OR; operators are words in capitals. A word that normalizes to several tokens (`don't`, `C++11`, anything in Chinese)
/// is a phrase. With ``WordForms/inflected`` a word is found in its other forms too, unless it is in quotes or stands
/// beside NEAR. Filters hold for the whole query wherever they stand; several of one field mean any of them.
/// `after:` and `before:` take a date, `2024`, `2024-05` or `2024-05-31`; the former includes it, the latter does not.
///
/// Any text is a query: an operator without operands, an unbalanced parenthesis or quote, an unknown field are read as
/// well as they can be. Refused is only a text without any word that has to be found, and one over a bound of
/// ``SearchLimits``. Excluding words in a branch of OR that has nothing else are ignored.
public enum QueryParser {
  /// Parses `text` and adds the filters of `query`'s other fields.
  ///
  /// - Throws: ``SearchError/Code/invalidQuery``.
  public static func parse(_ query: SearchQuery) throws(SearchError) -> ParsedQuery {
    guard (1...SearchLimits.maxPageSize).contains(query.pageSize) else {
      throw SearchError(
        .invalidQuery,
        "The page size is \(query.pageSize); it must be 1 to \(SearchLimits.maxPageSize).")
    }
    guard (1...SearchLimits.maxMomentsPerHit).contains(query.momentsPerHit) else {
      throw SearchError(
        .invalidQuery,
        "\(query.momentsPerHit) moments per hit are asked for; it must be 1 to "
          + "\(SearchLimits.maxMomentsPerHit).")
    }
    guard (1...SearchLimits.maxFacetValues).contains(query.facetValues) else {
      throw SearchError(
        .invalidQuery,
        "\(query.facetValues) values of each facet are asked for; it must be 1 to "
          + "\(SearchLimits.maxFacetValues).")
    }
    var parsed = try Self.parse(query.text, wordForms: query.wordForms)
    try parsed.add(query.filters)
    return parsed
  }

  /// Parses the text of a query.
  ///
  /// - Throws: ``SearchError/Code/invalidQuery``.
  public static func parse(
    _ text: String, wordForms: WordForms = .exact
  ) throws(SearchError) -> ParsedQuery {
    guard text.utf8.count <= SearchLimits.maxQueryBytes else {
      throw SearchError(
        .invalidQuery,
        "The query has \(text.utf8.count) bytes; \(SearchLimits.maxQueryBytes) are allowed. "
          + "Search for fewer words.")
    }
    var builder = QueryTreeBuilder(QueryLexer.lexemes(of: text), wordForms: wordForms)
    let root = builder.build()
    guard builder.phraseCount <= SearchLimits.maxPhrases,
      builder.tokenCount <= SearchLimits.maxTokens
    else {
      throw SearchError(
        .invalidQuery,
        "The query has too many words: \(SearchLimits.maxPhrases) words and phrases with "
          + "\(SearchLimits.maxTokens) tokens together are allowed. Search for fewer words.")
    }
    try Self.checkBounds(builder.filters)
    guard let root else {
      throw SearchError(
        .invalidQuery,
        "The query has no word to look for. Give at least one word or number that is not excluded "
          + "by a minus sign; punctuation, emoji and filters alone do not count.")
    }
    return ParsedQuery(
      root: root, filters: builder.filters, publishedFrom: builder.publishedFrom,
      publishedBefore: builder.publishedBefore)
  }

  static func checkBounds(_ filters: [QueryFilter]) throws(SearchError) {
    let values = filters.flatMap(\.values)
    guard values.count <= SearchLimits.maxFilterValues else {
      throw SearchError(
        .invalidQuery,
        "The filters have \(values.count) values; \(SearchLimits.maxFilterValues) are allowed.")
    }
    guard values.allSatisfy({ $0.utf8.count <= SearchLimits.maxFilterValueBytes }) else {
      throw SearchError(
        .invalidQuery,
        "A filter's value is longer than \(SearchLimits.maxFilterValueBytes) bytes; it cannot be "
          + "an identifier.")
    }
  }
}
