import API
import APIConversions
import IndexStage
import RPC
import Search
import Testing
import Transcripts

@Suite("Indexer service")
struct IndexerTests {
  let index = ScriptedIndex()
  let context = RPCContext(service: "", method: "", peer: RPCPeer())

  var indexer: Indexer { Indexer(index: self.index) }

  func search(_ change: (inout APISearchQuery) -> Void) async throws -> APISearchResults? {
    var request = IndexerSearchRequest()
    var query = APISearchQuery()
    change(&query)
    request.query = query
    return try await self.indexer.search(request, context: self.context).results
  }

  @Test(
    "A query reaches the index with all its fields, and with defaults for those that are not set")
  func query() async throws {
    await self.index.setAnswer(
      .success(
        SearchResults(hits: [], total: 0, totalIsExact: true, nextPageToken: nil, took: .zero)))
    _ = try await self.search { $0.text = "cat" }
    _ = try await self.search {
      $0.text = "dog"
      $0.pageSize = 7
      $0.pageToken = "next"
      $0.momentsPerHit = 2
      $0.order = .oldest
      $0.languageCodes = ["pt-BR"]
      $0.channelIds = ["UCa"]
      $0.playlistIds = ["PLa"]
      $0.videoIds = [VideoID.test(1).text]
      $0.kind = .automatic
    }
    #expect(
      await self.index.queries == [
        SearchQuery(text: "cat"),
        SearchQuery(
          text: "dog", pageSize: 7, pageToken: "next", momentsPerHit: 2, order: .oldest,
          filters: SearchFilters(
            languageCodes: ["pt-BR"], channelIDs: ["UCa"], playlistIDs: ["PLa"],
            videoIDs: [.test(1)], kind: .automatic)),
      ])
  }

  @Test("Hits come back with their moments, highlights and links")
  func hits() async throws {
    let hit = SearchHit(
      video: Video(id: .test(1), title: "A title", publishedMilliseconds: 1500),
      track: CaptionTrack(languageCode: "en", name: "English", kind: .manual), score: 2.5,
      moments: [Moment(startMilliseconds: 61_999, text: "hello there", highlights: [6..<11])])
    await self.index.setAnswer(
      .success(
        SearchResults(
          hits: [hit], total: 12, totalIsExact: false, nextPageToken: "more",
          took: .microseconds(1234))))
    let results = try #require(try await self.search { $0.text = "there" })
    #expect(results.total == 12)
    #expect(!results.totalIsExact)
    #expect(results.nextPageToken == "more")
    #expect(results.tookUs == 1234)
    let found = try #require(results.hits.first)
    #expect(found.video?.id == VideoID.test(1).text)
    #expect(found.track?.kind == .manual)
    #expect(found.score == 2.5)
    let moment = try #require(found.moments.first)
    #expect(moment.startMs == 61_999)
    #expect(moment.url == "https://youtu.be/video-00001?t=61")
    #expect(moment.highlights.map(\.start) == [6])
    #expect(moment.highlights.map(\.length) == [5])
  }

  @Test(
    "Each error of the index is a status, with the same words",
    arguments: [
      (SearchError.Code.invalidQuery, RPCStatusCode.invalidArgument),
      (.invalidPageToken, .invalidArgument), (.timedOut, .deadlineExceeded),
      (.storageFull, .resourceExhausted), (.corrupted, .dataLoss),
      (.misconfigured, .failedPrecondition), (.unavailable, .unavailable),
    ])
  func errors(code: SearchError.Code, status: RPCStatusCode) async {
    await self.index.setAnswer(.failure(SearchError(code, "What to do.")))
    await #expect(throws: RPCError(status, "What to do.")) {
      try await self.search { $0.text = "cat" }
    }
  }

  @Test("What cannot be asked is refused by the name of its field, before the index is")
  func refused() async {
    let queries: [(String, @Sendable (inout APISearchQuery) -> Void)] = [
      ("query.video_ids", { $0.videoIds = ["no id"] }),
      ("query.kind", { $0.kind = .unrecognized(9) }),
      ("query.order", { $0.order = .unrecognized(9) }),
    ]
    for (field, change) in queries {
      await #expect {
        try await self.search(change)
      } throws: {
        guard let error = $0 as? RPCError else { return false }
        return error.code == .invalidArgument && error.message.hasPrefix(field)
      }
    }
    #expect(await self.index.queries.isEmpty)
  }

  @Test("A transcript is read by video and language; one that is not there is not found")
  func transcripts() async throws {
    _ = try await self.index.write(
      [
        IndexDocument(transcript: .test(.test(1)), playlistIDs: [])
      ], to: .default)
    func transcript(_ id: String, _ language: String = "") async throws -> APITranscript? {
      var request = IndexerGetTranscriptRequest()
      request.videoId = id
      request.languageCode = language
      return try await self.indexer.getTranscript(request, context: self.context).transcript
    }
    for language in ["", "en"] {
      let found = try #require(try await transcript(VideoID.test(1).text, language))
      #expect(try Transcript(found) == .test(.test(1)))
    }
    for (id, language, status) in [
      (VideoID.test(1).text, "de", RPCStatusCode.notFound), (VideoID.test(2).text, "", .notFound),
      ("no id", "", .invalidArgument),
    ] {
      await #expect {
        _ = try await transcript(id, language)
      } throws: {
        ($0 as? RPCError)?.code == status
      }
    }
  }

  @Test("How much is indexed")
  func statistics() async throws {
    _ = try await self.index.write(
      [
        IndexDocument(transcript: .test(.test(1)), playlistIDs: [])
      ], to: .default)
    let response = try await self.indexer.getIndexStats(
      IndexerGetIndexStatsRequest(), context: self.context)
    #expect(response.documents == 1)
    #expect(response.videos == 1)
    #expect(response.sizeBytes == 42)
    #expect(response.backend == "scripted")
    #expect(response.shards == 3)
  }
}
