/// Finds what somebody meant to write.
enum Suggestion {
  /// The candidate nearest to `word`, if one is near enough to be meant.
  static func closest(to word: String, among candidates: [String]) -> String? {
    let word = word.lowercased()
    // One slip in three letters; more is another word.
    let limit = max(1, word.count / 3)
    let near = candidates.map { (name: $0, distance: Self.distance(word, $0.lowercased())) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    if let near, near.distance <= limit { return near.name }
    guard word.count >= 3 else { return nil }
    let extended = candidates.filter { $0.lowercased().hasPrefix(word) }
    return extended.count == 1 ? extended[0] : nil
  }

  /// Insertions, deletions, replacements and swaps of neighbours between two words
  /// (optimal string alignment).
  static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left), Array(right))
    var before: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          best = min(best, before[j - 1] + 1)
        }
        row.append(best)
      }
      (before, last) = (last, row)
    }
    return last[right.count]
  }
}

extension [String] {
  /// `a, b or c`.
  func listed(last word: String) -> String {
    guard let last = self.last, self.count > 1 else { return self.first ?? "" }
    return self.dropLast().joined(separator: ", ") + " \(word) \(last)"
  }
}
