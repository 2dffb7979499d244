internal import Search

/// Finds, in a text that the cluster says matches, where the query's words and phrases are.
///
/// Not asked of the cluster's highlighter: versions mark phrases in two ways (each word, or the phrase once), marking the
/// whole text costs as much as the search, and the text would travel once more, marks and all. What is said has to travel
/// anyway, and looking for some words in it takes tens of microseconds.
struct PhraseFinder {
  /// A place of one of the query's phrases.
  struct Place: Hashable {
    var token: Int
    var tokenCount: Int
    /// Which of the query's phrases; the forms of one word are one phrase.
    var phrase: Int
  }

  private struct Pattern {
    let phrase: Int
    let tokens: [[UInt8]]
    let isPrefix: Bool
  }

  private(set) var phraseCount = 0
  private var patterns: [Pattern] = []
  /// Patterns by the first byte of their first token.
  private var byFirstByte: [[Int]] = Array(repeating: [], count: 256)
  private var nears: [(phrases: [Int], lengths: [Int], distance: Int)] = []

  /// - Parameter root: Phrases that have to be in the title are not looked for, nor are those that must be absent.
  init(_ root: QueryNode) { self.add(root) }

  private mutating func add(_ node: QueryNode) {
    switch node {
    case .phrase(let phrase): _ = self.add(phrase)
    case .near(let phrases, let distance):
      let numbers = phrases.map { self.add($0) }
      if phrases[0].field == .anywhere {
        self.nears.append((numbers, phrases.map(\.tokens.count), distance))
      }
    case .all(let nodes, _), .any(let nodes): for node in nodes { self.add(node) }
    }
  }

  private mutating func add(_ phrase: QueryPhrase) -> Int {
    let number = self.phraseCount
    self.phraseCount += 1
    guard phrase.field == .anywhere else { return number }
    let forms = [phrase.tokens] + phrase.otherForms.map { [$0] }
    for tokens in forms {
      let pattern = Pattern(
        phrase: number, tokens: tokens.map { Array($0.utf8) }, isPrefix: phrase.isPrefix)
      guard let first = pattern.tokens.first?.first else { continue }
      self.byFirstByte[Int(first)].append(self.patterns.count)
      self.patterns.append(pattern)
    }
    return number
  }

  /// - Parameter text: Normalized tokens, one space between two.
  /// - Returns: In order, at most ``SearchLimits/maxOccurrences``.
  func places(in text: [UInt8]) -> [Place] {
    let found = text.withUnsafeBufferPointer { self.scan($0) }
    return self.nears.isEmpty ? found : self.withoutFar(found)
  }

  private func scan(_ text: UnsafeBufferPointer<UInt8>) -> [Place] {
    var places: [Place] = []
    var start = 0
    var token = 0
    while start < text.count {
      for index in self.byFirstByte[Int(text[start])] {
        let pattern = self.patterns[index]
        guard Self.matches(pattern, text, at: start) else { continue }
        places.append(
          Place(token: token, tokenCount: pattern.tokens.count, phrase: pattern.phrase))
        if places.count == SearchLimits.maxOccurrences { return places }
      }
      while start < text.count, text[start] != Self.space { start += 1 }
      start += 1
      token += 1
    }
    return places
  }

  private static let space = UInt8(ascii: " ")

  private static func matches(
    _ pattern: Pattern, _ text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> Bool {
    var at = start
    for (index, token) in pattern.tokens.enumerated() {
      guard at + token.count <= text.count else { return false }
      for (offset, byte) in token.enumerated() where text[at + offset] != byte { return false }
      at += token.count
      let isLast = index == pattern.tokens.count - 1
      if isLast, pattern.isPrefix { return true }
      if at < text.count, text[at] != Self.space { return false }
      if isLast { return true }
      at += 1
    }
    return true
  }

  // MARK: NEAR

  /// Of phrases that stand in a NEAR, only the places that are near the others: as FTS5 does, step by step.
  private func withoutFar(_ found: [Place]) -> [Place] {
    var keep = Set<Place>()
    var restricted = Set<Int>()
    for near in self.nears {
      restricted.formUnion(near.phrases)
      let lists = near.phrases.map { phrase in found.filter { $0.phrase == phrase } }
      guard lists.allSatisfy({ !$0.isEmpty }) else { continue }
      var at = Array(repeating: 0, count: lists.count)
      search: while true {
        var last = lists[0][at[0]].token
        var isMatch: Bool
        repeat {
          isMatch = true
          for (index, list) in lists.enumerated() {
            let first = last - near.lengths[index] - near.distance
            if list[at[index]].token >= first, list[at[index]].token <= last { continue }
            isMatch = false
            while list[at[index]].token < first {
              at[index] += 1
              if at[index] == list.count { break search }
            }
            last = max(last, list[at[index]].token)
          }
        } while !isMatch
        for (index, list) in lists.enumerated() { keep.insert(list[at[index]]) }
        var least = 0
        for index in lists.indices
        where lists[index][at[index]].token < lists[least][at[least]].token {
          least = index
        }
        at[least] += 1
        if at[least] == lists[least].count { break }
      }
    }
    return found.filter { !restricted.contains($0.phrase) || keep.contains($0) }
  }
}
