import FixtureKit
import HTTPClient
import JSON
import Testing
import Transcripts

@testable import YouTubeSource

@Suite("Transcripts from scripted answers")
struct TranscriptTests {
  static func standard(_ request: HTTPClient.Request) -> HTTPClient.Response? {
    request.isVisitor ? Answers.visitor : request.isCaptions ? Answers.captions : nil
  }

  @Test("Two requests give a transcript; the guest session is asked for once")
  func twoRequests() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? Answers.player(["de", "a.en", "en"])
    }
    let transcript = try await source.transcript(LanguagePreference(languageCodes: ["en"]))
    _ = try await source.transcript()
    #expect(transcript.segments.map(\.text) == ["hello"])
    #expect(transcript.track.languageCode == "en" && transcript.track.kind == .manual)
    #expect(transcript.video.title == "Title" && transcript.video.durationMilliseconds == 61_000)
    #expect(transcript.selectionReason == "en asked for, manual track")
    #expect(transcript.fetchedMilliseconds > 1_600_000_000_000)
    #expect(http.requests.count == 5)
    let player = http.requests[1]
    #expect(
      player.url
        == "https://www.youtube.com/youtubei/v1/player?prettyPrint=false&$fields=playabilityStatus,captions,videoDetails"
    )
    #expect(player.bodyText.contains(#""videoId":"dQw4w9WgXcQ""#))
    #expect(player.bodyText.contains(#""visitorData":"Cgtvisitor%3D%3D""#))
    #expect(player.headers.contains(HTTPClient.Header("X-YouTube-Client-Name", "3")))
    #expect(http.requests[2].url.hasSuffix("&lang=en&fmt=json3"))
    #expect(http.requests.allSatisfy { $0.url.hasPrefix("https://www.youtube.com/") })
    #expect(http.requests.allSatisfy { $0.maxRedirects == 0 && $0.proxy == nil })
  }

  @Test("Where parts of an answer cannot be asked for, the whole is, from then on")
  func trimming() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if let answer = Self.standard(request) { return answer }
      return request.url.contains("$fields") ? Answers.ok("{}") : Answers.player(["en"])
    }
    _ = try await source.transcript()
    _ = try await source.transcript()
    #expect(http.requests.filter { $0.url.contains("$fields") }.count == 1)
    #expect(http.requests.filter(\.isPlayer).count == 3)
  }

  @Test("Clients are tried in order until one helps")
  func clients() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if let answer = Self.standard(request) { return answer }
      if request.bodyText.contains("VISIONOS") { return Answers.player(["en"]) }
      return Answers.status(400)
    }
    _ = try await source.transcript()
    let players = http.requests.filter(\.isPlayer)
    // Two Android versions, each with and without trimming, then VISIONOS.
    #expect(players.count == 5)
    #expect(players[2].bodyText.contains("20.10.38"))
    #expect(!players[2].bodyText.contains("visitorData"))
  }

  @Test("The watch page is the last resort")
  func watchPage() async throws {
    let page =
      "<html><script>var ytInitialPlayerResponse = \(String(decoding: Answers.player(["en"]).body, as: UTF8.self));</script>"
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isWatchPage { return Answers.ok(page) }
      return Self.standard(request)
        ?? Answers.unplayable("UNPLAYABLE", "This video is not available", id: Answers.video.text)
    }
    #expect(try await source.transcript().segments.count == 1)
    #expect(
      http.requests.contains { $0.isWatchPage && $0.headers.contains { $0.name == "Cookie" } })
  }

  @Test("Captions that one client leaves out are looked for with a second, not with a third")
  func noCaptions() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? Answers.player([])
    }
    #expect(try await source.kind() == .noTranscript)
    #expect(http.requests.filter(\.isPlayer).count == 2)
  }

  @Test("A language that does not exist is an error that lists those that do")
  func language() async throws {
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? Answers.player(["de", "a.fr"])
    }
    let error = await #expect(throws: FetchError.self) {
      try await source.transcript(LanguagePreference(languageCodes: ["ja"], anyLanguage: false))
    }
    #expect(error?.kind == .languageNotAvailable)
    #expect(error?.message.contains("de, fr (automatic)") == true)
  }

  @Test("All tracks are fetched with one answer of the player, each under a code of its own")
  func allTracks() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isCaptions, request.url.contains("lang=fr") {
        return Answers.ok(#"{"wireMagic":"pb3","events":[{"tStartMs":0,"segs":[{"utf8":"\n"}]}]}"#)
      }
      return Self.standard(request) ?? Answers.player(["de", "a.en", "en", "fr"])
    }
    let transcripts = try await source.transcripts(LanguagePreference(allTracks: true))
    // What has no text is no document.
    #expect(transcripts.map(\.track.languageCode) == ["en", "de", "en-x-auto"])
    #expect(transcripts.map(\.track.kind) == [.manual, .manual, .automatic])
    #expect(transcripts.allSatisfy { $0.track.translatedFrom == nil && !$0.segments.isEmpty })
    #expect(http.requests.filter(\.isPlayer).count == 1)
    #expect(http.requests.filter(\.isCaptions).count == 4)
    #expect(!http.requests.contains { $0.url.contains("tlang") })
  }

  @Test("One of all tracks that fails is a failure of the video, not a shorter list")
  func allTracksOrNone() async throws {
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isCaptions, request.url.contains("lang=de") { return Answers.status(500) }
      return Self.standard(request) ?? Answers.player(["de", "en"])
    }
    await #expect(throws: FetchError.self) {
      try await source.transcripts(LanguagePreference(allTracks: true))
    }
  }

  @Test("A translation is asked for only when wanted, from a client that offers it, and says so")
  func translation() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if let answer = Self.standard(request) { return answer }
      // Few languages on Android, all on the other client.
      return request.bodyText.contains("VISIONOS")
        ? Answers.player(["a.en"], translations: ["fr", "ja"])
        : Answers.player(["a.en"], translations: ["fr"])
    }
    _ = try await source.transcript()
    #expect(!http.requests.contains { $0.url.contains("tlang") })
    let french = try await source.transcript(LanguagePreference(translateTo: "fr"))
    #expect(french.track.languageCode == "fr-t-en" && french.track.translatedFrom == "en")
    #expect(french.selectionReason.contains("machine translation"))
    #expect(http.requests.last?.url.hasSuffix("&tlang=fr") == true)
    let before = http.requests.filter(\.isPlayer).count
    let japanese = try await source.transcript(LanguagePreference(translateTo: "ja"))
    #expect(japanese.track.languageCode == "ja-t-en")
    #expect(http.requests.filter(\.isPlayer).count > before + 1)
  }

  @Test("What nobody translates comes as it is where any language will do, else it is refused")
  func untranslatable() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if let answer = Self.standard(request) { return answer }
      if request.isWatchPage { return Answers.status(400) }
      return Answers.player(["a.en"], translations: ["fr"])
    }
    let plain = try await source.transcript(LanguagePreference(translateTo: "de"))
    #expect(plain.track.languageCode == "en" && plain.track.translatedFrom == nil)
    let strict = LanguagePreference(languageCodes: ["de"], anyLanguage: false, translateTo: "de")
    #expect(try await source.kind(strict) == .languageNotAvailable)
    #expect(!http.requests.contains { $0.url.contains("tlang") })
  }

  @Test(
    "What is so for every client is not asked of the next",
    arguments: [
      ("LOGIN_REQUIRED", "This video is private", FetchError.Kind.isPrivate),
      ("LOGIN_REQUIRED", "Sign in to confirm your age", .ageRestricted),
      ("ERROR", "Video unavailable", .notFound),
      ("UNPLAYABLE", "Join this channel to get access", .membersOnly),
    ])
  func final(status: String, reason: String, kind: FetchError.Kind) async throws {
    let limiter = ScriptedLimiter()
    let (source, http) = try source(limiter: limiter) { (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? Answers.unplayable(status, reason)
    }
    #expect(try await source.kind() == kind)
    #expect(http.requests.filter(\.isPlayer).count == 1)
    #expect(limiter.outcomes == ["direct ok"])
  }

  @Test("An empty caption body is withheld by every client, never an empty transcript")
  func emptyBody() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isCaptions { return Answers.ok("") }
      return Self.standard(request)
        ?? (request.isWatchPage ? Answers.ok("<html>") : Answers.player(["en"]))
    }
    #expect(try await source.kind() == .withheld)
    #expect(http.requests.filter(\.isCaptions).count == 3)
  }

  @Test("A track that needs a token is not even asked for")
  func token() async throws {
    let address = "https://www.youtube.com/api/timedtext?v=dQw4w9WgXcQ&exp=xpe"
    let (source, http) = try source(clients: [.android()]) { (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? Answers.player(["en"], address: address)
    }
    #expect(try await source.kind() == .withheld)
    #expect(http.requests.filter(\.isCaptions).isEmpty)
  }

  @Test("An address that leads elsewhere is never contacted")
  func foreignAddress() async throws {
    let address = "https://evil.example/api/timedtext?v=dQw4w9WgXcQ"
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? Answers.player(["en"], address: address)
    }
    #expect(try await source.kind() == .malformed)
    #expect(http.requests.allSatisfy { !$0.url.contains("evil.example") })
  }

  @Test("A redirect is an error wherever it leads: no other host is contacted")
  func redirect() async throws {
    let elsewhere = HTTPClient.Response(
      status: 302, headers: [HTTPClient.Header("Location", "https://elsewhere.example/")])
    let (player, http) = try source { (request, _) throws(HTTPClientError) in
      request.isVisitor ? Answers.visitor : elsewhere
    }
    #expect(try await player.kind() == .malformed)
    let (captions, second) = try source { (request, _) throws(HTTPClientError) in
      if request.isCaptions { return elsewhere }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    #expect(try await captions.kind() == .malformed)
    for request in http.requests + second.requests {
      #expect(request.maxRedirects == 0 && !request.url.contains("elsewhere"))
    }
  }

  @Test("Every request bounds its answer, and one that is larger says so")
  func sizes() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isCaptions {
        throw HTTPClientError(.tooLarge, "the body is larger than \(request.maxBodyBytes) bytes")
      }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    let error = await #expect(throws: FetchError.self) { try await source.transcript() }
    #expect(error?.kind == .tooLarge)
    #expect(error?.message.contains("\(CaptionParser.maxBodyBytes) bytes") == true)
    #expect(http.requests.allSatisfy { $0.maxBodyBytes <= CaptionParser.maxBodyBytes })
  }

  @Test("An answer nested without end is malformed, whoever sends it", arguments: [129, 1_000_000])
  func depth(_ depth: Int) async throws {
    let nested = String(repeating: #"{"a":["#, count: depth)
    let (player, _) = try source { (request, _) throws(HTTPClientError) in
      request.isVisitor ? Answers.visitor : Answers.ok(nested)
    }
    let error = await #expect(throws: FetchError.self) { try await player.transcript() }
    #expect(error?.kind == .malformed)
    #expect(error?.message.contains("not the JSON that was expected") == true)
    let (captions, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isCaptions { return Answers.ok(#"{"events":[{"segs":"# + nested) }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    #expect(try await captions.kind() == .malformed)
  }

  @Test("An answer of very many small values is malformed before it takes the memory")
  func nodes() async throws {
    let many = "[" + String(repeating: "0,", count: 2_000_001) + "0]"
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      request.isVisitor ? Answers.visitor : Answers.ok(many)
    }
    #expect(try await source.kind() == .malformed)
  }

  @Test("A refused caption address is asked for anew, once", arguments: [403, 404])
  func expired(status: Int) async throws {
    let (good, http) = try source { (request, count) throws(HTTPClientError) in
      if request.isCaptions, count == 2 { return Answers.status(status) }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    #expect(try await good.transcript().segments.count == 1)
    #expect(http.requests.filter(\.isPlayer).count == 2)
    let (bad, again) = try source(clients: [.android()]) { (request, _) throws(HTTPClientError) in
      if request.isCaptions { return Answers.status(status) }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    #expect(try await bad.kind() == .unreachable)
    #expect(again.requests.filter(\.isCaptions).count == 2)
  }

  @Test("A cut caption body is an error that is tried again later; another form is read")
  func formats() async throws {
    let (cut, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isCaptions {
        return Answers.ok(#"{"events":[{"tStartMs":0,"segs":[{"utf8":"a"}]}"#)
      }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    #expect(try await cut.kind() == .malformed)
    let (xml, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isCaptions {
        return Answers.ok(
          "<?xml?><timedtext format=\"3\"><body><p t=\"1\" d=\"2\">x</p></body></timedtext>")
      }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    #expect(try await xml.transcript().segments.map(\.text) == ["x"])
    let (fallback, http) = try source { (request, _) throws(HTTPClientError) in
      if request.url.hasSuffix("fmt=json3") { return Answers.ok("[]") }
      if request.isCaptions {
        return Answers.ok("<timedtext><body><p t=\"1\" d=\"2\">y</p></body></timedtext>")
      }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    #expect(try await fallback.transcript().segments.map(\.text) == ["y"])
    #expect(http.requests.last?.url.hasSuffix("fmt=srv3") == true)
    let (last, asked) = try source { (request, _) throws(HTTPClientError) in
      if request.url.hasSuffix("fmt=vtt") {
        return Answers.ok("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nz\n\n")
      }
      if request.url.hasSuffix("fmt=json3") { return Answers.ok("[]") }
      if request.isCaptions { return Answers.ok("<other></other>") }
      return Self.standard(request) ?? Answers.player(["en"])
    }
    #expect(try await last.transcript().segments.map(\.text) == ["z"])
    let forms = asked.requests.filter(\.isCaptions).map { request in
      request.url.firstRange(of: "fmt=").map { String(request.url[$0.upperBound...]) } ?? "srv1"
    }
    #expect(forms == ["json3", "srv3", "srv1", "vtt"])
  }

  @Test(
    "Failures on the way have their kind",
    arguments: [
      (HTTPClientError.Code.timeout, FetchError.Kind.unreachable), (.refused, .unreachable),
      (.tls, .unreachable), (.interrupted, .unreachable), (.unresolved, .unreachable),
      (.tooLarge, .tooLarge), (.proxy, .unreachable), (.overloaded, .throttled),
      (.misconfigured, .misconfigured), (.badEncoding, .unreachable),
    ])
  func transport(code: HTTPClientError.Code, kind: FetchError.Kind) async throws {
    let (source, _) = try source { (_, _) throws(HTTPClientError) in
      throw HTTPClientError(code, "as scripted")
    }
    #expect(try await source.kind() == kind)
  }

  @Test("Cancelling is passed on as it is")
  func cancelled() async throws {
    let (source, _) = try source { (_, _) throws(HTTPClientError) in
      throw HTTPClientError(.cancelled, "as scripted")
    }
    await #expect(throws: CancellationError.self) { try await source.transcript() }
  }

  @Test("Refusing every client is blocking")
  func refusals() async throws {
    let limiter = ScriptedLimiter()
    let (source, _) = try source(
      limiter: limiter, clients: [.android(), .androidBare(), .visionOS()]
    ) { (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? Answers.status(403)
    }
    #expect(try await source.kind() == .blocked)
    #expect(limiter.outcomes == ["direct blocked"])
  }

  @Test(
    "That the web site withholds captions says nothing where the apps were not let in",
    arguments: [(403, FetchError.Kind.blocked), (400, .clientOutdated)])
  func pageAlone(status: Int, kind: FetchError.Kind) async throws {
    let (source, _) = try source { (request, _) throws(HTTPClientError) in
      if request.isWatchPage {
        let player = Answers.player(
          ["en"], address: "https://www.youtube.com/api/timedtext?v=dQw4w9WgXcQ&exp=xpe")
        return Answers.ok(
          "<!DOCTYPE html><script>var ytInitialPlayerResponse = "
            + String(decoding: player.body, as: UTF8.self) + ";</script>")
      }
      return Self.standard(request) ?? Answers.status(status)
    }
    #expect(try await source.kind() == kind)
  }

  @Test("Outdated clients are said to be outdated")
  func outdated() async throws {
    let (source, _) = try source(clients: [.android(), .androidBare()]) {
      (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? Answers.status(400)
    }
    #expect(try await source.kind() == .clientOutdated)
  }

  @Test("A deadline in the past makes no request")
  func deadline() async throws {
    let (source, http) = try source { (_, _) throws(HTTPClientError) in Answers.status(500) }
    let error = await #expect(throws: FetchError.self) {
      try await source.transcript(
        of: Answers.video, languages: LanguagePreference(), deadline: .now - .seconds(1))
    }
    #expect(error?.kind == .deadlineExceeded)
    #expect(http.requests.isEmpty)
  }

  @Test("Recorded answers give their transcripts' tracks")
  func recordedAnswer() async throws {
    let body = try Fixture.own("android-8-tracks.json")
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      Self.standard(request) ?? HTTPClient.Response(status: 200, body: body)
    }
    let transcript = try await source.transcript(
      of: #require(VideoID("GJLlxj_dtq8")), languages: LanguagePreference(languageCodes: ["de"]),
      deadline: .now + .seconds(60))
    #expect(transcript.track.name == "German")
    let url = try #require(http.requests.last?.url)
    #expect(url.contains("&lang=de&fmt=json3") && !url.contains("srv3"))
  }
}

@Suite("Egress identities and limits")
struct EgressTests {
  static let proxies = """
    # two proxies
    one=http://user:secret@proxy.example:3128
    two=socks5h://10.0.0.1:1080 rotating
    """

  @Test("Every request has a permit, and outcomes are told")
  func permits() async throws {
    let limiter = ScriptedLimiter()
    let (source, http) = try source(limiter: limiter) { (request, _) throws(HTTPClientError) in
      TranscriptTests.standard(request) ?? Answers.player(["en"])
    }
    _ = try await source.transcript()
    #expect(limiter.asked.count == http.requests.count)
    #expect(limiter.outcomes == ["direct ok"])
  }

  @Test("A short wait is waited for, a long one gives the task back with the wait")
  func waits() async throws {
    let limiter = ScriptedLimiter(waits: ["direct": [.seconds(2), .zero, .seconds(6)]])
    let (source, http) = try source(limiter: limiter, sleep: { #expect($0 <= .seconds(2)) }) {
      (request, _) throws(HTTPClientError) in
      TranscriptTests.standard(request) ?? Answers.player(["en"])
    }
    let error = await #expect(throws: FetchError.self) {
      // The scripted sleep takes no time, so the pool's own clock still counts the two seconds.
      try await source.transcript(
        of: Answers.video, languages: LanguagePreference(), deadline: .now + .seconds(1))
    }
    #expect(error?.kind == .throttled)
    #expect(try #require(error?.retryAfter) > .zero)
    #expect(http.requests.isEmpty)
  }

  @Test("A wait beyond the bound throws at once")
  func longWait() async throws {
    let limiter = ScriptedLimiter(waits: ["direct": [.seconds(900)]])
    let (source, http) = try source(limiter: limiter, sleep: { _ in Issue.record("slept") }) {
      (_, _) throws(HTTPClientError) in
      Answers.status(500)
    }
    let error = await #expect(throws: FetchError.self) { try await source.transcript() }
    #expect(error?.kind == .throttled)
    #expect(try #require(error?.retryAfter) > .seconds(890))
    #expect(http.requests.isEmpty)
  }

  @Test("429 is told to the limiter with its wait")
  func throttled() async throws {
    let limiter = ScriptedLimiter()
    let (source, _) = try source(limiter: limiter) { (request, _) throws(HTTPClientError) in
      TranscriptTests.standard(request)
        ?? Answers.status(429, [HTTPClient.Header("Retry-After", "120")])
    }
    let error = await #expect(throws: FetchError.self) { try await source.transcript() }
    #expect(error?.kind == .throttled && error?.retryAfter == .seconds(120))
    #expect(error?.kind.consequence == .waitForIdentity)
    #expect(limiter.outcomes == ["direct throttled(retryAfter: Optional(120.0 seconds))"])
  }

  @Test("A limited guest session pauses its identity for an hour")
  func session() async throws {
    let limiter = ScriptedLimiter()
    let (source, _) = try source(limiter: limiter) { (request, _) throws(HTTPClientError) in
      TranscriptTests.standard(request)
        ?? Answers.unplayable("ERROR", "This content isn’t available, try again later.")
    }
    let error = await #expect(throws: FetchError.self) { try await source.transcript() }
    #expect(error?.kind == .throttled && error?.retryAfter == .seconds(3600))
  }

  @Test("A video that is blocked on one identity goes to another at once")
  func failover() async throws {
    let limiter = ScriptedLimiter()
    let (source, http) = try source(limiter: limiter, proxies: Self.proxies) {
      (request, _) throws(HTTPClientError) in
      if request.proxy?.host == "proxy.example", request.isPlayer {
        return Answers.unplayable("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot")
      }
      return TranscriptTests.standard(request) ?? Answers.player(["en"])
    }
    for _ in 0..<2 { _ = try await source.transcript() }
    #expect(limiter.outcomes.filter { $0 == "one blocked" }.count == 1)
    #expect(limiter.outcomes.filter { $0 == "two ok" }.count == 2)
    let second = http.requests.filter { $0.identity == "two" }
    #expect(second.allSatisfy { $0.usesFreshConnection && $0.proxy?.port == 1080 })
    // Each identity has a guest session of its own.
    #expect(http.requests.filter(\.isVisitor).count == 2)
  }

  @Test("A video that one country may not see is asked for from another; only all together say no")
  func otherCountry() async throws {
    let limiter = ScriptedLimiter()
    let refusal = "The uploader has not made this video available in your country"
    let (source, _) = try source(limiter: limiter, proxies: Self.proxies) {
      (request, _) throws(HTTPClientError) in
      if request.identity == "one", request.isPlayer {
        return Answers.unplayable("UNPLAYABLE", refusal)
      }
      return TranscriptTests.standard(request) ?? Answers.player(["en"])
    }
    for _ in 0..<2 { #expect(try await source.transcript().segments.count == 1) }
    #expect(!limiter.outcomes.contains { $0.hasSuffix("blocked") })
    let (nowhere, _) = try self.nowhere(refusal)
    #expect(try await nowhere.kind() == .geoBlocked)
  }

  private func nowhere(_ refusal: String) throws -> (YouTubeSource, ScriptedHTTP) {
    try source(proxies: Self.proxies) { (request, _) throws(HTTPClientError) in
      TranscriptTests.standard(request) ?? Answers.unplayable("UNPLAYABLE", refusal)
    }
  }

  @Test("When every identity is blocked, the task waits for one")
  func allBlocked() async throws {
    let (source, _) = try source(proxies: Self.proxies) { (request, _) throws(HTTPClientError) in
      TranscriptTests.standard(request)
        ?? HTTPClient.Response(
          status: 302,
          headers: [HTTPClient.Header("Location", "https://www.google.com/sorry/index?continue=x")])
    }
    #expect(try await source.kind() == .blocked)
  }

  @Test("A proxy that is down does not stop the others")
  func proxyDown() async throws {
    let (source, _) = try source(proxies: Self.proxies) { (request, _) throws(HTTPClientError) in
      if request.identity == "one" { throw HTTPClientError(.proxy, "refused") }
      return TranscriptTests.standard(request) ?? Answers.player(["en"])
    }
    for _ in 0..<3 { #expect(try await source.transcript().segments.count == 1) }
  }

  @Test("Many videos at once ask for one guest session, and a failure of it fails one")
  func sharedSession() async throws {
    let (source, http) = try source { (request, count) throws(HTTPClientError) in
      if request.isVisitor, count == 0 { throw HTTPClientError(.timeout, "as scripted") }
      return TranscriptTests.standard(request) ?? Answers.player(["en"])
    }
    let failures = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 {
        group.addTask { (try? await source.transcript()) == nil }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(failures == 1)
    #expect(http.requests.filter(\.isVisitor).count == 2)
  }

  @Test("Without a guest session requests are made all the same")
  func noSession() async throws {
    let (source, http) = try source { (request, _) throws(HTTPClientError) in
      if request.isVisitor { return Answers.status(404) }
      return TranscriptTests.standard(request) ?? Answers.player(["en"])
    }
    _ = try await source.transcript()
    _ = try await source.transcript()
    #expect(http.requests.filter(\.isVisitor).count == 1)
    #expect(http.requests.filter(\.isPlayer).allSatisfy { !$0.bodyText.contains("visitorData") })
  }

  @Test("Lists of proxies are read, and mistakes named by line without their text")
  func list() throws {
    let list = try EgressProxy.list(parsing: Self.proxies)
    #expect(list.map(\.name) == ["one", "two"])
    #expect(list[0].proxy.username == "user" && list[0].proxy.password == "secret")
    #expect(!"\(list)".contains("secret"))
    #expect(list[1].isRotating && list[1].proxy.scheme == .socks5h)
    #expect(try EgressProxy.list(parsing: "http://a:b@h:1").first?.name == "h:1")
    let pool = try EgressProxy.list(parsing: "pool=http://h:1 weight=50 rotating")
    #expect(pool[0].isRotating && pool[0].weight == 50)
    for text in [
      "http://user:secret@host", "x=secret://h:1", "http://h:1 secret", "a b c",
      "http://h:1\nhttp://u:secret@h:1", "se@cret=http://h:1",
      "http://h:1 weight=0", "http://h:1 weight=1001", "http://h:1 weight=secret",
    ] {
      let error = #expect(throws: ConfigurationError.self) { try EgressProxy.list(parsing: text) }
      #expect(error?.message.contains("line") == true)
      #expect(error?.message.contains("secret") == false, "\(error?.message ?? "")")
    }
  }

  @Test(
    "Turns are spread by weight",
    arguments: [
      ([1], [0]), ([1, 1, 1], [0, 1, 2]), ([4, 4], [0, 1]), ([1, 3], [1, 0, 1, 1]),
      ([2, 1], [0, 1, 0]), ([50, 100], [1, 0, 1]),
    ])
  func turns(weights: [Int], expected: [Int]) {
    #expect(EgressPool.turns(weights) == expected)
  }

  @Test("A proxy that cannot be reached is left alone longer each time, the only one never")
  func unreachable() async {
    let proxies = try? EgressProxy.list(parsing: Self.proxies)
    let pool = EgressPool(proxies ?? [])
    let one = EgressIdentity("one")
    var now = ContinuousClock.now
    for expected in [15, 30, 60, 120, 240, 300, 300] {
      await pool.couldNotReach(one, at: now)
      // Of the same burst.
      await pool.couldNotReach(one, at: now)
      let candidates = await pool.candidates(excluding: [])
      let pause = candidates.first { $0.egress.identity == one }?.notBefore
      #expect(pause == now + .seconds(expected))
      now += .seconds(expected)
    }
    await pool.reached(one)
    #expect(await pool.candidates(excluding: []).allSatisfy { $0.notBefore == nil })
    let direct = EgressPool([])
    await direct.couldNotReach(EgressIdentity("direct"))
    #expect(await direct.candidates(excluding: []).allSatisfy { $0.notBefore == nil })
  }

  @Test("Lists of clients are read")
  func clients() throws {
    let list = try InnerTubeClient.list(parsing: "android:22.1.0, VISIONOS,ANDROID-BARE,WATCH-PAGE")
    #expect(list.map(\.name) == ["ANDROID", "VISIONOS", "ANDROID", "WEB"])
    #expect(list[0].version == "22.1.0" && list[0].userAgent.contains("22.1.0"))
    #expect(throws: ConfigurationError.self) { try InnerTubeClient.list(parsing: "") }
    #expect(throws: ConfigurationError.self) { try InnerTubeClient.list(parsing: "NOPE") }
    #expect(throws: ConfigurationError.self) {
      try InnerTubeClient.list(parsing: "ANDROID:1\r\nX: y")
    }
  }
}
