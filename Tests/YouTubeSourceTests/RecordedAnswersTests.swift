import FixtureKit
import Foundation
import HTTPClient
import JSON
import Testing
import Transcripts

@testable import YouTubeSource

/// Plays every recorded response to a whole ``YouTubeSource`` and compares what a task is told.
@Suite(
  "Recorded answers, from request to result",
  .enabled(if: Fixture.folder != nil, Comment(rawValue: Fixture.why)))
struct RecordedAnswersTests {
  /// Nothing in this package asks for these.
  static let unasked: Set<String> = [
    // Uploads are listed as a playlist, which has all of them.
    "channel/feed-videos.200.xml",
    // Not a response: it is what ``TranscriptFormat`` is compared with.
    "timedtext/manual.srt",
    // The Data API is asked for a playlist's title and items only.
    "dataapi/videos.multi.json", "dataapi/channels.one.json",
  ]

  @Test("No recorded response is left out")
  func complete() throws {
    let paths = try Fixture.entries("").map(\.path)
    #expect(paths.count == 67)
    let known = Set(Self.paths).union(Self.unasked)
    #expect(paths.filter { !known.contains($0) } == [])
  }

  /// All that are played; none without the folder.
  static let paths: [String] = {
    guard Fixture.folder != nil else { return [] }
    // Where the index cannot be read, `complete()` says so.
    let all = (try? Fixture.entries("").map(\.path)) ?? []
    return all.filter { !Self.unasked.contains($0) }
  }()

  @Test("The recorded response means what it must", arguments: Self.paths)
  func means(path: String) async throws {
    let entry = try Fixture.entry(path)
    let expected = try #require(entry["expect"])
    let body = HTTPClient.Response(
      status: entry["http"]?["status"]?.int ?? 200, body: try Fixture.recorded(path))
    switch path.prefix(while: { $0 != "/" }) {
    case "player": try await Self.checkPlayer(path, body, expected)
    case "pages": try await Self.checkPage(path, body, expected)
    case "playlist": try await Self.checkPlaylist(path, body, expected)
    case "channel": try await Self.checkChannel(body, expected)
    case "timedtext": try await Self.checkCaptions(path, body, expected)
    case "dataapi": try await Self.checkDataAPI(path, body, expected)
    case "derived": try await Self.checkDerived(path, body, expected)
    default: Issue.record("nobody knows how to play \(path)")
    }
  }

  // MARK: Players and pages

  static func checkPlayer(
    _ path: String, _ body: HTTPClient.Response, _ expected: JSONValue
  ) async throws {
    let id = VideoID(try PlayerReply(body.body).videoID ?? "") ?? Answers.video
    let outcome = try await Self.transcript(of: id, player: body)
    guard let error = expected["error"]?.string else {
      switch outcome {
      case .success(let transcript):
        #expect(transcript.video.title == expected["title"]?.string)
        #expect(transcript.video.id == id)
        #expect(transcript.video.durationMilliseconds == Self.milliseconds(expected))
      case .failure(let error): Issue.record("\(error)")
      }
      return
    }
    let kind: FetchError.Kind? =
      switch error {
      case "AgeRestricted": .ageRestricted
      case "RequestBlocked": .blocked
      case "VideoUnavailable": .notFound
      case "TranscriptsDisabled": path.contains("live") ? .notYetAvailable : .noTranscript
      case "VideoUnplayable" where path.contains("private"): .isPrivate
      case "VideoUnplayable" where path.contains("members"): .membersOnly
      case "VideoUnplayable": .unplayable
      default: nil
      }
    #expect(outcome.kind == kind && kind != nil)
  }

  private static func milliseconds(_ expected: JSONValue) -> Int64? {
    expected["lengthSeconds"]?.string.flatMap(Int64.init).map { $0 * 1000 }
  }

  static func checkPage(
    _ path: String, _ body: HTTPClient.Response, _ expected: JSONValue
  ) async throws {
    if let playlist = expected["playlist"] {
      let json = try WebPage(body.body).object(after: "ytInitialData")
      return try RecordedPlaylistTests.check(BrowseReply(json), playlist, path)
    }
    let id = try #require(VideoID("GJLlxj_dtq8"))
    let outcome = try await Self.transcript(of: id, player: body, as: .watchPage())
    if expected["captchaPage"]?.bool == true {
      #expect(outcome.kind == .blocked)
    } else if expected["consentPage"]?.bool == true {
      #expect(outcome.kind == .misconfigured)
    } else {
      // The answer inside is read; all its tracks need a token.
      #expect(outcome.kind == .withheld)
    }
  }

  // MARK: Playlists and channels

  static func checkPlaylist(
    _ path: String, _ body: HTTPClient.Response, _ expected: JSONValue
  ) async throws {
    if let mix = expected["playlistId"]?.string {
      // What it is a page of is refused before anything is asked.
      let error = #expect(throws: SourceError.self) { try SourceID(parsing: mix) }
      #expect(error?.code == .mix)
      return
    }
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      request.isVisitor ? Answers.visitor : body
    }
    let outcome = await Self.outcome {
      try await source.playlistPage(
        of: .playlist(PlaylistTests.list), cursor: nil, deadline: .now + .seconds(60))
    }
    if path.contains("/errors/") {
      #expect(
        outcome.kind == (path.contains("unviewable") ? .unsupportedPlaylist : .notFound))
      return
    }
    let page = try outcome.get()
    if path.contains(".meta.") {
      #expect(page.title == expected["title"]?.string)
      let stated = expected["stats"]?[0]?.string.flatMap(BrowseReply.count(inStatistic:))
      #expect(page.statedTotal == stated && stated != nil)
    } else {
      #expect(page.items.count == expected["items"]?.int)
      #expect(page.items.first?.video.id.text == expected["first"]?["videoId"]?.string)
      #expect(page.items.last?.video.id.text == expected["last"]?["videoId"]?.string)
      let cursor = try page.cursor.map { try PlaylistCursor($0) }
      // A last page asked for as a first one is short of its total, so that more is looked for.
      #expect(cursor.flatMap { $0.isGuess ? nil : $0.token } == expected["continuation"]?.string)
    }
  }

  static func checkChannel(_ body: HTTPClient.Response, _ expected: JSONValue) async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      return request.isBrowse ? Answers.page([Answers.video.text], total: 1) : body
    }
    let outcome = await Self.outcome {
      try await source.playlistPage(
        of: .channelName("@someone"), cursor: nil, deadline: .now + .seconds(60))
    }
    if expected["error"] != nil {
      #expect(outcome.kind == .notFound)
    } else {
      _ = try outcome.get()
      let channel = try #require(expected["browseId"]?.string)
      let uploads = try #require(SourceID.uploadsPlaylistID(ofChannel: channel))
      #expect(http.requests.last?.bodyText.contains("VL\(uploads)") == true)
    }
  }

  static func checkDataAPI(
    _ path: String, _ body: HTTPClient.Response, _ expected: JSONValue
  ) async throws {
    if expected["kind"]?.string == "youtube#playlistListResponse" {
      #expect(DataAPIReply.title(body.body) == expected["titles"]?[0]?.string)
      return
    }
    let (source, _) = DataAPITests.source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      if request.isBrowse { return Answers.page([Answers.video.text], total: 1) }
      return request.url.contains("/playlists?") ? DataAPITests.title : body
    }
    let outcome = await Self.outcome {
      try await source.playlistPage(
        of: .playlist(PlaylistTests.list), cursor: nil, deadline: .now + .seconds(60))
    }
    switch expected["reasons"]?[0]?.string {
    case "keyInvalid": #expect(outcome.kind == .misconfigured)
    case "playlistNotFound": #expect(outcome.kind == .notFound)
    case "quotaExceeded": #expect(try outcome.get().items.map(\.video.id) == [Answers.video])
    case let reason?: Issue.record("\(reason) is not known to this test")
    case nil:
      let page = try outcome.get()
      #expect(page.items.count == expected["items"]?.int)
      #expect(page.statedTotal == expected["totalResults"]?.int)
      #expect(page.items.first?.video.id.text == expected["first"]?.string)
      #expect(page.items.first?.video.title == expected["titles"]?[0]?.string)
      let token = try page.cursor.map { try PlaylistCursor($0).token }
      #expect(token == expected["nextPageToken"]?.string)
    }
  }

  // MARK: Captions and damaged bodies

  static func checkCaptions(
    _ path: String, _ body: HTTPClient.Response, _ expected: JSONValue
  ) async throws {
    let outcome = try await Self.transcript(
      of: Answers.video, player: Answers.player(["en"]), captions: body)
    if path.contains("empty") {
      #expect(outcome.kind == .withheld)
      return
    }
    let segments = try outcome.get().segments
    let variant = expected["variants"]?[0]
    let count = expected["segments"]?.int ?? variant?["snippets"]?.int
    #expect(segments.count == count || path.hasSuffix(".vtt"))
    if let sum = expected["textSha256"]?.string ?? variant?["textSha256"]?.string {
      #expect(Fixture.sha256(segments.map(\.text).joined(separator: "\n")) == sum)
    }
  }

  static func checkDerived(
    _ path: String, _ body: HTTPClient.Response, _ expected: JSONValue
  ) async throws {
    guard path.contains("truncated") else {
      // Tables that other tests read from their own copies.
      #expect(try JSONDocument(parsing: body.body).root.count == expected["entries"]?.int)
      return
    }
    let outcome: Result<Transcript, FetchError>
    if path.contains("playlist") {
      let (source, _) = try source { (request, _) throws(HTTPClientError) in
        request.isVisitor ? Answers.visitor : body
      }
      let page = await Self.outcome {
        try await source.playlistPage(
          of: .playlist(PlaylistTests.list), cursor: nil, deadline: .now + .seconds(60))
      }
      #expect(page.kind == .malformed)
      return
    }
    outcome = try await Self.transcript(
      of: Answers.video, player: Answers.player(["en"]), captions: body)
    // Tried again later, and never stored.
    #expect(outcome.kind?.consequence == .retry)
  }

  // MARK: Asking

  /// What a task is told when the player and the caption track answer as given.
  static func transcript(
    of id: VideoID, player: HTTPClient.Response, as client: InnerTubeClient = .android(),
    captions: HTTPClient.Response = Answers.captions
  ) async throws -> Result<Transcript, FetchError> {
    let (source, _) = try source(clients: [client]) { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.visitor }
      return request.isCaptions ? captions : player
    }
    return await Self.outcome {
      try await source.transcript(
        of: id, languages: LanguagePreference(languageCodes: ["de"]),
        deadline: .now + .seconds(60))
    }
  }

  static func outcome<Value: Sendable>(
    _ body: () async throws -> Value
  ) async -> Result<Value, FetchError> {
    do {
      return .success(try await body())
    } catch let error as FetchError {
      return .failure(error)
    } catch {
      return .failure(FetchError(.misconfigured, "not a FetchError: \(error)"))
    }
  }
}

extension Result where Failure == FetchError {
  /// Nil for a success.
  var kind: FetchError.Kind? {
    if case .failure(let error) = self { error.kind } else { nil }
  }
}

extension Fixture {
  /// Everything the index says about a file.
  static func entry(_ path: String) throws -> JSONValue {
    let index = try JSONDocument(parsing: try Self.recorded("index.json"))
    let entry = index.root.elements.first { $0["file"]?.string == path }
    guard let entry else { throw CocoaError(.fileReadNoSuchFile) }
    return entry
  }
}
