internal import Foundation

/// Words as frequent as those of speech: a Zipf–Mandelbrot law (s = 1.05) over 277,668 words, as many as English word
/// lists have. The 60 commonest are real; the others are made of syllables, frequent ones short.
package struct Vocabulary: Sendable {
  package static let count = 277_668

  package let words: [String]
  // Walker's alias method: a word in constant time.
  private let threshold: [Double]
  private let alias: [Int32]

  package init() {
    var random = SplitMix64(seed: 7)
    var words = Self.commonest
    var known = Set(words)
    while words.count < Self.count {
      // One syllable at rank 100, up to three in the long tail.
      let rank = Double(words.count)
      let syllables = max(1, Int(log10(rank) / 2 + random.unit() * 1.5))
      var word = ""
      for _ in 0..<syllables { word += Self.syllable(&random) }
      if known.insert(word).inserted { words.append(word) }
    }
    self.words = words
    let weights = words.indices.map { 1 / pow(Double($0) + 3.7, 1.05) }
    let total = weights.reduce(0, +)
    var scaled = weights.map { $0 / total * Double(words.count) }
    var alias = [Int32](repeating: 0, count: words.count)
    var small = scaled.indices.filter { scaled[$0] < 1 }
    var large = scaled.indices.filter { scaled[$0] >= 1 }
    while let low = small.popLast(), let high = large.last {
      alias[low] = Int32(high)
      scaled[high] -= 1 - scaled[low]
      if scaled[high] < 1 {
        large.removeLast()
        small.append(high)
      }
    }
    self.threshold = scaled
    self.alias = alias
  }

  package func rank(_ random: inout SplitMix64) -> Int {
    let column = Int(random.next() % UInt64(self.words.count))
    return random.unit() < self.threshold[column] ? column : Int(self.alias[column])
  }

  private static func syllable(_ random: inout SplitMix64) -> String {
    func pick(_ from: [String]) -> String { from[Int(random.next() % UInt64(from.count))] }
    return pick(Self.onsets) + pick(Self.vowels) + pick(Self.codas)
  }

  private static let onsets = [
    "b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "w", "st", "pr", "tr", "ch",
    "", "",
  ]
  private static let vowels = ["a", "e", "i", "o", "u", "e", "a"]
  private static let codas = ["", "", "", "n", "r", "s", "t", "l", "d"]
  private static let commonest = """
    the to and of i you it that in is so this we for on be have with but what not are they like was can just or do as at \
    if all there one about my your out up from know get when me would now then because some how really them more time
    """.split(separator: " ").map(String.init)
}
