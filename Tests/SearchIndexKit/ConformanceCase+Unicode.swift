internal import Search
internal import Transcripts

extension ConformanceCase {
  /// What is said, and a query that has to find it.
  private static let spellings: [(said: String, query: String)] = [
    // Composed, decomposed, and without the marks.
    ("Café Über naïve", "cafe uber NAIVE"), ("cafe\u{301} noir", "café noir"),
    ("Nguyễn Đình", "nguyen dinh"), ("שָׁלוֹם עולם", "שלום עולם"),
    ("m" + String(repeating: "\u{301}\u{323}", count: 300) + "any marks", "many marks"),
    // Case where it is more than a letter for a letter.
    ("Die Straße", "DIE STRASSE"), ("İstanbul ısı", "istanbul isi"),
    ("ΟΔΥΣΣΕΥΣ", "Ὀδυσσεύς"), ("ПРИВЕТ", "привет"),
    // Compatibility forms.
    ("ﬁne ①② ＡＢＣ", "\"fine 12 abc\""), ("½ cup", "\"1 2 cup\""), ("ｶﾞｲﾄﾞ", "ガイド"),
    ("\u{1112}\u{1161}\u{11AB}국어", "한국어"), ("no\u{A0}break\u{2009}space", "\"no break space\""),
    // Scripts without spaces, and beyond the first plane.
    ("部署流程说明", "流程"), ("𠮷野家です", "𠮷野"), ("ABC部署x", "abc部署"), ("ที่นี่", "ที่"),
    ("हिन्दी में बात", "\"हिन्दी में\""), ("𝒢othic 𝐛old", "bold"),
    // What is not to be seen.
    ("co\u{AD}operate", "cooperate"), ("می\u{200C}خواهم", "میخواهم"),
    ("\u{FEFF}mark first", "mark"),
    ("\u{202E}reversed\u{202C} order", "\"reversed order\""),
    ("🎉party👨‍👩‍👧now", "\"party now\""), ("flags 🇩🇪🇫🇷 here", "\"flags here\""),
    // What does not belong into a text.
    ("nul\u{0}inside", "\"nul inside\""), ("edge\u{FFFF}\u{10FFFF} of planes", "edge"),
    ("two\u{2028}lines\u{2029}three", "\"two lines three\""),
    ("a\tb\r\nc \u{1}\u{1f}d", "\"a b c d\""),
  ]

  static let unicode: [ConformanceCase] = [
    ConformanceCase("Every spelling of a word finds it, and what was said comes back unchanged") {
      index in
      let documents = Self.spellings.enumerated().map { number, spelling in
        Corpus.document(
          "u00000000\(number / 10)\(number % 10)", ["before it", spelling.said, "after"])
      }
      let outcomes = try await index.write(documents, to: .default)
      try expect(outcomes.allSatisfy { $0 == .indexed }, "not all are indexed: \(outcomes)")
      try await index.refresh(.default)
      for (document, spelling) in zip(documents, Self.spellings) {
        let id = document.transcript.video.id
        let what = "\(spelling.query.debugDescription) for \(spelling.said.debugDescription)"
        let hits = try await index.search(SearchQuery(text: spelling.query, pageSize: 100)).hits
        let hit = hits.first { $0.video.id == id }
        try expect(hit != nil, "not found: \(what)")
        for moment in hit?.moments ?? [] {
          let length = moment.text.unicodeScalars.count
          try expect(!moment.highlights.isEmpty, "nothing is marked: \(what)")
          try expect(
            moment.highlights.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= length },
            "marks outside of the text: \(what)")
        }
        let stored = try await index.transcript(of: id, languageCode: nil, in: .default)
        try expectEqual(
          stored?.segments.map { Array($0.text.unicodeScalars) },
          document.transcript.segments.map { Array($0.text.unicodeScalars) }, "stored: \(what)")
      }
    }
  ]
}
