internal import Search

/// A search as each shard is asked for it.
struct ShardQuery: Sendable {
  var expression: MatchExpression
  var ranking: Ranking
  var order: SearchOrder
  /// How many documents are wanted, at most.
  var max: Int
  /// Only documents that come after this one; nil: from the beginning.
  var after: Candidate?
  /// Of each document, at most.
  var moments: Int
  /// Counted over all documents that match.
  var facets: [FacetField] = []
  /// Then it is stopped.
  var deadline: ContinuousClock.Instant
}

/// What a shard has for a search.
struct ShardMatches: Sendable {
  /// All documents that match.
  private(set) var total = 0
  /// Their rows, ascending, when facets are asked for.
  private(set) var rows: [Int64] = []
  var facets = FacetCounts()
  private let keepsRows: Bool
  var best: BestCandidates
  /// By row, of the best.
  private(set) var places: [Int64: FoundPlaces] = [:]

  init(best: BestCandidates, keepsRows: Bool) {
    self.best = best
    self.keepsRows = keepsRows
  }

  mutating func count(_ row: Int64) {
    self.total += 1
    if self.keepsRows { self.rows.append(row) }
  }

  mutating func remember(_ found: FoundPlaces, of row: Int64) {
    self.places[row] = found
    if self.places.count > Self.maxForgotten + self.best.candidates.count { self.forgetTheRest() }
  }

  /// Drops the places of documents that are not among the best any more.
  mutating func forgetTheRest() {
    let kept = Set(self.best.candidates.map(\.row))
    self.places = self.places.filter { kept.contains($0.key) }
  }

  /// Places of documents that were among the best once, kept until they are dropped together.
  private static let maxForgotten = 256
}

/// Where in a document the words are.
struct FoundPlaces: Sendable {
  /// Of the content that was looked at.
  var hash: Int64
  /// See ``MomentWindows``.
  var windows: [UInt8]
}
