import API
import GatewayStage
import RPC
import RPCTestKit
import Synchronization
import Testing
import Transcripts

/// A fetcher that sends prepared responses, then an error if there is one.
private struct ScriptedFetcher: FetcherService {
  var responses: [FetcherListPlaylistResponse] = []
  var error: RPCError?

  func listPlaylist(
    _ request: FetcherListPlaylistRequest, responses: RPCResponses<FetcherListPlaylistResponse>,
    context: RPCContext
  ) async throws {
    for response in self.responses { try await responses.send(response) }
    if let error { throw error }
  }

  func fetchTranscript(
    _ request: FetcherFetchTranscriptRequest, context: RPCContext
  ) async throws -> FetcherFetchTranscriptResponse {
    throw RPCError(.unimplemented, "not asked by the gateway")
  }
}

@Suite("Playlists from a fetcher")
struct FetcherPlaylistsTests {
  private func response(_ id: String, cursor: String) -> FetcherListPlaylistResponse {
    var item = FetcherPlaylistItem()
    item.video = APIVideo()
    item.video?.id = id
    var response = FetcherListPlaylistResponse()
    response.items = [item]
    response.cursor = cursor
    return response
  }

  /// The videos that were received, and the error that ended the listing.
  private func listing(_ fetcher: ScriptedFetcher) async -> (videos: [String], error: FetchError?) {
    let received = Received()
    do {
      try await FetcherPlaylists(FetcherClient(ServiceChannel(service: fetcher)))
        .pages(of: .playlist("PL0123456789"), from: nil) { page in
          await received.add(page.items.map(\.video.id.text))
        }
      return (await received.videos, nil)
    } catch {
      return (await received.videos, error as? FetchError)
    }
  }

  private actor Received {
    private(set) var videos: [String] = []
    func add(_ videos: [String]) { self.videos += videos }
  }

  @Test("Pages arrive in order")
  func pages() async {
    let listing = await self.listing(
      ScriptedFetcher(responses: [
        self.response("aaaaaaaaaaa", cursor: "2"), self.response("bbbbbbbbbbb", cursor: ""),
      ]))
    #expect(listing.videos == ["aaaaaaaaaaa", "bbbbbbbbbbb"])
    #expect(listing.error == nil)
  }

  @Test("A listing waits for a fetcher while none can be reached")
  func waits() async throws {
    let waits = Mutex(false)
    let channel = ServiceChannel(
      service: ScriptedFetcher(responses: [self.response("aaaaaaaaaaa", cursor: "")])
    ) { options in waits.withLock { $0 = options.waitForReady } }
    try await FetcherPlaylists(FetcherClient(channel))
      .pages(of: .playlist("PL0123456789"), from: nil) { _ in }
    #expect(waits.withLock { $0 })
  }

  @Test("A stream that ends before the last page is an error, never a short playlist")
  func cut() async {
    let listing = await self.listing(
      ScriptedFetcher(responses: [self.response("aaaaaaaaaaa", cursor: "2")]))
    #expect(listing.videos == ["aaaaaaaaaaa"])
    #expect(listing.error?.kind == .unreachable)
  }

  @Test("An item without a video's identifier is malformed")
  func malformed() async {
    let listing = await self.listing(
      ScriptedFetcher(responses: [self.response("no id", cursor: "")]))
    #expect(listing.error?.kind == .malformed)
  }

  @Test(
    "What the fetcher says keeps its consequence and its words",
    arguments: [
      (RPCStatusCode.notFound, FetchError.Kind.notFound), (.permissionDenied, .isPrivate),
      (.resourceExhausted, .throttled), (.unavailable, .unreachable),
      (.invalidArgument, .unsupportedPlaylist),
    ])
  func errors(code: RPCStatusCode, kind: FetchError.Kind) async {
    let error = RPCError(code, "why", retryAfter: .seconds(3))
    let listing = await self.listing(ScriptedFetcher(error: error))
    #expect(listing.error == FetchError(kind, "why", retryAfter: .seconds(3)))
  }
}
