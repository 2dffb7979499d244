import FixtureKit
import HTTPClient
import JSON
internal import TestRandom
import Testing
import Transcripts

@testable import YouTubeSource

@Suite(
  "Recorded playlist pages", .enabled(if: Fixture.folder != nil, Comment(rawValue: Fixture.why)))
struct RecordedPlaylistTests {
  @Test("Each page gives exactly what was recorded")
  func pages() throws {
    var checked = 0
    for (path, expected) in try Fixture.entries("playlist/") where path.contains("page") {
      try Self.check(BrowseReply(Fixture.recorded(path)), expected, path)
      checked += 1
    }
    for (path, expected) in try Fixture.entries("pages/playlist") {
      let json = try WebPage(Fixture.recorded(path)).object(after: "ytInitialData")
      try Self.check(BrowseReply(json), try #require(expected["playlist"]), path)
      checked += 1
    }
    #expect(checked == 12)
  }

  static func check(_ reply: BrowseReply, _ expected: JSONValue, _ path: String) throws {
    let items = reply.items.map(\.item)
    #expect(items.count == expected["items"]?.int, "\(path)")
    #expect(
      Fixture.sha256(items.map(\.video.id.text).joined(separator: "\n"))
        == expected["videoIdsSha256"]?.string, "\(path)")
    #expect(
      Fixture.sha256(items.map(\.video.title).joined(separator: "\n"))
        == expected["titlesSha256"]?.string,
      "\(path)")
    #expect(
      items.map(\.video.durationMilliseconds).reduce(0, +) / 1000 == expected["durationSum"]?.int64,
      "\(path)")
    #expect(reply.continuation == expected["continuation"]?.string, "\(path)")
    #expect(items.allSatisfy { $0.unavailableReason == nil }, "\(path)")
    for (item, key) in [(reply.items.first, "first"), (reply.items.last, "last")] {
      let wanted = try #require(expected[key])
      #expect(item?.item.video.id.text == wanted["videoId"]?.string, "\(path)")
      #expect(item?.item.video.title == wanted["title"]?.string, "\(path)")
      #expect(item?.index == wanted["index"]?.int.map { $0 - 1 }, "\(path)")
      #expect(
        item?.item.video.durationMilliseconds == wanted["durationSeconds"]?.int64.map { $0 * 1000 },
        "\(path)")
      // Courses do not say whose an item is; the owner stands in.
      guard let channel = wanted["channelId"]?.string else { continue }
      #expect(item?.item.video.channelID == channel, "\(path)")
      #expect(item?.item.video.channelTitle == wanted["channel"]?.string, "\(path)")
    }
    #expect(reply.error == nil, "\(path)")
  }

  @Test("Title, owner and stated total are read")
  func facts() throws {
    for (path, expected) in try Fixture.entries("playlist/") where path.contains("meta") {
      let reply = try BrowseReply(Fixture.recorded(path))
      #expect(reply.title == expected["title"]?.string, "\(path)")
      #expect(reply.owner == expected["owner"]?.string, "\(path)")
      let stated = expected["stats"]?[0]?.string.flatMap(BrowseReply.count(inStatistic:))
      #expect(reply.statedTotal == stated && stated != nil, "\(path)")
      #expect(reply.error == nil, "\(path)")
    }
  }

  @Test("Alerts of type ERROR are errors, of type INFO not")
  func alerts() throws {
    let missing = try BrowseReply(Fixture.recorded("playlist/errors/does-not-exist.200.json"))
    #expect(missing.error?.kind == .notFound)
    let unviewable = try BrowseReply(Fixture.recorded("playlist/errors/unviewable-type.200.json"))
    #expect(unviewable.error?.kind == .unsupportedPlaylist)
  }

  @Test("A cut page is an error, never a shorter page")
  func truncated() throws {
    let error = #expect(throws: FetchError.self) {
      try BrowseReply(Fixture.recorded("derived/truncated.playlist-page.json"))
    }
    #expect(error?.kind == .malformed)
    let body = try Fixture.recorded("playlist/2026-01-old-shape/17-videos.page1.json")
    var random = SeededRandom(seed: 3)
    for _ in 0..<60 {
      let cut = Int.random(in: 0..<(body.count - 1), using: &random)
      #expect(throws: FetchError.self) { try BrowseReply(Array(body[..<cut])) }
    }
  }

  @Test(
    "Recorded names of channels lead to their uploads",
    arguments: [
      "channel/resolve-url-1.json", "channel/resolve-url-2.json", "channel/resolve-url-3.json",
    ])
  func names(path: String) async throws {
    let expected = try #require(try Fixture.expectation(of: path)["browseId"]?.string)
    let body = try Fixture.recorded(path)
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      return request.isBrowse
        ? Answers.page(["dQw4w9WgXcQ"], total: 1) : HTTPClient.Response(status: 200, body: body)
    }
    let page = try await source.playlistPage(
      of: .channelName("@someone"), cursor: nil, deadline: .now + .seconds(60))
    #expect(page.items.count == 1)
    #expect(http.requests.last?.bodyText.contains("VLUU\(expected.dropFirst(2))") == true)
  }
}

@Suite("Playlists")
struct PlaylistTests {
  static let list = "PLZHQObOWTQDPD3MizzM2xVFitgF8hE_ab"

  static func id(_ number: Int) -> String { "video" + String(1_000_000 + number).dropFirst(1) }
  static func ids(_ range: Range<Int>) -> [String] { range.map(Self.id) }

  static func collect(
    _ source: YouTubeSource, _ id: SourceID = .playlist(PlaylistTests.list), maxPages: Int = 40
  ) async throws -> (items: [PlaylistItem], pages: [PlaylistPage]) {
    var items: [PlaylistItem] = []
    var pages: [PlaylistPage] = []
    var cursor: String?
    repeat {
      let page = try await source.playlistPage(
        of: id, cursor: cursor, deadline: .now + .seconds(60))
      items += page.items
      pages.append(page)
      cursor = page.cursor
      #expect(cursor?.utf8.count ?? 0 <= PlaylistCursor.maxBytes)
    } while cursor != nil && pages.count < maxPages
    return (items, pages)
  }

  @Test("Pages follow each other to the end, with title and total")
  func pages() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      if request.bodyText.contains("\"T1\"") {
        return Answers.page(Self.ids(100..<201), token: "T2", first: 100)
      }
      if request.bodyText.contains("\"T2\"") {
        return Answers.page(Self.ids(201..<250), first: 201)
      }
      return Answers.page(Self.ids(0..<100), token: "T1", total: 250)
    }
    let (items, pages) = try await Self.collect(source)
    #expect(items.map(\.video.id.text) == Self.ids(0..<250))
    #expect(pages.map(\.title) == ["A list", nil, nil])
    #expect(pages.allSatisfy { $0.statedTotal == 250 })
    #expect(http.requests.filter(\.isBrowse).count == 3)
    let first = try #require(http.requests.first { $0.isBrowse })
    #expect(first.bodyText.contains("\"VL\(Self.list)\""))
    #expect(first.url.hasPrefix("https://www.youtube.com/youtubei/v1/browse"))
    // Later pages stay in the guest session that the first one gave.
    #expect(http.requests.last?.bodyText.contains("Cgtsession") == true)
  }

  @Test("A first page in the new shape is read, in sections")
  func newFirstPage() async throws {
    let item = { (id: String, index: Int) in
      #"{"lockupViewModel":{"contentId":"\#(id)","contentType":"LOCKUP_CONTENT_TYPE_VIDEO","metadata":{"lockupMetadataViewModel":{"title":{"content":"T"}}},"rendererContext":{"commandContext":{"onTap":{"innertubeCommand":{"watchEndpoint":{"index":\#(index)}}}}}}}"#
    }
    let token =
      #"{"continuationItemViewModel":{"continuationCommand":{"innertubeCommand":{"continuationCommand":{"token":"T1"}}}}}"#
    let json =
      #"{"contents":{"twoColumnBrowseResultsRenderer":{"tabs":[{"tabRenderer":{"selected":true,"content":{"sectionListRenderer":{"contents":[{"itemSectionRenderer":{"contents":[{"sortFilter":{}}]}},{"itemSectionRenderer":{"contents":[\#(item(Self.id(0), 0)),\#(item(Self.id(1), 1)),\#(token)]}}]}}}}]}},"header":{"pageHeaderRenderer":{"pageTitle":"New","content":{"pageHeaderViewModel":{"metadata":{"contentMetadataViewModel":{"metadataRows":[{"metadataParts":[{"text":{"content":"Playlist"}},{"text":{"content":"1,050 videos"}}]}]}}}}}}}"#
    let reply = try BrowseReply(Array(json.utf8))
    #expect(reply.items.map(\.item.video.id.text) == Self.ids(0..<2))
    #expect(reply.continuation == "T1")
    #expect(reply.title == "New")
    #expect(reply.statedTotal == 1050)
  }

  @Test("Unavailable videos are listed with their reason")
  func unavailable() throws {
    let json =
      #"{"onResponseReceivedActions":[{"appendContinuationItemsAction":{"continuationItems":[{"playlistVideoRenderer":{"videoId":"\#(Self.id(1))","title":{"simpleText":"[Private video]"},"isPlayable":false}},{"playlistVideoRenderer":{"videoId":"\#(Self.id(2))","title":{"simpleText":"[Deleted video]"},"isPlayable":false}},{"lockupViewModel":{"contentId":"\#(Self.id(3))","contentType":"LOCKUP_CONTENT_TYPE_VIDEO","metadata":{"lockupMetadataViewModel":{"title":{"content":"[Private video]"}}}}},{"continuationItemRenderer":{"continuationEndpoint":{"commandExecutorCommand":{"commands":[{"x":1},{"continuationCommand":{"token":"T"}}]}}}}]}}]}"#
    let reply = try BrowseReply(Array(json.utf8))
    #expect(reply.items.map(\.item.unavailableReason) == ["private", "deleted", "private"])
    #expect(reply.continuation == "T")
  }

  @Test("A list that leads back to itself ends")
  func loop() async throws {
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      let next = request.bodyText.contains("\"T1\"") ? "T2" : "T1"
      return Answers.page(Self.ids(0..<3), token: next)
    }
    let (_, pages) = try await Self.collect(source)
    #expect(pages.count == 3)
  }

  @Test(
    "A list that stops early is asked for more by number, and ends where that gives nothing new")
  func stopsEarly() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      guard request.bodyText.contains("continuation") else {
        return Answers.page(Self.ids(0..<100), total: 250)
      }
      let asked = (100...250).first {
        request.bodyText.contains(ContinuationToken.page(of: Self.list, index: $0))
      }
      switch asked {
      case 100: return Answers.page(Self.ids(100..<200), first: 100)
      default: return Answers.page(Self.ids(0..<100), first: 0)
      }
    }
    let (items, pages) = try await Self.collect(source)
    #expect(items.map(\.video.id.text) == Self.ids(0..<200))
    #expect(pages.last?.statedTotal == 250)
    #expect(http.requests.filter(\.isBrowse).count == 3)
  }

  @Test("An error while looking for more does not lose the list")
  func guessFails() async throws {
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      return request.bodyText.contains("continuation")
        ? Answers.status(400) : Answers.page(Self.ids(0..<98), total: 100)
    }
    let (items, pages) = try await Self.collect(source)
    #expect(items.count == 98)
    #expect(pages.last?.statedTotal == 100)
  }

  @Test("A page without a list is followed by the list's own first page")
  func onlyHeader() async throws {
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      return request.bodyText.contains(ContinuationToken.firstPage(of: Self.list))
        ? Answers.page(Self.ids(0..<2)) : Answers.page([], total: 2)
    }
    #expect(try await Self.collect(source).items.count == 2)
  }

  @Test("A video is a list of itself, without any request")
  func video() async throws {
    let (source, http) = try source { (_, _) throws(HTTPClientError) in Answers.status(500) }
    let (items, pages) = try await Self.collect(source, .video(Answers.video))
    #expect(items.map(\.video.id) == [Answers.video])
    #expect(pages.count == 1 && pages[0].statedTotal == 1)
    #expect(http.requests.isEmpty)
  }

  @Test("A channel's uploads are listed")
  func channel() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      request.isVisitor ? Answers.visitor : Answers.page(Self.ids(0..<1), total: 1)
    }
    _ = try await Self.collect(source, .channel("UCYO_jab_esuFRV4b17AJtAw"))
    #expect(http.requests.last?.bodyText.contains("VLUUYO_jab_esuFRV4b17AJtAw") == true)
  }

  @Test(
    "Failures have their kind",
    arguments: [
      (404, false, FetchError.Kind.notFound), (400, false, .unsupportedPlaylist),
      (404, true, .unreachable), (400, true, .unreachable), (403, false, .blocked),
      (429, true, .throttled), (500, false, .unreachable), (503, true, .unreachable),
      (418, false, .malformed),
    ])
  func failures(status: Int, isLater: Bool, kind: FetchError.Kind) async throws {
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      return isLater && !request.bodyText.contains("continuation")
        ? Answers.page(Self.ids(0..<2), token: "T1") : Answers.status(status)
    }
    let error = await #expect(throws: FetchError.self) { try await Self.collect(source) }
    #expect(error?.kind == kind)
  }

  @Test("An unknown channel is said to be unknown")
  func unknownName() async throws {
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      request.isVisitor ? Answers.visitor : Answers.status(404)
    }
    let error = await #expect(throws: FetchError.self) {
      try await Self.collect(source, .channelName("@nobody"))
    }
    #expect(error?.kind == .notFound)
    #expect(error?.message.contains("@nobody") == true)
  }

  @Test(
    "A text that is no cursor is refused before any request",
    arguments: [
      "", "x", "{}", #"{"v":1,"l":"../x","t":"T","p":1,"n":0,"h":[]}"#,
      #"{"v":1,"l":"RDMM1234567890","t":"T","p":1,"n":0,"h":[]}"#,
      #"{"v":1,"l":"PLBB231211A4F62143","t":"T","p":-1,"n":0,"h":[]}"#,
    ])
  func badCursor(text: String) async throws {
    let (source, http) = try source { (_, _) throws(HTTPClientError) in Answers.status(500) }
    let error = await #expect(throws: FetchError.self) {
      try await source.playlistPage(
        of: .playlist(Self.list), cursor: text, deadline: .now + .seconds(9))
    }
    #expect(error?.kind == .malformed)
    #expect(http.requests.isEmpty)
  }

  @Test("Cursors stay within their bound after many pages")
  func cursorSize() throws {
    var cursor = PlaylistCursor(
      playlist: Self.list, token: String(repeating: "t", count: 1500), page: 1999, seen: 100_000)
    cursor.visitorData = String(repeating: "v", count: 400)
    cursor.hashes = (0..<500).map { UInt32.max - $0 }
    let text = try #require(cursor.text)
    #expect(text.utf8.count <= PlaylistCursor.maxBytes)
    #expect(try PlaylistCursor(text).hashes.count == PlaylistCursor.maxRemembered)
  }

  @Test("Tokens of first pages equal recorded ones byte for byte")
  func tokens() throws {
    let known = try JSONDocument(parsing: Fixture.own("continuation-tokens.json"))
    for entry in known.root.elements {
      let playlist = try #require(entry["playlistId"]?.string)
      #expect(ContinuationToken.firstPage(of: playlist) == entry["firstPageContinuation"]?.string)
    }
    #expect(known.root.count == 5)
  }

  @Test(
    "Counts in words are read",
    arguments: [
      ("5,000 videos", 5000), ("1 video", 1), ("No videos", 0), ("12.345 videos", 12_345),
      ("many", nil), ("32,616,548 views", nil),
    ] as [(String, Int?)])
  func counts(text: String, count: Int?) { #expect(BrowseReply.count(inStatistic: text) == count) }

  @Test(
    "Times on badges are read",
    arguments: [
      ("9:17", 557_000), ("1:00:01", 3_601_000), ("SHORTS", nil), ("CC", nil), ("1:x", nil),
    ] as [(String, Int64?)])
  func clocks(text: String, milliseconds: Int64?) {
    #expect(BrowseReply.milliseconds(clock: text) == milliseconds)
  }
}
