internal import Transcripts

/// A query as a tree, the same for every back end.
///
/// Made by ``QueryParser``; a back end turns it into its own query language and need not fear what a user typed: the
/// tokens are normalized, and there is at least one that has to be found.
public indirect enum QueryNode: Hashable, Sendable {
  case phrase(QueryPhrase)
  /// All phrases, in any order, with at most `distance` tokens between them. At least two phrases.
  case near([QueryPhrase], distance: Int)
  /// All of `nodes` (at least one), and none of `excluding`.
  case all([QueryNode], excluding: [QueryNode])
  /// At least one of the nodes (two or more).
  case any([QueryNode])
}

/// Tokens that follow one another. A word is a phrase of one token.
public struct QueryPhrase: Hashable, Sendable {
  /// Where to look.
  public enum Field: Hashable, Sendable {
    /// In the title or in what is said.
    case anywhere
    case title
  }

  /// Normalized; at least one.
  public var tokens: [String]
  /// The last token may go on.
  public var isPrefix: Bool
  public var field: Field
  /// Of a single token that is no prefix: tokens that are as good as it, ``Inflections``. For the score all of them
  /// together are one word. Empty: it has to be this one.
  public var otherForms: [String]

  public init(
    tokens: [String], isPrefix: Bool = false, field: Field = .anywhere, otherForms: [String] = []
  ) {
    self.tokens = tokens
    self.isPrefix = isPrefix
    self.field = field
    self.otherForms = otherForms
  }
}

/// What a filter looks at.
public enum FilterField: String, Hashable, Sendable, CaseIterable {
  case channel, playlist, language, kind, video
}

/// One condition on documents: the field has one of the values, or none of them.
public struct QueryFilter: Hashable, Sendable {
  public var field: FilterField
  /// At least one. Channels, playlists and videos by ID; languages in lower case, `pt` also means `pt-br`; kinds by
  /// ``CaptionKind``'s raw value.
  public var values: [String]
  public var isExcluded: Bool

  public init(_ field: FilterField, _ values: [String], isExcluded: Bool = false) {
    self.field = field
    self.values = values
    self.isExcluded = isExcluded
  }
}

/// A parsed query.
public struct ParsedQuery: Hashable, Sendable {
  public var root: QueryNode
  /// All must hold.
  public var filters: [QueryFilter]
  /// Published at or after: milliseconds since 1970.
  public var publishedFrom: Int64?
  /// Published before: milliseconds since 1970.
  public var publishedBefore: Int64?

  public init(
    root: QueryNode, filters: [QueryFilter] = [], publishedFrom: Int64? = nil,
    publishedBefore: Int64? = nil
  ) {
    self.root = root
    self.filters = filters
    self.publishedFrom = publishedFrom
    self.publishedBefore = publishedBefore
  }
}

extension ParsedQuery {
  /// Adds filters that come beside the text; those of the text have to hold too.
  ///
  /// - Throws: ``SearchError/Code/invalidQuery`` when there are too many values.
  public mutating func add(_ filters: SearchFilters) throws(SearchError) {
    self.filters += filters.conditions
    try QueryParser.checkBounds(self.filters)
    if let from = filters.publishedFrom {
      self.publishedFrom = max(self.publishedFrom ?? from, from)
    }
    if let before = filters.publishedBefore {
      self.publishedBefore = min(self.publishedBefore ?? before, before)
    }
  }
}

extension SearchFilters {
  /// The filters that compare values, as conditions; dates are not among them.
  public var conditions: [QueryFilter] {
    let lists: [(FilterField, [String])] = [
      (.channel, self.channelIDs), (.playlist, self.playlistIDs),
      (.language, self.languageCodes.map { $0.lowercased() }), (.video, self.videoIDs.map(\.text)),
      (.kind, self.kind.map { [$0.rawValue] } ?? []),
    ]
    return lists.filter { !$0.1.isEmpty }.map { QueryFilter($0.0, $0.1) }
  }
}
