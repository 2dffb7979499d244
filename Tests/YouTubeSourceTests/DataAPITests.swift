import HTTPClient
import Testing
import Transcripts

@testable import YouTubeSource

@Suite("Playlists from the Data API")
struct DataAPITests {
  static let title = Answers.ok(#"{"items":[{"snippet":{"title":"A list"}}]}"#)

  static func page(_ ids: [String], next: String? = nil, total: Int) -> HTTPClient.Response {
    let items = ids.map {
      #"{"snippet":{"title":"Video \#($0)","videoOwnerChannelId":"UCYO_jab_esuFRV4b17AJtAw","videoOwnerChannelTitle":"A","resourceId":{"videoId":"\#($0)"}},"contentDetails":{"videoId":"\#($0)","videoPublishedAt":"2024-02-29T12:00:00Z"}}"#
    }
    let token = next.map { #""nextPageToken":"\#($0)","# } ?? ""
    return Answers.ok(
      #"{\#(token)"pageInfo":{"totalResults":\#(total)},"items":[\#(items.joined(separator: ","))]}"#
    )
  }

  static func refusal(_ status: Int, _ reason: String) -> HTTPClient.Response {
    HTTPClient.Response(
      status: status,
      body: Array(#"{"error":{"code":\#(status),"errors":[{"reason":"\#(reason)"}]}}"#.utf8))
  }

  /// A source with a key: `key 1`, which has to be encoded.
  static func source(
    _ answer: @escaping ScriptedHTTP.Answer
  ) -> (YouTubeSource, ScriptedHTTP) {
    var configuration = YouTubeConfiguration()
    configuration.dataAPIKey = "key 1"
    let http = ScriptedHTTP(answer)
    return (
      YouTubeSource(configuration: configuration, fetching: http, limiter: ScriptedLimiter()), http
    )
  }

  @Test("Pages follow each other to the end, and only one asks for the title")
  func pages() async throws {
    let (source, http) = Self.source { (request, _) throws(HTTPClientError) in
      if request.url.contains("/playlists?") { return Self.title }
      return request.url.contains("pageToken=T%2F1")
        ? Self.page(PlaylistTests.ids(50..<60), total: 60)
        : Self.page(PlaylistTests.ids(0..<50), next: "T/1", total: 60)
    }
    let (items, pages) = try await PlaylistTests.collect(source)
    #expect(items.map(\.video.id.text) == PlaylistTests.ids(0..<60))
    #expect(pages.map(\.title) == ["A list", nil])
    #expect(pages.map(\.statedTotal) == [60, 60])
    #expect(items.first?.video.channelTitle == "A")
    #expect(items.first?.video.publishedMilliseconds == 1_709_208_000_000)
    #expect(http.requests.count == 3)
    #expect(
      http.requests.allSatisfy {
        $0.url.hasPrefix("https://www.googleapis.com/youtube/v3/")
          && $0.url.hasSuffix("&key=key%201")
      })
  }

  @Test("Unavailable videos are listed with their reason, a video of that name is not one")
  func unavailable() throws {
    let json =
      #"{"items":[{"snippet":{"title":"Private video","resourceId":{"videoId":"\#(PlaylistTests.id(1))"}}},{"snippet":{"title":"Deleted video","resourceId":{"videoId":"\#(PlaylistTests.id(2))"}}},{"snippet":{"title":"Private video","videoOwnerChannelId":"UCYO_jab_esuFRV4b17AJtAw","resourceId":{"videoId":"\#(PlaylistTests.id(3))"}}}]}"#
    let reply = try DataAPIReply(Array(json.utf8))
    #expect(reply.items.map(\.unavailableReason) == ["private", "deleted", nil])
  }

  @Test("With the quota used up the web site's list is taken, and the Data API left alone")
  func quota() async throws {
    let (source, http) = Self.source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      return request.isBrowse
        ? Answers.page(PlaylistTests.ids(0..<2), total: 2) : Self.refusal(403, "quotaExceeded")
    }
    for _ in 0..<3 {
      #expect(try await PlaylistTests.collect(source).items.count == 2)
    }
    #expect(http.requests.count { $0.url.contains("googleapis") } == 1)
  }

  @Test("A quota that ends in the middle of a list makes the task wait")
  func quotaInTheMiddle() async throws {
    let (source, _) = Self.source { (request, _) throws(HTTPClientError) in
      if request.url.contains("/playlists?") { return Self.title }
      return request.url.contains("pageToken")
        ? Self.refusal(403, "quotaExceeded")
        : Self.page(PlaylistTests.ids(0..<50), next: "T", total: 60)
    }
    let error = await #expect(throws: FetchError.self) { try await PlaylistTests.collect(source) }
    #expect(error?.kind == .throttled)
    #expect(error?.retryAfter == .seconds(3600))
  }

  @Test(
    "Refusals have their kind",
    arguments: [
      (404, "playlistNotFound", FetchError.Kind.notFound),
      (403, "playlistItemsNotAccessible", .isPrivate), (400, "keyInvalid", .misconfigured),
      (403, "accessNotConfigured", .misconfigured), (400, "invalidPageToken", .unsupportedPlaylist),
      (500, "backendError", .unreachable), (429, "RATE_LIMIT_EXCEEDED", .throttled),
      (418, "", .malformed),
    ])
  func refusals(status: Int, reason: String, kind: FetchError.Kind) async throws {
    let (source, _) = Self.source { (_, _) throws(HTTPClientError) in
      Self.refusal(status, reason)
    }
    let error = await #expect(throws: FetchError.self) { try await PlaylistTests.collect(source) }
    #expect(error?.kind == kind)
    #expect(error?.message.contains("key 1") == false)
  }

  @Test("A list begun with a key cannot be gone on with without one")
  func lostKey() async throws {
    var cursor = PlaylistCursor(playlist: PlaylistTests.list, token: "T", page: 1, seen: 50)
    cursor.isDataAPI = true
    let text = try #require(cursor.text)
    let (source, http) = try YouTubeSourceTests.source { (_, _) throws(HTTPClientError) in
      Answers.status(500)
    }
    let error = await #expect(throws: FetchError.self) {
      try await source.playlistPage(
        of: .playlist(PlaylistTests.list), cursor: text, deadline: .now + .seconds(9))
    }
    #expect(error?.kind == .misconfigured)
    #expect(http.requests.isEmpty)
  }
}
