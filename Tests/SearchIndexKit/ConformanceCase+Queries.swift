internal import Search
internal import TestRandom
internal import Transcripts

extension ConformanceCase {
  /// Queries with a reason; what they find is what ``ReferenceSearch`` finds.
  static let texts = [
    // Words, in title or text, in any order.
    "distributed", "systems", "distributed systems", "distributed fails", "nosuchword",
    "distributed nosuchword", "failure parts", "DISTRIBUTED", "foxes quick",
    // Phrases: within a caption, over its border, across title and text (never).
    "\"distributed systems\"", "\"to the talk about\"", "\"six seven\"", "\"systems distributed\"",
    "\"two three four five six seven\"", "\"failure a system\"", "\"is distributed fails in\"",
    // OR, NOT, groups.
    "fox OR dog OR café", "system -distributed", "systems -\"distributed systems\"",
    "(one OR quick) (nine OR fox)", "one -two OR fox", "NOT fox one", "fox (lazy OR -dog)",
    // Prefixes.
    "dist*", "\"quick bro\"*", "\"six sev\"*", "z*", "ta*",
    // NEAR.
    "quick NEAR/2 fox", "quick NEAR/0 fox", "quick NEAR/1 fox", "one NEAR/3 five",
    "five NEAR/2 one", "\"two three\" NEAR/1 \"five six\"", "one NEAR/2 three NEAR/2 five",
    "one NEAR/4 three NEAR/4 six", "qui* NEAR/1 fo*", "one NEAR one",
    // Inflections, and words that are quoted.
    "talk", "\"talk\"", "walks", "talker", "walk talk",
    // Diacritics, ligatures, scripts.
    "creme brulee", "CAFÉ", "strasse", "lodz", "naive facade", "东京", "東京", "東京大", "大学", "京東",
    "首都です", "português", "portugues", "ความรัก", "словами", "emoji", "wörter", "worter",
    // Punctuation.
    "don't", "dont", "c++", "c#", ".net", "e-mail", "email", "C++ AND panic",
    // Fields.
    "title:distributed", "title:\"distributed systems\"", "title:talk", "title:fox* quick",
    "-title:failure system", "channel:UCsystems distributed", "-channel:UCsystems distributed",
    "playlist:PLtalks quick", "playlist:PLfailures system", "lang:pt português", "lang:pt-BR é",
    "lang:pt-br é", "lang:en é", "kind:auto distributed", "kind:manual distributed",
    "video:vAAAAAAAAA7 one", "video:vAAAAAAAAA7 fox", "after:2022-01-01 distributed",
    "before:2022-01-10 distributed", "after:2022-04-18 before:2022-04-19 distributed",
    "before:1971 one", "channel:ucsystems distributed", "kind:auto kind:manual words",
    // Broken syntax.
    "\"unclosed quick", "(one", "one)", "OR fox", "fox OR", "NEAR/3 fox", "- fox", "channel: fox",
    "((((((((((one))))))))))",
  ]

  static let queries: [ConformanceCase] =
    Self.texts.map { text in
      ConformanceCase("The query \(text) finds what it says") { index in
        for forms in [WordForms.inflected, .exact] {
          try await Self.compare(
            SearchQuery(text: text, wordForms: forms, pageSize: 50), index)
        }
      }
    } + [
      ConformanceCase("Random queries find what they say") { index in
        var random = SeededRandom(seed: 20_261_125)
        for _ in 0..<150 {
          let text = Self.randomQuery(&random, depth: 0)
          do {
            try await Self.compare(SearchQuery(text: text, pageSize: 50), index)
          } catch let error as SearchError where error.code == .invalidQuery {
            // Nothing that has to be found: the reference refuses it too.
            continue
          }
        }
      },
      ConformanceCase("Any text is a query or refused as none") { index in
        var random = SeededRandom(seed: 7)
        let alphabet = Array("ab *\"()-:+|&~^[]{}\\/.,#é東\u{0}\u{301}😀NEAR/1ORANDchannel:after:x")
        for _ in 0..<100 {
          let count = 1 + random.below(40)
          let text = String((0..<count).map { _ in random.pick(alphabet) })
          do {
            _ = try await index.search(SearchQuery(text: text))
          } catch let error as SearchError {
            try expectEqual(error.code, .invalidQuery, "\(text.debugDescription): \(error)")
          }
        }
      },
      ConformanceCase("Filters beside the text hold as well") { index in
        for filters in [
          SearchFilters(languageCodes: ["PT"]), SearchFilters(channelIDs: ["UCfood", "UCzoo"]),
          SearchFilters(playlistIDs: ["PLtalks"]), SearchFilters(kind: .automatic),
          SearchFilters(
            videoIDs: [VideoID("vAAAAAAAAA1"), VideoID("vAAAAAAAAB1")].compactMap { $0 }),
          SearchFilters(publishedFrom: Corpus.day(19_100), publishedBefore: Corpus.day(19_300)),
          SearchFilters(publishedBefore: 1_001),
        ] {
          for text in ["distributed OR words OR é OR one OR fox", "distributed channel:UCsystems"] {
            try await Self.compare(
              SearchQuery(text: text, pageSize: 50, filters: filters), index)
          }
        }
      },
      ConformanceCase("A query without words is refused") { index in
        for text in ["", " ", "-fox", "\"\"", "😀", "channel:UCzoo", "***"] {
          try await expectError(.invalidQuery, text) {
            _ = try await index.search(SearchQuery(text: text))
          }
        }
        try await expectError(.invalidQuery, "a page of none") {
          _ = try await index.search(SearchQuery(text: "fox", pageSize: 0))
        }
      },
    ]

  /// Compares what is found with the reference, and each hit with the document it is of.
  static func compare(_ query: SearchQuery, _ index: any SearchIndex) async throws {
    let wanted = try ReferenceSearch(Corpus.documents).matches(query)
    let results = try await index.search(query)
    let found = results.hits.map { Corpus.name($0.video, $0.track) }
    try expectEqual(found.sorted(), wanted.sorted(), "\(query.text.debugDescription) finds")
    try expectEqual(results.total, wanted.count, "the total of \(query.text.debugDescription)")
    for hit in results.hits {
      let document = Corpus.documents.first { Corpus.name($0) == Corpus.name(hit.video, hit.track) }
      try expectEqual(hit.video, document?.transcript.video ?? hit.video, "the video")
      try expect(!hit.moments.isEmpty, "\(query.text) finds \(hit.video.id) without a moment")
      for moment in hit.moments {
        let starts = document?.transcript.segments.map(\.startMilliseconds) ?? []
        try expect(
          starts.contains(moment.startMilliseconds), "a moment begins where no caption does")
      }
    }
  }

  private static let vocabulary = [
    "one", "two", "three", "four", "six", "seven", "fox", "quick", "dog", "lazy", "the", "and",
    "distributed", "systems", "system", "fails", "talk", "walks", "words", "café", "東京", "é",
    "title:talk", "title:foxes", "lang:en", "kind:auto", "channel:UCsystems", "playlist:PLtalks",
  ]

  private static func randomQuery(_ random: inout SeededRandom, depth: Int) -> String {
    let words = Self.vocabulary.prefix(22)
    let parts = (0..<1 + random.below(3)).map { _ -> String in
      switch random.below(10) {
      case 0 where depth < 3: "(\(Self.randomQuery(&random, depth: depth + 1)))"
      case 1: "-\(random.pick(Self.vocabulary))"
      case 2: "\"\(random.pick(Array(words))) \(random.pick(Array(words)))\""
      case 3: "\(random.pick(Array(words))) NEAR/\(random.below(6)) \(random.pick(Array(words)))"
      case 4: "\(random.pick(["t", "fo", "s", "dis", "qu"]))*"
      case 5 where depth < 3:
        "\(Self.randomQuery(&random, depth: depth + 1)) OR \(random.pick(Self.vocabulary))"
      default: random.pick(Self.vocabulary)
      }
    }
    return parts.joined(separator: " ")
  }
}
