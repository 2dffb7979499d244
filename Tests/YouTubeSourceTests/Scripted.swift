import HTTPClient
import Synchronization
import Testing
import Transcripts

@testable import YouTubeSource

/// Plays YouTube: answers each request by a function, and remembers them.
final class ScriptedHTTP: HTTPFetching {
  typealias Answer =
    @Sendable (HTTPClient.Request, Int) throws(HTTPClientError) -> HTTPClient.Response

  private let answer: Answer
  private let log = Mutex<[HTTPClient.Request]>([])

  /// - Parameter answer: Gets the request, and how many came before it.
  init(_ answer: @escaping Answer) { self.answer = answer }

  var requests: [HTTPClient.Request] { self.log.withLock { $0 } }

  func response(
    to request: HTTPClient.Request
  ) async throws(HTTPClientError) -> HTTPClient.Response {
    let count = self.log.withLock {
      $0.append(request)
      return $0.count - 1
    }
    return try self.answer(request, count)
  }
}

/// A limiter that lets everything pass unless told otherwise, and remembers what was reported.
final class ScriptedLimiter: EgressLimiter {
  struct State {
    var waits: [String: [Duration]] = [:]
    var asked: [String] = []
    var outcomes: [(String, EgressOutcome)] = []
  }

  let state = Mutex(State())

  /// - Parameter waits: Answers for each identity, one after another; then it lets pass.
  init(waits: [String: [Duration]] = [:]) { self.state.withLock { $0.waits = waits } }

  func permit(_ identity: EgressIdentity, weight: Int, count: Int) async throws -> Duration {
    self.state.withLock {
      $0.asked.append(identity.name)
      guard let next = $0.waits[identity.name]?.first else { return .zero }
      $0.waits[identity.name]?.removeFirst()
      return next
    }
  }

  func report(_ identity: EgressIdentity, _ outcome: EgressOutcome) async throws {
    self.state.withLock { $0.outcomes.append((identity.name, outcome)) }
  }

  var asked: [String] { self.state.withLock { $0.asked } }
  var outcomes: [String] { self.state.withLock { $0.outcomes.map { "\($0.0) \($0.1)" } } }
}

extension HTTPClient.Request {
  var bodyText: String { String(decoding: self.body, as: UTF8.self) }
  var isPlayer: Bool { self.url.contains("/youtubei/v1/player") }
  var isCaptions: Bool { self.url.contains("/api/timedtext") }
  var isVisitor: Bool { self.url.contains("/visitor_id") }
  var isWatchPage: Bool { self.url.contains("/watch?v=") }
  var isBrowse: Bool { self.url.contains("/browse") }
}

/// Answers of YouTube, as small as can be.
enum Answers {
  static let video = VideoID("dQw4w9WgXcQ")!

  static func ok(_ text: String) -> HTTPClient.Response {
    HTTPClient.Response(status: 200, body: Array(text.utf8))
  }

  static func player(
    _ tracks: [String], id: String = Answers.video.text, status: String = "OK", extra: String = "",
    translations: [String] = [],
    address: String = "https://www.youtube.com/api/timedtext?v=dQw4w9WgXcQ&sig=1&fmt=srv3"
  ) -> HTTPClient.Response {
    let list = tracks.map { track in
      let isAutomatic = track.hasPrefix("a.")
      let code = isAutomatic ? String(track.dropFirst(2)) : track
      return
        #"{"isTranslatable":true,"baseUrl":"\#(address)&lang=\#(code)","languageCode":"\#(code)","vssId":"\#(isAutomatic ? track : "." + track)","name":{"simpleText":"\#(track)"}\#(isAutomatic ? #","kind":"asr""# : "")}"#
    }
    let captions =
      tracks.isEmpty
      ? ""
      : #","captions":{"playerCaptionsTracklistRenderer":{"captionTracks":[\#(list.joined(separator: ","))],"translationLanguages":[\#(translations.map { #"{"languageCode":"\#($0)"}"# }.joined(separator: ","))]}}"#
    return Self.ok(
      #"{"playabilityStatus":{"status":"\#(status)"\#(extra)},"videoDetails":{"videoId":"\#(id)","title":"Title","lengthSeconds":"61","channelId":"UCYO_jab_esuFRV4b17AJtAw","author":"Author"}\#(captions)}"#
    )
  }

  static func unplayable(_ status: String, _ reason: String, id: String? = nil)
    -> HTTPClient.Response
  {
    let details = id.map { #","videoDetails":{"videoId":"\#($0)"}"# } ?? ""
    return Self.ok(
      #"{"playabilityStatus":{"status":"\#(status)","reason":"\#(reason)"}\#(details)}"#)
  }

  static let captions = Self.ok(
    #"{"wireMagic":"pb3","events":[{"tStartMs":0,"dDurationMs":5,"segs":[{"utf8":"hello"}]}]}"#)
  static let visitor = Self.ok(#"{"responseContext":{"visitorData":"Cgtvisitor%3D%3D"}}"#)

  static func status(_ status: Int, _ headers: [HTTPClient.Header] = []) -> HTTPClient.Response {
    HTTPClient.Response(status: status, headers: headers, body: Array("{}".utf8))
  }

  /// A page in the old shape.
  static func page(_ ids: [String], token: String? = nil, total: Int? = nil, first: Int = 0)
    -> HTTPClient.Response
  {
    var items = ids.enumerated().map { index, id in
      #"{"playlistVideoRenderer":{"videoId":"\#(id)","title":{"runs":[{"text":"Video \#(id)"}]},"index":{"simpleText":"\#(first + index + 1)"},"lengthSeconds":"10","shortBylineText":{"runs":[{"text":"A","navigationEndpoint":{"browseEndpoint":{"browseId":"UCYO_jab_esuFRV4b17AJtAw"}}}]},"isPlayable":true}}"#
    }
    if let token {
      items.append(
        #"{"continuationItemRenderer":{"continuationEndpoint":{"continuationCommand":{"token":"\#(token)"}}}}"#
      )
    }
    let sidebar =
      total.map {
        #","sidebar":{"playlistSidebarRenderer":{"items":[{"playlistSidebarPrimaryInfoRenderer":{"title":{"runs":[{"text":"A list"}]},"stats":[{"runs":[{"text":"\#($0)"},{"text":" videos"}]}]}}]}}"#
      } ?? ""
    return Self.ok(
      #"{"responseContext":{"visitorData":"Cgtsession"},"onResponseReceivedActions":[{"appendContinuationItemsAction":{"continuationItems":[\#(items.joined(separator: ","))]}}]\#(sidebar)}"#
    )
  }
}

/// A source that is answered by a function.
func source(
  limiter: ScriptedLimiter = ScriptedLimiter(), clients: [InnerTubeClient]? = nil,
  proxies: String = "", sleep: @escaping @Sendable (Duration) async throws -> Void = { _ in },
  _ answer: @escaping ScriptedHTTP.Answer
) throws -> (YouTubeSource, ScriptedHTTP) {
  var configuration = YouTubeConfiguration()
  if let clients { configuration.clients = clients }
  configuration.proxies = try EgressProxy.list(parsing: proxies)
  let http = ScriptedHTTP(answer)
  return (
    YouTubeSource(configuration: configuration, fetching: http, limiter: limiter, sleep: sleep),
    http
  )
}

extension YouTubeSource {
  func transcript(_ languages: LanguagePreference = LanguagePreference()) async throws -> Transcript
  {
    try await self.transcript(
      of: Answers.video, languages: languages, deadline: .now + .seconds(60))
  }

  func transcripts(_ languages: LanguagePreference) async throws -> [Transcript] {
    try await self.transcripts(
      of: Answers.video, languages: languages, deadline: .now + .seconds(60))
  }

  /// The error's kind; nil when there was none.
  func kind(_ languages: LanguagePreference = LanguagePreference()) async throws -> FetchError.Kind?
  {
    do {
      _ = try await self.transcript(languages)
      return nil
    } catch let error as FetchError {
      return error.kind
    }
  }
}
