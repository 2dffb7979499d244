internal import Search
internal import Transcripts

/// Queries of the kinds that people make.
package struct Queries {
  package struct Kind: Sendable {
    package var name: String
    package var texts: [String]
  }

  package let kinds: [Kind]

  /// - Parameters:
  ///   - videos: Which are indexed: phrases are taken from what is said in them.
  ///   - count: Queries of each kind.
  package init(_ corpus: Corpus, videos: Int, count: Int) {
    self.init(corpus, videos: 0..<videos, count: count)
  }

  package init(_ corpus: Corpus, videos: Range<Int>, count: Int) {
    var random = SplitMix64(seed: 3)
    let words = corpus.vocabulary.words
    func word(_ ranks: Range<Int>) -> String {
      words[ranks.lowerBound + Int(random.next() % UInt64(ranks.count))]
    }
    func phrase(_ length: Int) -> String {
      while true {
        let document = corpus.document(
          videos.lowerBound + Int(random.next() % UInt64(videos.count)))
        let all = document.transcript.segments.flatMap { $0.text.split(separator: " ") }
        guard all.count > length else { continue }
        let start = Int(random.next() % UInt64(all.count - length))
        return "\"" + all[start..<start + length].joined(separator: " ") + "\""
      }
    }
    func make(_ name: String, _ body: () -> String) -> Kind {
      Kind(name: name, texts: (0..<count).map { _ in body() })
    }
    self.kinds = [
      make("commonest words") { word(0..<20) },
      make("common word") { word(150..<400) },
      make("word") { word(1500..<6000) },
      make("rare word") { word(100_000..<200_000) },
      make("AND of two") { "\(word(150..<400)) \(word(1500..<6000))" },
      make("AND of three") { "\(word(60..<400)) \(word(60..<400)) \(word(400..<6000))" },
      make("OR of three") {
        "\(word(1500..<6000)) OR \(word(1500..<6000)) OR \(word(1500..<6000))"
      },
      make("NEAR") { "\(word(150..<400)) NEAR \(word(400..<1500))" },
      make("word, one channel") {
        "\(word(60..<400)) channel:UC\(random.next() % UInt64(max(1, videos.count / 40)))"
      },
      make("word, excluded word") { "\(word(150..<400)) -\(word(20..<60))" },
      make("phrase of 2") { phrase(2) },
      make("phrase of 3") { phrase(3) },
      make("phrase of 4") { phrase(4) },
      make("phrase of 8") { phrase(8) },
      make("prefix of 5") { String(word(1500..<6000).prefix(5)) + "*" },
      make("prefix of 3") { String(word(1500..<6000).prefix(3)) + "*" },
      make("prefix of 2") { String(word(1500..<6000).prefix(2)) + "*" },
    ]
  }
}
