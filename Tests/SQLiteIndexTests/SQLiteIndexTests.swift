internal import Foundation
internal import SQLiteIndex
internal import Search
internal import Testing
internal import Transcripts

@Suite("The index on SQLite")
struct SQLiteIndexTests {
  /// The words of `text`, three to a segment, a second each.
  private func document(
    _ id: String, _ text: String, playlists: [String] = ["PLBB231211A4F62143"],
    language: String = "en", title: String = ""
  ) throws -> IndexDocument {
    let words = text.split(separator: " ")
    let segments = stride(from: 0, to: words.count, by: 3).map { start in
      Segment(
        startMilliseconds: Int64(start / 3) * 1000, durationMilliseconds: 1000,
        text: words[start..<min(start + 3, words.count)].joined(separator: " "))
    }
    return IndexDocument(
      transcript: Transcript(
        video: Video(id: try #require(VideoID(id)), title: title),
        track: CaptionTrack(languageCode: language, name: language, kind: .manual),
        segments: segments, fetchedMilliseconds: 1),
      playlistIDs: playlists)
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "verbatim-index-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }  // A leftover folder harms nobody.
    try await body(folder.path)
  }

  private func open(_ folder: String) async throws -> SQLiteIndex {
    try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
  }

  @Test("A phrase across the border of two segments is found, with the second it begins in")
  func phraseAcrossBorder() async throws {
    try await self.withFolder { folder in
      let index = try await self.open(folder)
      let text = "one two three four five six seven eight nine ten eleven twelve"
      #expect(try await index.write([self.document("aaaaaaaaaaa", text)]) == [.indexed])
      let results = try await index.search(SearchQuery(text: "\"six seven\""))
      #expect(results.total == 1 && results.totalIsExact)
      let moment = try #require(results.hits.first?.moments.first)
      let scalars = Array(moment.text.unicodeScalars)
      let marked = moment.highlights.map { range in
        String(String.UnicodeScalarView(scalars[range]))
      }
      #expect(marked.joined(separator: " ") == "six seven")
      #expect(moment.startMilliseconds <= 1000)
      await index.close()
    }
  }

  @Test("Words, excluded words, prefixes, alternatives and filters")
  func queries() async throws {
    try await self.withFolder { folder in
      let index = try await self.open(folder)
      _ = try await index.write([
        self.document("aaaaaaaaaaa", "the milky way is a galaxy"),
        self.document("bbbbbbbbbbb", "the milky tea is hot", playlists: ["PLother0000000000"]),
        self.document("ccccccccccc", "der Weg ist weit", language: "de"),
      ])
      func found(_ text: String) async throws -> Set<String> {
        Set(try await index.search(SearchQuery(text: text)).hits.map(\.video.id.text))
      }
      #expect(try await found("milky") == ["aaaaaaaaaaa", "bbbbbbbbbbb"])
      #expect(try await found("milky -tea") == ["aaaaaaaaaaa"])
      #expect(try await found("galax*") == ["aaaaaaaaaaa"])
      #expect(try await found("galaxy OR weit") == ["aaaaaaaaaaa", "ccccccccccc"])
      #expect(try await found("milky hot galaxy").isEmpty)
      #expect(try await found("milky playlist:PLother0000000000") == ["bbbbbbbbbbb"])
      #expect(try await found("weg lang:de") == ["ccccccccccc"])
      await index.close()
    }
  }

  @Test("The same content again changes nothing; other content replaces the old")
  func replace() async throws {
    try await self.withFolder { folder in
      let index = try await self.open(folder)
      let first = try self.document("aaaaaaaaaaa", "old words here")
      #expect(try await index.write([first]) == [.indexed])
      #expect(try await index.write([first]) == [.unchanged])
      #expect(try await index.write([self.document("aaaaaaaaaaa", "new words here")]) == [.indexed])
      #expect(try await index.search(SearchQuery(text: "old")).total == 0)
      #expect(try await index.search(SearchQuery(text: "new")).total == 1)
      #expect(try await index.statistics().documents == 1)
      try await index.verify()
      await index.close()
    }
  }

  @Test("A transcript comes back as it went in")
  func transcript() async throws {
    try await self.withFolder { folder in
      let index = try await self.open(folder)
      let document = try self.document("aaaaaaaaaaa", "Grüße, 世界 😀 don't stop", title: "Títle")
      _ = try await index.write([document])
      let video = try #require(VideoID("aaaaaaaaaaa"))
      #expect(try await index.transcript(of: video, languageCode: nil) == document.transcript)
      #expect(try await index.transcript(of: video, languageCode: "fr") == nil)
      await index.close()
    }
  }

  @Test("Two indexers share a folder: either answers for both, and a video is never there twice")
  func shards() async throws {
    try await self.withFolder { folder in
      let one = try await self.open(folder)
      let two = try await self.open(folder)
      _ = try await one.write([self.document("aaaaaaaaaaa", "shared words one")])
      _ = try await two.write([self.document("bbbbbbbbbbb", "shared words two")])
      _ = try await two.write([self.document("aaaaaaaaaaa", "shared words newer")])
      for index in [one, two] {
        let results = try await index.search(SearchQuery(text: "shared"))
        #expect(Set(results.hits.map(\.video.id.text)) == ["aaaaaaaaaaa", "bbbbbbbbbbb"])
        #expect(results.total == 2)
        #expect(try await index.search(SearchQuery(text: "one")).total == 0)
      }
      await one.close()
      await two.close()
    }
  }
}
