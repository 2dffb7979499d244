import Search
import Testing
import Transcripts

@testable import SQLiteIndex

@Suite("Beside searching")
struct BrowsingTests {
  @Test("Facets count all documents that match, the most frequent values first")
  func facets() async throws {
    try await withIndex { index in
      let year: Int64 = 365 * 86_400_000
      _ = try await index.write([
        Corpus.document(
          1, texts: ["hello"], channel: "UCa", language: "en", kind: .manual, published: year / 2,
          playlists: ["PLa", "PLb"]),
        Corpus.document(
          2, texts: ["hello you"], channel: "UCb", language: "pt-BR", published: year * 3 / 2,
          playlists: ["PLb"]),
        Corpus.document(3, texts: ["hello"], channel: "UCa", published: year / 2),
        Corpus.document(4, texts: ["other"], channel: "UCc", published: year / 2),
      ])
      var query = SearchQuery(text: "hello", pageSize: 1, facets: FacetField.allCases)
      let first = try await index.search(query)
      func values(_ field: FacetField) -> [String] {
        (first.facets.first { $0.field == field }?.values ?? []).map {
          "\($0.value) \($0.documents)"
        }
      }
      #expect(first.facets.map(\.field) == FacetField.allCases)
      #expect(values(.channel) == ["UCa 2", "UCb 1"])
      #expect(values(.playlist) == ["PLb 2", "PLa 1"])
      #expect(values(.language) == ["en 2", "pt-br 1"])
      #expect(values(.kind) == ["automatic 2", "manual 1"])
      #expect(values(.year) == ["1970 2", "1971 1"])
      #expect(first.facets.first?.values.first?.label.isEmpty == false)
      query.pageToken = first.nextPageToken
      #expect(try await index.search(query).facets == [])
      query.pageToken = nil
      query.facetValues = 1
      query.order = .newest
      query.filters.channelIDs = ["UCb"]
      #expect(
        try await index.search(query).facets.first?.values.map(\.value) == ["UCb"])
    }
  }

  @Test("What finds nothing is told what was meant, if that finds something")
  func didYouMean() async throws {
    try await withFolder { folder in
      var configuration = SQLiteIndexConfiguration(folder: folder)
      configuration.suggestionTimeout = .seconds(60)
      let index = try await SQLiteIndex.open(configuration)
      _ = try await index.write([
        Corpus.document(1, texts: ["the quick brown fox"]),
        Corpus.document(2, texts: ["lazy dogs"]),
      ])
      func meant(_ text: String) async throws -> String? {
        try await index.search(SearchQuery(text: text)).didYouMean
      }
      #expect(try await meant("qucik brwon") == "quick brown")
      #expect(try await meant("\"quick borwn\" channel:UCone") == "\"quick brown\" channel:UCone")
      // Both words are there, but not together: nothing is misspelt.
      #expect(try await meant("quick lazy") == nil)
      // Better words would find nothing either.
      #expect(try await meant("qucik lazy") == nil)
      #expect(try await meant("quick") == nil)
      await index.close()
    }
  }

  @Test("What is being typed is completed with the words of the index, frequent ones first")
  func suggestions() async throws {
    try await withIndex { index in
      _ = try await index.write([
        Corpus.document(1, texts: ["hello help"]), Corpus.document(2, texts: ["Hello héros"]),
        Corpus.document(3, texts: ["hello"], channel: "UChe", playlists: ["PLhe"]),
      ])
      let found = try await index.suggestions(SuggestionsQuery(text: "oh, He"))
      #expect(found.map(\.text) == ["oh, hello", "oh, help", "oh, heros"])
      #expect(found.map(\.documents) == [3, 1, 1])
      #expect(try await index.suggestions(SuggestionsQuery(text: "he", limit: 1)).count == 1)
      #expect(try await index.suggestions(SuggestionsQuery(text: "xyz")) == [])
      await #expect(throws: SearchError.self) {
        try await index.suggestions(SuggestionsQuery(text: "he", limit: 51))
      }
    }
  }

  @Test("Every place in one video, in order of time, page by page")
  func places() async throws {
    try await withIndex { index in
      let texts = (0..<250).map { $0 % 2 == 0 ? "say cat and Cats again" : "nothing \($0)" }
      _ = try await index.write([
        Corpus.document(1, texts: texts), Corpus.document(2, texts: ["a cat"]),
        Corpus.document(1, texts: ["gato cat"], language: "pt", kind: .manual),
      ])
      var query = PlacesQuery(
        video: Corpus.videoID(1), languageCode: "en", text: "cat say", pageSize: 100)
      var moments: [Moment] = []
      repeat {
        let page = try #require(try await index.places(query))
        #expect(page.total == 125)
        #expect(page.totalIsExact)
        moments += page.moments
        query.pageToken = page.nextPageToken
      } while query.pageToken != nil
      #expect(moments.count == 125)
      #expect(moments.map(\.startMilliseconds) == moments.map(\.startMilliseconds).sorted())
      #expect(moments[3].text == "say cat and Cats again")
      #expect(moments[3].highlighted == ["say", "cat", "Cats"])
      func total(_ text: String, _ language: String?, _ forms: WordForms = .exact) async throws
        -> Int?
      {
        try await index.places(
          PlacesQuery(
            video: Corpus.videoID(1), languageCode: language, text: text, wordForms: forms))?.total
      }
      #expect(try await total("\"again nothing\"", "en") == 125)
      #expect(try await total("cat", nil) == 1)
      #expect(try await total("cat zebra", "en") == 0)
      #expect(try await total("cat -say", "en") == 0)
      #expect(try await total("cat", "de") == nil)
      #expect(
        try await index.places(PlacesQuery(video: Corpus.videoID(9), text: "cat")) == nil)
    }
  }

  @Test("All documents come once over the pages, with filters or without, from all shards")
  func documents() async throws {
    try await withFolder { folder in
      let first = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      let second = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      var written: [IndexDocument] = []
      for number in 0..<70 {
        let document = Corpus.document(
          number, texts: ["text \(number)", "e\u{301}"], channel: "UC\(number % 2)",
          published: Int64(number), playlists: ["PL\(number % 3)"])
        _ = try await (number % 3 == 0 ? first : second).write([document])
        written.append(document)
      }
      func all(_ filters: SearchFilters) async throws -> Set<IndexDocument> {
        var query = DocumentsQuery(filters: filters, pageSize: 9)
        var found: [IndexDocument] = []
        repeat {
          let page = try await first.documents(query)
          found += page.documents
          query.cursor = page.nextCursor
        } while query.cursor != nil
        #expect(Set(found).count == found.count)
        return Set(found)
      }
      #expect(try await all(SearchFilters()) == Set(written))
      #expect(
        try await all(SearchFilters(channelIDs: ["UC1"], playlistIDs: ["PL0", "PL1"]))
          == Set(written.enumerated().filter { $0.0 % 2 == 1 && $0.0 % 3 != 2 }.map(\.1)))
      #expect(
        try await all(SearchFilters(publishedFrom: 10, publishedBefore: 20))
          == Set(written[10..<20]))
      #expect(try await all(SearchFilters(publishedFrom: 10, publishedBefore: 5)) == [])
      let page = try await first.documents(DocumentsQuery(pageSize: 1))
      await #expect(throws: SearchError.self) {
        try await first.documents(
          DocumentsQuery(filters: SearchFilters(channelIDs: ["UC1"]), cursor: page.nextCursor))
      }
      await first.close()
      await second.close()
    }
  }

  @Test("Videos go into playlists and out of them without a new transcript")
  func playlists() async throws {
    try await withIndex { index in
      _ = try await index.write([
        Corpus.document(1, texts: ["hello"], playlists: ["PLa"]),
        Corpus.document(2, texts: ["hello"], playlists: ["PLa", "PLb"]),
      ])
      let videos = [1, 2, 3].map { Corpus.videoID($0) }
      func inPlaylist(_ playlist: String) async throws -> Int {
        try await index.search(
          SearchQuery(text: "hello", filters: SearchFilters(playlistIDs: [playlist]))
        ).total
      }
      #expect(
        try await index.changePlaylists(
          of: videos, adding: ["PLb"], removing: ["PLa"], in: .default) == 2)
      #expect(try await inPlaylist("PLa") == 0)
      #expect(try await inPlaylist("PLb") == 2)
      #expect(
        try await index.changePlaylists(
          of: videos, adding: ["PLb"], removing: ["PLa"], in: .default) == 0)
      try await index.verify()
    }
  }

  @Test("What was fetched earlier does not replace what is newer, but its playlists count")
  func olderContent() async throws {
    try await withIndex { index in
      var new = Corpus.document(1, texts: ["new"], playlists: ["PLa"])
      new.transcript.fetchedMilliseconds = 2000
      var old = Corpus.document(1, texts: ["old"], channel: "UCother", playlists: ["PLb"])
      old.transcript.fetchedMilliseconds = 1000
      #expect(try await index.write([new]) == [.indexed])
      #expect(try await index.write([old]) == [.indexed])
      #expect(try await index.write([old]) == [.unchanged])
      #expect(try await index.search(SearchQuery(text: "old")).total == 0)
      let query = SearchQuery(text: "new channel:UCone playlist:PLb")
      #expect(try await index.search(query).total == 1)
      try await index.verify()
    }
  }

  @Test("A date filter holds in every order, and in totals")
  func dates() async throws {
    try await withIndex { index in
      _ = try await index.write(
        (0..<50).map { Corpus.document($0, texts: ["hello"], published: Int64($0) - 10) })
      for order in [SearchOrder.relevance, .newest, .oldest] {
        let results = try await index.search(
          SearchQuery(
            text: "hello", pageSize: 5, order: order,
            filters: SearchFilters(publishedFrom: -5, publishedBefore: 20)))
        #expect(results.total == 25)
        let dates = results.hits.compactMap(\.video.publishedMilliseconds)
        if order == .newest { #expect(dates == [19, 18, 17, 16, 15]) }
        if order == .oldest { #expect(dates == [-5, -4, -3, -2, -1]) }
      }
    }
  }
}
