internal import CSQLite
internal import Glibc

/// What scores are computed from: the same numbers for every shard, so that scores of different shards compare.
struct RankingStatistics: Hashable, Sendable {
  var documents: UInt64 = 0
  /// Of the text column of all documents.
  var tokens: UInt64 = 0
  /// For each phrase of ``MatchExpression/weighedPhrases`` the number of documents that have it.
  var documentFrequencies: [UInt64] = []

  /// Adds those of another shard.
  mutating func add(_ other: RankingStatistics) {
    self.documents &+= other.documents
    self.tokens &+= other.tokens
    if self.documentFrequencies.isEmpty {
      self.documentFrequencies = other.documentFrequencies
    } else {
      for (index, frequency) in other.documentFrequencies.enumerated() {
        self.documentFrequencies[index] &+= frequency
      }
    }
  }

  /// As it travels in page tokens.
  var values: [UInt64] { [self.documents, self.tokens] + self.documentFrequencies }

  init() {}

  /// Nil when there are not as many values as the query has phrases.
  init?(values: [UInt64], phrases: Int) {
    guard values.count == phrases + 2 else { return nil }
    self.documents = values[0]
    self.tokens = values[1]
    self.documentFrequencies = Array(values.dropFirst(2))
  }
}

/// The argument of `verbatim_scan` and `verbatim_moments`.
struct Ranking: Sendable {
  /// A word in the title counts as many in the text.
  static let titleWeight = 5.0
  /// Words that close together make a moment: about half a minute of speech.
  static let windowTokens = 75.0
  /// All words in one window are worth that much more than the same words far apart.
  static let proximityBoost = 1.0

  let bytes: [UInt8]

  init(_ statistics: RankingStatistics, _ expression: MatchExpression) {
    let documents = Double(statistics.documents)
    let header = csqlite_ranking(
      average_tokens: documents > 0 ? Double(statistics.tokens) / documents : 1,
      title_weight: Self.titleWeight, window_tokens: Self.windowTokens,
      proximity_boost: Self.proximityBoost)
    var bytes = withUnsafeBytes(of: header) { [UInt8]($0) }
    var scored = 0
    var leader = 0
    for (index, phrase) in expression.phrases.enumerated() {
      var weight = 0.0
      switch phrase {
      case .scored:
        // Without statistics (order by time, a single phrase) all phrases weigh the same.
        weight =
          scored < statistics.documentFrequencies.count
          ? Self.inverse(statistics.documentFrequencies[scored], of: documents) : 1
        scored += 1
        leader = index
      // See `csqlite_ranking`.
      case .otherForm: weight = -Double(leader + 1)
      case .unscored: break
      }
      withUnsafeBytes(of: weight) { bytes.append(contentsOf: $0) }
    }
    self.bytes = bytes
  }

  /// As Lucene's BM25: never negative, so that a word in most documents still counts a little.
  private static func inverse(_ frequency: UInt64, of documents: Double) -> Double {
    let frequency = min(Double(frequency), documents)
    return log(1 + (documents - frequency + 0.5) / (frequency + 0.5))
  }
}
