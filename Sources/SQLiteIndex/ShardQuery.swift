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
  /// Then it is stopped.
  var deadline: ContinuousClock.Instant
}

/// What a shard has for a search.
struct ShardMatches: Sendable {
  /// All documents that match.
  var total = 0
  var best: BestCandidates
  /// By row, of the best; in an order by time, none.
  private(set) var places: [Int64: FoundPlaces] = [:]

  init(best: BestCandidates) { self.best = best }

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
