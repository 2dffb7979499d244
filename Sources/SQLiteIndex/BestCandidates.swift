/// A document that matches: where it is, and how it ranks.
struct Candidate: Hashable, Sendable {
  /// Higher comes first.
  var key: UInt64
  var shard: UInt64
  var row: Int64

  /// Of an order by relevance; of an order by time it has no meaning.
  var score: Double { Double(bitPattern: self.key) }

  /// A total order, the same on every page.
  static func isBefore(_ a: Candidate, _ b: Candidate) -> Bool {
    if a.key != b.key { return a.key > b.key }
    if a.shard != b.shard { return a.shard < b.shard }
    return a.row < b.row
  }
}

/// The best candidates of a page, kept in order while all matches go by.
struct BestCandidates: Sendable {
  private(set) var candidates: [Candidate] = []
  private let max: Int
  private let after: Candidate?

  /// - Parameters:
  ///   - max: How many are kept.
  ///   - after: Only what comes after that one; nil: from the beginning.
  init(max: Int, after: Candidate?) {
    self.max = max
    self.after = after
  }

  /// The worst that is kept, once there are as many as are kept.
  var last: Candidate? { self.candidates.count == self.max ? self.candidates.last : nil }

  /// - Returns: Whether it is kept, so far.
  @discardableResult
  mutating func offer(_ candidate: Candidate) -> Bool {
    if let after = self.after, !Candidate.isBefore(after, candidate) { return false }
    if let last = self.last {
      guard Candidate.isBefore(candidate, last) else { return false }
      self.candidates.removeLast()
    }
    var low = 0
    var high = self.candidates.count
    while low < high {
      let middle = (low + high) / 2
      if Candidate.isBefore(self.candidates[middle], candidate) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    self.candidates.insert(candidate, at: low)
    return true
  }

  /// Adds those of another shard.
  mutating func add(_ other: BestCandidates) {
    for candidate in other.candidates { self.offer(candidate) }
  }

  /// The bits of doubles that are not negative are ordered as the doubles are.
  static func key(score: Double) -> UInt64 { score > 0 ? score.bitPattern : 0 }

  static func key(time: Int64, isNewestFirst: Bool) -> UInt64 {
    let ascending = UInt64(bitPattern: time) ^ (1 << 63)
    return isNewestFirst ? ascending : ~ascending
  }

  /// The time of which that is the key.
  static func time(_ key: UInt64, isNewestFirst: Bool) -> Int64 {
    Int64(bitPattern: (isNewestFirst ? key : ~key) ^ (1 << 63))
  }
}
