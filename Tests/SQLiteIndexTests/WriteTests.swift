import Foundation
import Search
internal import TestRandom
import Testing
import Transcripts

@testable import SQLiteIndex

@Suite("Writing")
struct WriteTests {
  @Test("A transcript comes back exactly as it was written")
  func roundTrip() async throws {
    try await withIndex { index in
      var document = Corpus.document(
        1,
        [
          Segment(startMilliseconds: 0, durationMilliseconds: 0, text: " Line one\nline two "),
          Segment(startMilliseconds: 50, durationMilliseconds: -3, text: "🎉"),
          Segment(startMilliseconds: 40, durationMilliseconds: 7000, text: "e\u{301}部\u{0}x"),
        ], title: "Ünïcode \u{0} \"title\"")
      document.transcript.track.translatedFrom = "de"
      document.transcript.video.publishedMilliseconds = nil
      document.transcript.selectionReason = "the only one"
      #expect(try await index.write([document]) == [.indexed])
      let read = try await index.transcript(of: Corpus.videoID(1), languageCode: nil)
      #expect(read == document.transcript)
      #expect(try await index.transcript(of: Corpus.videoID(2), languageCode: nil) == nil)
      #expect(try await index.transcript(of: Corpus.videoID(1), languageCode: "fr") == nil)
    }
  }

  @Test("The same content again is unchanged; another text replaces the old one without a trace")
  func replace() async throws {
    try await withIndex { index in
      let old = Corpus.document(1, texts: ["an elephant walks"])
      var new = Corpus.document(1, texts: ["a zebra walks", "and walks"])
      #expect(try await index.write([old]) == [.indexed])
      #expect(try await index.write([old]) == [.unchanged])
      new.transcript.fetchedMilliseconds += 1
      #expect(try await index.write([new]) == [.indexed])
      #expect(try await index.find("elephant").isEmpty)
      #expect(try await index.find("zebra walks").count == 1)
      #expect(try await index.statistics().documents == 1)
      try await index.verify()
    }
  }

  @Test("The same video twice in one batch: the last one stays")
  func twiceInABatch() async throws {
    try await withIndex { index in
      let outcomes = try await index.write([
        Corpus.document(1, texts: ["first version"]), Corpus.document(1, texts: ["second version"]),
        Corpus.document(1, texts: ["second version"]),
      ])
      #expect(outcomes.prefix(2) == [.indexed, .indexed])
      #expect(try await index.find("first").isEmpty)
      #expect(try await index.find("second").count == 1)
      #expect(try await index.statistics().documents == 1)
      try await index.verify()
    }
  }

  @Test(
    "Two languages of a video are two documents; a new kind of track in one language replaces the old"
  )
  func tracks() async throws {
    try await withIndex { index in
      _ = try await index.write([
        Corpus.document(1, texts: ["hello"], language: "en", kind: .automatic),
        Corpus.document(1, texts: ["hallo"], language: "de", kind: .manual),
      ])
      let statistics = try await index.statistics()
      #expect(statistics.documents == 2)
      #expect(statistics.videos == 1)
      let best = try await index.transcript(of: Corpus.videoID(1), languageCode: nil)
      #expect(best?.track.languageCode == "de")
      _ = try await index.write([Corpus.document(1, texts: ["hello"], kind: .manual)])
      #expect(try await index.statistics().documents == 2)
    }
  }

  @Test("Playlists add up, and are found without touching the text")
  func playlists() async throws {
    try await withIndex { index in
      let texts = ["hello there"]
      #expect(
        try await index.write([Corpus.document(1, texts: texts, playlists: ["PLa"])]) == [.indexed])
      #expect(
        try await index.write([Corpus.document(1, texts: texts, playlists: ["PLb"])]) == [.indexed])
      #expect(
        try await index.write([Corpus.document(1, texts: texts, playlists: ["PLa", "PLb"])])
          == [.unchanged])
      for playlist in ["PLa", "PLb"] {
        let query = SearchQuery(text: "hello", filters: SearchFilters(playlistIDs: [playlist]))
        #expect(try await index.search(query).total == 1)
      }
      #expect(
        try await index.search(
          SearchQuery(text: "hello", filters: SearchFilters(playlistIDs: ["pla"]))
        ).total == 0)
      try await index.verify()
    }
  }

  @Test("A document that cannot be stored is rejected, and the others are written")
  func rejected() async throws {
    try await withIndex { index in
      var long = Corpus.document(2, texts: ["x"])
      long.transcript.video.title = String(repeating: "x", count: 100_000)
      let outcomes = try await index.write([
        Corpus.document(1, []), long, Corpus.document(3, texts: ["fine"]),
      ])
      guard case .rejected = outcomes[0], case .rejected = outcomes[1] else {
        Issue.record("\(outcomes)")
        return
      }
      #expect(outcomes[2] == .indexed)
      #expect(try await index.statistics().documents == 1)
    }
  }

  @Test("Fields with odd characters neither mix up tracks nor playlists")
  func oddFields() async throws {
    try await withIndex { index in
      for text in ["first", "second"] {
        _ = try await index.write([
          Corpus.document(
            1, texts: [text], channel: "U\"C", language: "e\u{0}n",
            playlists: ["a\nb", "", "c\u{0}d"]),
          Corpus.document(1, texts: [text + " too"], language: "e"),
        ])
      }
      #expect(try await index.statistics().documents == 2)
      #expect(try await index.find("first").isEmpty)
      let query = SearchQuery(
        text: "second", filters: SearchFilters(languageCodes: ["e\u{0}n"], playlistIDs: ["c\u{0}d"])
      )
      #expect(try await index.search(query).total == 1)
      try await index.verify()
    }
  }

  @Test("A transcript of a day and more is written, found at its end, and comes back")
  func longTranscript() async throws {
    try await withIndex { index in
      var texts = [String](repeating: "so they said it again", count: 30_000)
      texts[29_999] = "and then the end came"
      let document = Corpus.document(1, texts: texts)
      _ = try await index.write([document])
      let hit = try await index.search(SearchQuery(text: "\"again and then\"")).hits.first
      let start: Int64 = 29_998 * 5000
      #expect(hit?.moments.first?.startMilliseconds == start)
      #expect(try await index.find("said").count == 1)
      let read = try await index.transcript(of: Corpus.videoID(1), languageCode: nil)
      #expect(read == document.transcript)
    }
  }

  @Test("A removed video is gone from searches, and the rest stays whole")
  func remove() async throws {
    try await withIndex { index in
      _ = try await index.write((1...20).map { Corpus.document($0, texts: ["hello \($0)"]) })
      #expect(
        try await index.remove([Corpus.videoID(3), Corpus.videoID(3), Corpus.videoID(99)]) == 1)
      #expect(try await index.find("hello").count == 19)
      #expect(try await index.transcript(of: Corpus.videoID(3), languageCode: nil) == nil)
      try await index.verify()
      try await index.optimize()
      #expect(try await index.find("hello").count == 19)
    }
  }

  @Test("Random writes, replacements and removals leave an index that agrees with its content")
  func randomHistory() async throws {
    try await withIndex { index in
      var corpus = Corpus(seed: 5, vocabulary: 500)
      var random = SeededRandom(seed: 6)
      var expected: [Int: IndexDocument] = [:]
      for _ in 0..<30 {
        let batch = (0..<10).map { _ -> IndexDocument in
          let number = Int.random(in: 0..<40, using: &random)
          let document = corpus.document(
            number, words: 60, playlists: ["PL\(Int.random(in: 0..<3, using: &random))"])
          expected[number] = document
          return document
        }
        _ = try await index.write(batch)
        let gone = Int.random(in: 0..<40, using: &random)
        expected[gone] = nil
        try await index.remove([Corpus.videoID(gone)])
      }
      try await index.verify()
      #expect(try await index.statistics().documents == expected.count)
      for (number, document) in expected {
        let read = try await index.transcript(of: Corpus.videoID(number), languageCode: nil)
        #expect(read == document.transcript)
      }
    }
  }

  @Test("What was written is there when the index is opened again")
  func reopen() async throws {
    try await withFolder { folder in
      let configuration = SQLiteIndexConfiguration(folder: folder)
      do {
        let index = try await SQLiteIndex.open(configuration)
        _ = try await index.write([Corpus.document(1, texts: ["hello"])])
        await index.close()
        await #expect(throws: SearchError.self) {
          try await index.write([Corpus.document(2, texts: ["x"])])
        }
      }
      let index = try await SQLiteIndex.open(configuration)
      #expect(try await index.find("hello").count == 1)
      #expect(try await index.statistics().shards == 1)
      await index.close()
    }
  }
}

extension WriteTests {
  @Test("Texts in ASCII and beyond are taken out again exactly as they were put in")
  func takenOut() async throws {
    try await withIndex { index in
      let texts = [
        ["Plain text, don't split it.", "  "], ["Caf\u{E9} 部屋 Straße", "plain"], ["\u{1F600}"],
        ["..."], ["ﬁne", "x86 \u{AD}"],
      ]
      for round in 0..<texts.count {
        let documents = texts.indices.map {
          Corpus.document($0, texts: texts[($0 + round) % texts.count] + ["round \(round)"])
        }
        #expect(
          try await index.write(documents) == [IndexOutcome](repeating: .indexed, count: 5))
        try await index.verify()
        #expect(try await index.find("round").count == 5)
        #expect(try await index.find("\"round \(round - 1)\"") == [])
      }
      _ = try await index.remove(texts.indices.map { Corpus.videoID($0) })
      try await index.verify()
      #expect(try await index.find("round") == [])
    }
  }
}
