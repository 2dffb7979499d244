import FixtureKit
import HTTPClient
import JSON
internal import TestRandom
import Testing
import Transcripts

@testable import YouTubeSource

@Suite("The player's answer")
struct PlayerTests {
  static func verdict(_ name: String, for id: String? = nil) throws -> (PlayerReply, Playability) {
    let reply = try PlayerReply(Fixture.own(name))
    let video = VideoID(id ?? reply.videoID ?? "dQw4w9WgXcQ") ?? Answers.video
    return (reply, Playability(reply, for: video, nowSeconds: 0))
  }

  @Test("Tracks are read with names, kinds and the default one")
  func tracks() throws {
    let (reply, verdict) = try Self.verdict("android-8-tracks.json")
    #expect(verdict == .playable)
    #expect(reply.title == "Surface Go Review - It’s Awesome")
    #expect(reply.durationMilliseconds == 316_000)
    #expect(
      reply.tracks.map(\.vssID) == [".zh", ".cs", ".en", "a.en", ".de", ".hi", ".ja", ".ko", ".es"])
    #expect(
      reply.tracks.filter { $0.track.kind == .automatic }.map(\.track.name) == [
        "English (auto-generated)"
      ])
    #expect(reply.defaultTrackIndex == 2)
    #expect(reply.tracks.allSatisfy { $0.address?.needsToken == false })
  }

  @Test("A track that needs a token is known by its address")
  func token() throws {
    let (reply, _) = try Self.verdict("po-token-required.json")
    #expect(reply.tracks.filter { $0.address?.needsToken == true }.map(\.vssID) == [".en"])
  }

  @Test(
    "Recorded failures have their kind",
    arguments: [
      ("age-restricted.json", FetchError.Kind.ageRestricted),
      ("request-blocked-bot-check.json", .blocked),
      ("video-unavailable.json", .notFound),
      ("unplayable-custom-reason.json", .unplayable),
    ])
  func recordedFailures(name: String, kind: FetchError.Kind) throws {
    let (_, verdict) = try Self.verdict(name)
    #expect(verdict.error?.kind == kind)
  }

  @Test(
    "Reasons are told apart by their words",
    arguments: [
      ("LOGIN_REQUIRED", "This video is private", FetchError.Kind.isPrivate),
      ("ERROR", "This video is private", .isPrivate),
      ("LOGIN_REQUIRED", "Sign in to confirm your age", .ageRestricted),
      ("AGE_VERIFICATION_REQUIRED", "", .ageRestricted),
      ("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot", .blocked),
      ("LOGIN_REQUIRED", "Sign in", .unplayable),
      ("UNPLAYABLE", "This video is available to this channel's members on level: X", .membersOnly),
      ("UNPLAYABLE", "Join this channel to get access to members-only content", .membersOnly),
      ("UNPLAYABLE", "This video requires payment to watch", .membersOnly),
      ("UNPLAYABLE", "This video is only available to Music Premium members", .membersOnly),
      ("UNPLAYABLE", "The uploader has not made this video available in your country", .geoBlocked),
      (
        "UNPLAYABLE", "This video contains content from X, who has blocked it on copyright grounds",
        .geoBlocked
      ),
      ("UNPLAYABLE", "This video is not available", .unplayable),
      ("ERROR", "Video unavailable", .notFound),
      ("ERROR", "This video has been removed by the uploader", .notFound),
      (
        "ERROR",
        "This video is no longer available because the YouTube account associated with this video has been terminated.",
        .notFound
      ),
      ("ERROR", "This video has been removed for violating YouTube's Terms of Service", .notFound),
      ("LIVE_STREAM_OFFLINE", "This live event will begin in 2 hours.", .notYetAvailable),
      ("UNPLAYABLE", "Premieres in 3 days", .notYetAvailable),
      ("UNPLAYABLE", "This content isn't available, try again later.", .throttled),
      ("ERROR", "Video unavailable. This content isn’t available, try again later.", .throttled),
      ("SOMETHING_NEW", "Who knows", .unplayable),
    ])
  func reasons(status: String, reason: String, kind: FetchError.Kind) throws {
    let reply = try PlayerReply(Answers.unplayable(status, reason).body)
    let verdict = Playability(reply, for: Answers.video, nowSeconds: 0)
    #expect(verdict.error?.kind == kind)
    #expect(verdict.error?.message.isEmpty == false)
  }

  @Test("A general reason is explained by the sentence beside it")
  func subreason() throws {
    let json =
      #"{"playabilityStatus":{"status":"UNPLAYABLE","reason":"Video unavailable","errorScreen":{"playerErrorMessageRenderer":{"subreason":{"runs":[{"text":"The uploader has not made this video available in your country"}]}}}}}"#
    let reply = try PlayerReply(Array(json.utf8))
    #expect(Playability(reply, for: Answers.video, nowSeconds: 0).error?.kind == .geoBlocked)
  }

  @Test("A stream that did not begin says when to ask again")
  func scheduled() throws {
    let json =
      #"{"playabilityStatus":{"status":"LIVE_STREAM_OFFLINE","reason":"This live event will begin in 2 hours.","liveStreamability":{"liveStreamabilityRenderer":{"offlineSlate":{"liveStreamOfflineSlateRenderer":{"scheduledStartTime":"1000"}}}}}}"#
    let reply = try PlayerReply(Array(json.utf8))
    #expect(
      Playability(reply, for: Answers.video, nowSeconds: 400).error?.retryAfter == .seconds(600))
  }

  @Test("An answer for another video is a sign of blocking")
  func otherVideo() throws {
    let reply = try PlayerReply(Answers.player(["en"], id: "AAAAAAAAAAA").body)
    guard case .forThisIdentity(let error) = Playability(reply, for: Answers.video, nowSeconds: 0)
    else {
      Issue.record("the other video's captions would be stored")
      return
    }
    #expect(error.kind == .blocked)
  }

  @Test(
    "Only YouTube's caption service is contacted",
    arguments: [
      "https://evil.example/api/timedtext?v=x", "http://www.youtube.com/api/timedtext?v=x",
      "https://www.youtube.com.evil.example/api/timedtext?v=x",
      "https://www.youtube.com@evil.example/api/timedtext?v=x",
      "https://www.youtube.com:8080/api/timedtext?v=x", "https://www.youtube.com/api/timedtext",
      "https://www.youtube.com/other?v=x", "//evil.example/api/timedtext?v=x",
      "https://www.youtube.com/api/timedtext?v=x y", "https://www.youtube.com/api/timedtext?v=x#y",
      "https://www.youtube.com/api/timedtext?lang=en", "",
    ])
  func hosts(address: String) { #expect(CaptionAddress(address) == nil) }

  @Test("A signed address keeps all but format, translation and positions")
  func rewriting() throws {
    let address = try #require(
      CaptionAddress(
        "https://www.youtube.com/api/timedtext?v=x&caps=asr&xosf=1&signature=A.B&lang=en&name=a+b%20c&fmt=srv3&tlang=de"
      ))
    let kept =
      "https://www.youtube.com/api/timedtext?v=x&caps=asr&signature=A.B&lang=en&name=a+b%20c"
    #expect(address.url(format: .json3) == kept + "&fmt=json3")
    #expect(address.url(format: .srv1) == kept)
    #expect(
      CaptionAddress("/api/timedtext?v=x")?.url(format: .vtt)
        == "https://www.youtube.com/api/timedtext?v=x&fmt=vtt")
    #expect(CaptionAddress("/api/timedtext?v=x&exp=xbt")?.needsToken == false)
    #expect(CaptionAddress("/api/timedtext?v=x&exp=xbt%2Cxpv")?.needsToken == true)
  }

  @Test("A watch page has the same answer inside")
  func watchPage() async throws {
    let answer = String(decoding: Answers.player(["en"]).body, as: UTF8.self)
    let page =
      #"<!DOCTYPE html><html><script>var ytInitialPlayerResponse = null;</script><script>var ytInitialPlayerResponse = \#(answer);var meta = "}";</script></html>"#
    let reply = try await PlayerReply.parse(Array(page.utf8), isPage: true)
    #expect(reply.tracks.count == 1)
    #expect(reply.videoID == Answers.video.text)
  }

  @Test(
    "Pages in place of an answer are told apart",
    arguments: [
      (#"<!DOCTYPE html><form><div class="g-recaptcha"></div>"#, FetchError.Kind.blocked),
      (#"<html><form action="https://consent.youtube.com/s" method="POST">"#, .misconfigured),
      ("<!doctype html><p>hello", .malformed),
      (#"{"playabilityStatus":{"#, .malformed),
    ])
  func pages(body: String, kind: FetchError.Kind) async {
    for isPage in [true, false] {
      let error = await #expect(throws: FetchError.self) {
        try await PlayerReply.parse(Array(body.utf8), isPage: isPage)
      }
      #expect(error?.kind == kind || (isPage && body.hasPrefix("{") && error?.kind == .malformed))
    }
  }

  @Test("Dates are read with their zone")
  func dates() {
    #expect(Timestamps.milliseconds(iso8601: "1970-01-02") == 86_400_000)
    #expect(Timestamps.milliseconds(iso8601: "2024-02-29T12:00:00-07:00") == 1_709_233_200_000)
    #expect(Timestamps.milliseconds(iso8601: "2026-07-02T07:36:26.5Z") == 1_782_977_786_000)
    #expect(Timestamps.milliseconds(iso8601: "yesterday") == nil)
  }

  @Test("Damaged answers neither crash nor give tracks outside of YouTube")
  func mutations() throws {
    let original = try Fixture.own("po-token-required.json")
    var random = SeededRandom(seed: 5)
    for _ in 0..<150 {
      var body = original
      for _ in 0..<3 {
        let at = Int.random(in: 0..<body.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: body[at] = UInt8.random(in: 0x20...0x7E, using: &random)
        case 1: body.removeSubrange(at..<min(body.count, at + 25))
        default: body = Array(body[..<at])
        }
        if body.isEmpty { break }
      }
      guard let reply = try? PlayerReply(body) else { continue }
      #expect(reply.tracks.count <= 9)
      for track in reply.tracks {
        let url = track.address?.url(format: .json3)
        #expect(url?.hasPrefix("https://www.youtube.com/api/timedtext?") ?? true)
      }
    }
  }
}

extension Playability {
  var error: FetchError? {
    switch self {
    case .playable: nil
    case .finally(let error), .forThisClient(let error), .forThisIdentity(let error): error
    }
  }
}

@Suite(
  "Recorded player answers", .enabled(if: Fixture.folder != nil, Comment(rawValue: Fixture.why)))
struct RecordedPlayerTests {
  @Test("Each gives exactly what was recorded")
  func all() throws {
    let entries = try Fixture.entries("player/")
    #expect(entries.count >= 18)
    for (path, expected) in entries {
      let reply = try PlayerReply(Fixture.recorded(path))
      let id = VideoID(expected["videoId"]?.string ?? reply.videoID ?? "dQw4w9WgXcQ")
      let verdict = Playability(reply, for: try #require(id), nowSeconds: 0)
      if let error = expected["error"]?.string {
        Self.check(error, path, reply, verdict)
      } else {
        #expect(verdict == .playable, "\(path)")
        try Self.checkTracks(reply, expected, path)
      }
    }
  }

  static func check(_ error: String, _ path: String, _ reply: PlayerReply, _ verdict: Playability) {
    let kind = verdict.error?.kind
    switch error {
    case "AgeRestricted": #expect(kind == .ageRestricted, "\(path)")
    case "RequestBlocked": #expect(kind == .blocked, "\(path)")
    case "VideoUnavailable": #expect(kind == .notFound, "\(path)")
    case "TranscriptsDisabled":
      // A running stream has no captions yet; other videos have none at all.
      #expect(path.contains("live") ? kind == .notYetAvailable : verdict == .playable, "\(path)")
      #expect(reply.tracks.isEmpty, "\(path)")
    case "VideoUnplayable":
      let expected: FetchError.Kind =
        path.contains("private")
        ? .isPrivate : path.contains("members") ? .membersOnly : .unplayable
      #expect(kind == expected, "\(path)")
    default: Issue.record("\(path) expects \(error), which this test does not know")
    }
  }

  static func checkTracks(_ reply: PlayerReply, _ expected: JSONValue, _ path: String) throws {
    #expect(reply.tracks.count == expected["captionTracks"]?.int, "\(path)")
    for (kind, key) in [(CaptionKind.manual, "manual"), (.automatic, "generated")] {
      let found = Set(
        reply.tracks.filter { $0.track.kind == kind }.map {
          "\($0.track.languageCode) \($0.track.name)"
        })
      let wanted =
        (expected[key]?.elements).map {
          $0.map { "\($0["languageCode"]?.string ?? "") \($0["name"]?.string ?? "")" }
        } ?? []
      // The peer keeps one track of each language; ours has them all.
      #expect(found.isSuperset(of: wanted), "\(path) \(key)")
    }
    #expect(reply.translationLanguages.count == expected["translationLanguages"]?.int, "\(path)")
    #expect(reply.title == expected["title"]?.string, "\(path)")
    #expect(reply.videoID == expected["videoId"]?.string, "\(path)")
    #expect(
      String(reply.durationMilliseconds / 1000) == expected["lengthSeconds"]?.string, "\(path)")
    #expect(
      reply.tracks.contains { $0.address?.needsToken == true } == expected["poTokenRequired"]?.bool,
      "\(path)")
    for (asked, key) in [(["en"], "pick en"), (["de", "en"], "pick de,en"), (["xx"], "pick xx")] {
      guard let pick = expected[key] else { continue }
      let choice = CaptionSelection(
        among: reply.tracks.map(\.track), defaultIndex: reply.defaultTrackIndex,
        preference: LanguagePreference(languageCodes: asked, anyLanguage: false))
      let track = choice.map { reply.tracks[$0.index].track }
      if pick.string != nil {
        // The peer compares exact codes only: ours may find a relative where it finds nothing.
        let isRelative = track.map { !asked.contains($0.languageCode) } ?? true
        #expect(isRelative, "\(path) \(key)")
      } else {
        #expect(track?.languageCode == pick["languageCode"]?.string, "\(path) \(key)")
        #expect((track?.kind == .automatic) == pick["generated"]?.bool, "\(path) \(key)")
      }
    }
  }

  @Test("Pages are told apart")
  func pages() throws {
    #expect(
      WebPage.kind(of: try Fixture.recorded("pages/captcha-too-many-requests.html")) == .captcha)
    #expect(WebPage.kind(of: try Fixture.recorded("pages/consent.html")) == .consent)
    #expect(WebPage.kind(of: try Fixture.recorded("pages/watch.html")) == .other)
  }
}
