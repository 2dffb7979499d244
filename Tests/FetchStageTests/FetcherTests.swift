import API
import FetchStage
import RPC
import Testing
import Transcripts

@Suite("Fetcher service")
struct FetcherTests {
  let source = ScriptedSource()

  private func listing(_ id: String, cursor: String = "") async throws
    -> [FetcherListPlaylistResponse]
  {
    var request = FetcherListPlaylistRequest()
    request.sourceId = id
    request.cursor = cursor
    let sent = Sent()
    try await Fetcher(source: self.source).listPlaylist(
      request, responses: RPCResponses { await sent.add($0) },
      context: RPCContext(service: "", method: "", peer: RPCPeer()))
    return await sent.responses
  }

  private actor Sent {
    private(set) var responses: [FetcherListPlaylistResponse] = []
    func add(_ response: FetcherListPlaylistResponse) { self.responses.append(response) }
  }

  private func page(_ number: Int, next: Int?) -> PlaylistPage {
    PlaylistPage(
      items: [PlaylistItem(video: Video(id: .test(number)))], cursor: next.map { String($0) })
  }

  @Test("A playlist is sent page by page to its end")
  func pages() async throws {
    await self.source.setPages([page(0, next: 1), page(1, next: 2), page(2, next: nil)])
    let responses = try await self.listing("PL0123456789")
    #expect(responses.map(\.cursor) == ["1", "2", ""])
    #expect(responses.map { $0.items.first?.video?.id } == (0...2).map { VideoID.test($0).text })
  }

  @Test("A listing goes on at a cursor")
  func cursor() async throws {
    await self.source.setPages([page(0, next: 1), page(1, next: nil)])
    #expect(try await self.listing("PL0123456789", cursor: "1").count == 1)
  }

  @Test("A page that leads to itself ends the listing with an error")
  func loop() async {
    await self.source.setPages([page(0, next: 1), page(1, next: 1)])
    await #expect(
      throws: RPCError(.unavailable, "The playlist's next page is the same page again.")
    ) {
      try await self.listing("PL0123456789")
    }
  }

  @Test("What is not the canonical form of a source is refused")
  func badSource() async {
    await #expect {
      try await self.listing("https://youtube.com/x")
    } throws: {
      ($0 as? RPCError)?.code == .invalidArgument
    }
  }

  @Test("A transcript's error becomes a status with its words and its wait")
  func errors() async {
    await self.source.fail(
      .test(1), with: FetchError(.throttled, "come back", retryAfter: .seconds(9)))
    var request = FetcherFetchTranscriptRequest()
    request.videoId = VideoID.test(1).text
    let sent = request
    await #expect(throws: RPCError(.resourceExhausted, "come back", retryAfter: .seconds(9))) {
      try await Fetcher(source: self.source).fetchTranscript(
        sent, context: RPCContext(service: "", method: "", peer: RPCPeer()))
    }
  }
}
