internal import Search
internal import Transcripts

/// Which tracks a video can have, and what they are called.
extension ConformanceCase {
  private static let tracked = "tAAAAAAAAA1"

  /// As ``TrackPlan`` names them: an automatic track beside a manual one, machine translations, regions and scripts.
  private static let tracks: [(code: String, kind: CaptionKind, from: String?, word: String)] = [
    ("en", .manual, nil, "original"), ("en-x-auto", .automatic, nil, "recognized"),
    ("de-t-en", .manual, "en", "übersetzt"), ("de-t-en-x-auto", .automatic, "en", "erkannt"),
    ("zh-Hant-TW", .manual, nil, "字幕"), ("zh-Hans-t-en", .manual, "en", "翻译"),
    ("sr-Latn", .manual, nil, "titlovi"), ("es-419", .automatic, nil, "subtítulos"),
  ]

  private static func trackDocuments() -> [IndexDocument] {
    Self.tracks.map { track in
      var document = Corpus.document(
        Self.tracked, ["shared number 1", track.word], language: track.code, kind: track.kind)
      document.transcript.track.name = "\(track.code) (\(track.kind))"
      document.transcript.track.translatedFrom = track.from
      return document
    }
  }

  /// The codes of the tracks that a query finds.
  private static func codes(
    _ text: String, _ index: any SearchIndex, filters: SearchFilters = SearchFilters()
  ) async throws -> [String] {
    let query = SearchQuery(text: text, pageSize: 100, filters: filters)
    return try await index.search(query).hits.map(\.track.languageCode).sorted()
  }

  static let trackCases: [ConformanceCase] = [
    ConformanceCase("Every track of a video is a document of its own, translations too") { index in
      let documents = Self.trackDocuments()
      let outcomes = try await index.write(documents, to: .default)
      try expect(outcomes.allSatisfy { $0 == .indexed }, "not all are indexed: \(outcomes)")
      try await index.refresh(.default)
      let statistics = try await index.statistics(of: .default)
      try expectEqual(statistics.documents, documents.count, "documents")
      try expectEqual(statistics.videos, 1, "videos")
      let video = try Self.video(Self.tracked)
      for (document, track) in zip(documents, Self.tracks) {
        let hit = try Self.only(try await index.search(SearchQuery(text: track.word)))
        try expectEqual(hit.track, document.transcript.track, "the track that says \(track.word)")
        let stored = try await index.transcript(
          of: video, languageCode: track.code, in: .default)
        try expectEqual(stored, document.transcript, "the transcript of \(track.code)")
        let places = try await index.places(
          PlacesQuery(video: video, languageCode: track.code, text: "shared"))
        try expectEqual(places?.track, document.transcript.track, "the track of places")
        try expectEqual(places?.moments.count, 1, "places in \(track.code)")
      }
      // A part of a code, or one in other letters, is none of the video's tracks.
      for code in ["de", "x-auto", "en-x", "EN", "zh-hant-tw", "en-x-auto-", ""] {
        let none = try await index.transcript(of: video, languageCode: code, in: .default)
        try expectEqual(none, nil, "the transcript of \(code.debugDescription)")
      }
      try expectEqual(
        try await index.write(documents, to: .default),
        Array(repeating: .unchanged, count: documents.count), "written again")
    },
    ConformanceCase("A language is found with all that is said to be of it, in any letters") {
      index in
      _ = try await index.write(Self.trackDocuments(), to: .default)
      try await index.refresh(.default)
      for (filter, wanted) in [
        ("en", ["en", "en-x-auto"]), ("en-x-auto", ["en-x-auto"]), ("EN-X-AUTO", ["en-x-auto"]),
        ("de", ["de-t-en", "de-t-en-x-auto"]), ("de-t-en", ["de-t-en", "de-t-en-x-auto"]),
        ("de-t-en-x-auto", ["de-t-en-x-auto"]), ("zh", ["zh-Hans-t-en", "zh-Hant-TW"]),
        ("zh-hant", ["zh-Hant-TW"]), ("zh-Hans-t", ["zh-Hans-t-en"]), ("es-419", ["es-419"]),
        ("sr-latn", ["sr-Latn"]), ("t", []), ("x-auto", []), ("en-x-aut", []), ("e", []),
      ] {
        try expectEqual(
          try await Self.codes("shared lang:\(filter)", index), wanted, "lang:\(filter)")
        try expectEqual(
          try await Self.codes(
            "shared", index, filters: SearchFilters(languageCodes: [filter])), wanted,
          "the filter \(filter)")
        let others = Self.tracks.map(\.code).filter { !wanted.contains($0) }.sorted()
        try expectEqual(
          try await Self.codes("shared -lang:\(filter)", index), others, "-lang:\(filter)")
      }
      try expectEqual(
        try await Self.codes("shared lang:sr lang:es", index), ["es-419", "sr-Latn"], "one of two")
      let facets = try await index.search(
        SearchQuery(text: "shared", facets: [.language], facetValues: 20)
      ).facets
      try expectEqual(
        facets.first?.values.map(\.value).sorted(),
        Self.tracks.map { $0.code.lowercased() }.sorted(),
        "the languages counted")
    },
    ConformanceCase("A track changes alone, and goes with its video") { index in
      var documents = Self.trackDocuments()
      _ = try await index.write(documents, to: .default)
      documents[1].transcript.segments[1].text = "understood better"
      documents[1].transcript.fetchedMilliseconds += 1
      let outcomes = try await index.write(documents, to: .default)
      try expectEqual(
        outcomes.map { $0 == .indexed }, documents.indices.map { $0 == 1 }, "which was written")
      try await index.refresh(.default)
      try expectEqual(try await Self.codes("recognized", index), [], "the old words")
      try expectEqual(try await Self.codes("understood", index), ["en-x-auto"], "the new words")
      try expectEqual(
        try await Self.codes("shared", index), Self.tracks.map(\.code).sorted(), "the tracks")
      let removed = try await index.remove([try Self.video(Self.tracked)], from: .default)
      try expectEqual(removed, documents.count, "removed")
    },
    ConformanceCase("A track's name is kept as it is, whatever it holds") { index in
      let names = [
        "", " ", "English (auto-generated)", "中文（台灣）", "עברית ‏(אוטומטי)", "e\u{301} é", "😀👨‍👩‍👧🇩🇪",
        "\"quoted\" \\ back\\slash /", "</script>&amp;<b>", "line\nbreak\r\n\ttab",
        "nul\u{0}inside",
        "\u{1}\u{1f}\u{7f}\u{85}\u{2028}\u{feff}", "\u{202e}reversed", "\u{fffd}\u{ffff}\u{10ffff}",
        "{\"index\":{}}\n{}", "' OR 1=1; --", String(repeating: "long ", count: 2_000),
      ]
      let documents = names.enumerated().map { number, name in
        var document = Corpus.document("n00000000\(number / 10)\(number % 10)", ["named words"])
        document.transcript.track.name = name
        return document
      }
      let outcomes = try await index.write(documents, to: .default)
      try expect(outcomes.allSatisfy { $0 == .indexed }, "not all are indexed: \(outcomes)")
      try await index.refresh(.default)
      let hits = try await index.search(SearchQuery(text: "named", pageSize: 100)).hits
      for (document, name) in zip(documents, names) {
        let id = document.transcript.video.id
        let hit = hits.first { $0.video.id == id }
        let stored = try await index.transcript(of: id, languageCode: "en", in: .default)
        // As scalars: for a String two spellings of one letter are the same.
        for found in [hit?.track.name, stored?.track.name] {
          try expectEqual(
            found.map { Array($0.unicodeScalars) }, Array(name.unicodeScalars),
            "the name \(name.prefix(40).debugDescription)")
        }
      }
      var renamed = documents[0]
      renamed.transcript.track.name = "Another name"
      try expectEqual(
        try await index.write([renamed, documents[1]], to: .default), [.indexed, .unchanged],
        "what has another name is written anew")
    },
    ConformanceCase("A language code that is none is kept too, and harms no other document") {
      index in
      let codes = [
        "", "-", "--", "en-", "-en", "en--x", "EN_us", "a.en", "x\"y\\z", "en:de", "de t en", "語",
        "😀",
        "İ", "en\u{0}x", "a\nb", "../../..", "%2F", "*", "en*", "e\u{301}", "\u{2063}l656e",
        String(repeating: "x", count: 200),
      ]
      let documents = codes.enumerated().map { number, code in
        Corpus.document(
          "c00000000\(number / 10)\(number % 10)", ["coded words number\(number)"], language: code)
      }
      let outcomes = try await index.write(documents, to: .default)
      try expect(outcomes.allSatisfy { $0 == .indexed }, "not all are indexed: \(outcomes)")
      try await index.refresh(.default)
      for (number, (document, code)) in zip(documents, codes).enumerated() {
        let what = code.prefix(40).debugDescription
        let id = document.transcript.video.id
        let hit = try Self.only(try await index.search(SearchQuery(text: "number\(number)")))
        try expectEqual(hit.video.id, id, "the video in \(what)")
        let stored = try await index.transcript(of: id, languageCode: code, in: .default)
        for found in [hit.track.languageCode, stored?.track.languageCode] {
          try expectEqual(
            found.map { Array($0.unicodeScalars) }, Array(code.unicodeScalars), "the code \(what)")
        }
        // What the filter is given beside the text needs no quotes.
        guard !code.isEmpty else { continue }
        let found = try await index.search(
          SearchQuery(
            text: "coded", pageSize: 100, filters: SearchFilters(languageCodes: [code]))
        ).hits.map(\.video.id)
        try expect(found.contains(id), "the filter \(what) does not find it")
      }
      try expectEqual(
        try await index.write(documents, to: .default),
        Array(repeating: .unchanged, count: documents.count), "written again")
      try await index.verify(.default)
    },
  ]
}
