/// The bounds of the search language and of its answers. What is over a bound is refused with
/// ``SearchError/Code/invalidQuery`` and a message that names the bound, unless said otherwise.
public enum SearchLimits {
  /// UTF-8 bytes of a query's text.
  public static let maxQueryBytes = 4096
  /// Words and phrases in one query.
  public static let maxPhrases = 64
  /// Normalized tokens in one query; a CJK character is a token of its own.
  public static let maxTokens = 512
  /// Values of all filters of one query together.
  public static let maxFilterValues = 256
  /// UTF-8 bytes of one filter value.
  public static let maxFilterValueBytes = 256
  /// Nested groups; parentheses deeper than that are ignored, as punctuation is. SQLite 3.40's parser of queries keeps
  /// 100 symbols, and a group needs up to seven.
  public static let maxGroupDepth = 8
  /// The largest `n` of `NEAR/n`; larger ones mean this one.
  public static let maxNearDistance = 1000
  /// UTF-8 bytes of a normalized token; the rest of a longer one is dropped, in documents and queries alike.
  public static let maxTokenBytes = 120
  /// Hits on a page.
  public static let maxPageSize = 100
  /// Moments of a hit.
  public static let maxMomentsPerHit = 20
  /// Values of each facet.
  public static let maxFacetValues = 1000
  /// Places in one video on a page.
  public static let maxPlacesPage = 1000
  /// Occurrences that are looked at in one document; further ones are not shown.
  public static let maxOccurrences = 10_000
  /// Suggestions in one answer.
  public static let maxSuggestions = 50
  /// Documents on a page of ``SearchIndex/documents(_:)``.
  public static let maxDocumentsPage = 200
  /// Indexes of one back end, and aliases: each has files, connections or shards of its own.
  public static let maxIndexes = 256
  /// Words of a query that are looked for in their other forms; those behind are looked for as they are.
  public static let maxInflectedWords = 16
  /// Characters of a page token.
  public static let maxPageTokenCharacters = 4096
}
