import Foundation
import HTTPClient
import JSON
import Networking
import Simulator
import TestKit
import Testing
import Transcripts
import YouTubeSource

/// The simulator is as faithful as unmodified clients take it to be: they read what our fetcher reads, and see the same errors.
@Suite(
  "Real clients ask the simulator", .serialized,
  .enabled(if: TestCertificates.isAvailable, Comment(rawValue: TestCertificates.missingReason)),
  .enabled(if: Peers.installed != nil, Comment(rawValue: Peers.missingReason)))
@NetworkActor
struct RealClientTests {
  /// A simulator with a proxy, and everybody who asks it.
  @NetworkActor
  private struct Stage {
    let simulator: Simulator
    let peers: Peers
    let authority: String

    var proxy: String { "127.0.0.1:\(self.simulator.proxyPort ?? 0)" }

    func ask(_ cases: [Peers.Case]) async throws -> [JSONValue] {
      try await self.peers.ask(cases, proxy: self.proxy, authority: self.authority)
    }

    /// Our own source, as the client at the simulated address `user`.
    func source(_ user: String) async throws -> (
      source: YouTubeSource, close: @NetworkActor () -> Void
    ) {
      var configuration = YouTubeConfiguration()
      configuration.caFile = self.authority
      configuration.proxies = try EgressProxy.list(
        parsing: "\(user)=http://\(user):pw@\(self.proxy)")
      let http = try HTTPClient(options: configuration.httpOptions)
      let source = YouTubeSource(
        configuration: configuration, http: http, limiter: NoLimit())
      return (source, { http.close() })
    }

    /// What our fetcher makes of a video: its transcript, or the kind of the error.
    func fetch(_ id: String, user: String) async throws -> Result<Transcript, FetchError> {
      let video = try #require(VideoID(id))
      let (source, close) = try await self.source(user)
      defer { close() }
      do {
        return .success(
          try await source.transcript(
            of: video, languages: LanguagePreference(languageCodes: ["en"]),
            deadline: .now + .seconds(60)))
      } catch let error as FetchError {
        return .failure(error)
      }
    }
  }

  private struct NoLimit: EgressLimiter {
    func permit(_ identity: EgressIdentity, weight: Int, count: Int) async throws -> Duration {
      .zero
    }
    func report(_ identity: EgressIdentity, _ outcome: EgressOutcome) async throws {}
  }

  private func withStage(
    _ scenario: Scenario = .ideal, _ body: (Stage) async throws -> Void
  ) async throws {
    let pair = try TestCertificates.shared.get().youTube()
    var configuration = SimulatorConfiguration(
      certificateFile: pair.certificate, keyFile: pair.key)
    configuration.proxyPort = 0
    configuration.minutes = 1...2
    configuration.scenario = scenario
    let stage = Stage(
      simulator: try Simulator(configuration), peers: try #require(Peers.installed),
      authority: pair.certificate)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await stage.simulator.run() }
      try await body(stage)
      group.cancelAll()
    }
  }

  @Test("youtube-transcript-api reads the same segments as our fetcher, one by one")
  func transcripts() async throws {
    try await self.withStage { stage in
      let ids =
        stage.simulator.videoIDs(of: "PLsamples-talks")
        + stage.simulator.videoIDs(of: "PLsimL000012-00003")
      let answers = try await stage.ask(ids.map { Peers.Case(client: .transcript, id: $0) })
      try #require(answers.count == ids.count)
      for (id, answer) in zip(ids, answers) {
        let own = try await stage.fetch(id, user: "own").get()
        #expect(answer["language"]?.string == own.track.languageCode, "\(id)")
        #expect(answer["automatic"]?.bool == (own.track.kind == .automatic), "\(id)")
        #expect(answer.segments == own.segments.map(\.fields), "\(id)")
      }
    }
  }

  @Test("yt-dlp lists playlists of every shape as our fetcher does, and reads a video's captions")
  func playlists() async throws {
    try await self.withStage { stage in
      let lists = [
        "PLsamples-talks", "PLsimL000250-00001", "PLsimR000250-00001", "PLsimM000350-00001",
        "PLsimT000250-00001",
      ]
      let video = try #require(stage.simulator.videoIDs(of: lists[1]).first)
      let answers = try await stage.ask(
        lists.map { Peers.Case(client: .playlist, id: $0) } + [.init(client: .subtitles, id: video)]
      )
      try #require(answers.count == lists.count + 1)
      let (source, close) = try await stage.source("own")
      for (list, answer) in zip(lists, answers) {
        let ids = answer["ids"]?.elements.compactMap(\.string) ?? []
        #expect(ids == stage.simulator.videoIDs(of: list), "\(list)")
        var own: [String] = []
        var cursor: String?
        repeat {
          let page = try await source.playlistPage(
            of: .playlist(list), cursor: cursor, deadline: .now + .seconds(60))
          own += page.items.map(\.video.id.text)
          cursor = page.cursor
        } while cursor != nil
        #expect(ids == own, "\(list)")
      }
      close()
      let lines = answers.last?["lines"]?.elements.compactMap(\.string)
      let own = try await stage.fetch(video, user: "own").get()
      #expect(lines == own.segments.map(\.text))
    }
  }

  /// A video or a fault, what youtube-transcript-api throws, and what our fetcher says.
  private struct Trouble {
    var video = ""
    var fault: Scenario.Fault?
    var path: Scenario.Path?
    /// Nil: it gets the transcript.
    var theirs: String?
    var ours: FetchError.Kind?
  }

  private static let troubles: [Trouble] = [
    // What is wrong with the video itself.
    Trouble(video: "sim-private", theirs: "VideoUnplayable", ours: .isPrivate),
    Trouble(video: "sim-deleted", theirs: "VideoUnplayable", ours: .notFound),
    Trouble(video: "sim-age_old", theirs: "AgeRestricted", ours: .ageRestricted),
    Trouble(video: "sim-members", theirs: "VideoUnplayable", ours: .membersOnly),
    Trouble(video: "sim-premium", theirs: "VideoUnplayable", ours: .membersOnly),
    Trouble(video: "sim-geo_off", theirs: "VideoUnplayable", ours: .geoBlocked),
    Trouble(video: "sim-no_caps", theirs: "TranscriptsDisabled", ours: .noTranscript),
    Trouble(video: "sim-live_on", theirs: "TranscriptsDisabled", ours: .notYetAvailable),
    Trouble(video: "sim-upcomin", theirs: "VideoUnplayable", ours: .notYetAvailable),
    Trouble(video: "sim-withhel", theirs: "PoTokenRequired", ours: .withheld),
    Trouble(video: "simAAAAAAAA", theirs: "VideoUnavailable", ours: .notFound),
    Trouble(video: "sim-forkids", theirs: nil, ours: nil),
    // The same, played by a rule for one address.
    Trouble(fault: .isPrivate, path: .player, theirs: "VideoUnplayable", ours: .isPrivate),
    Trouble(fault: .noCaptions, path: .player, theirs: "TranscriptsDisabled", ours: .noTranscript),
    // What is wrong with the way there.
    Trouble(fault: .botCheck, path: .player, theirs: "RequestBlocked", ours: .blocked),
    Trouble(fault: .tryAgainLater, path: .player, theirs: "VideoUnplayable", ours: .throttled),
    Trouble(fault: .throttled, path: .timedText, theirs: "IpBlocked", ours: .throttled),
    Trouble(fault: .captcha, theirs: "IpBlocked", ours: .throttled),
    Trouble(fault: .serverError, theirs: "YouTubeRequestFailed", ours: .unreachable),
    Trouble(fault: .forbidden, path: .player, theirs: "YouTubeRequestFailed", ours: .blocked),
    Trouble(
      fault: .clientOutdated, path: .player, theirs: "YouTubeRequestFailed", ours: .clientOutdated),
    Trouble(fault: .reset, path: .timedText, theirs: "ChunkedEncodingError", ours: .unreachable),
    Trouble(fault: .empty, path: .timedText, theirs: "ParseError", ours: .withheld),
    Trouble(fault: .truncated, path: .timedText, theirs: "ParseError", ours: .malformed),
    Trouble(fault: .consent, path: .page, theirs: nil, ours: nil),
  ]

  @Test("Each trouble is the peer's error and ours")
  func troubles() async throws {
    var scenario = Scenario.ideal
    let user = { (number: Int) in "client\(number)" }
    for (number, trouble) in Self.troubles.enumerated() {
      guard let fault = trouble.fault else { continue }
      scenario.rules.append(.init(fault, path: trouble.path, identity: user(number)))
    }
    try await self.withStage(scenario) { stage in
      let plain = try #require(stage.simulator.videoIDs(of: "PLsimL000012-00003").first)
      let ids = Self.troubles.map { $0.video.isEmpty ? plain : $0.video }
      let answers = try await stage.ask(
        ids.enumerated().map { .init(client: .transcript, user: user($0), id: $1) })
      try #require(answers.count == ids.count)
      for (number, trouble) in Self.troubles.enumerated() {
        let what = "\(trouble.video)\(trouble.fault?.rawValue ?? "")"
        #expect(
          answers[number]["error"]?.string == trouble.theirs,
          "\(what): \(answers[number]["words"]?.string ?? "")")
        let own = try await stage.fetch(ids[number], user: user(number))
        switch own {
        case .success: #expect(trouble.ours == nil, "\(what)")
        case .failure(let error): #expect(error.kind == trouble.ours, "\(what): \(error)")
        }
      }
    }
  }

  @Test("yt-dlp sees why a video or a list is not to be had, in YouTube's words")
  func words() async throws {
    try await self.withStage { stage in
      let answers = try await stage.ask([
        .init(client: .subtitles, id: "sim-private"), .init(client: .subtitles, id: "sim-geo_off"),
        .init(client: .subtitles, id: "sim-upcomin"),
        .init(client: .playlist, id: "PLsimP000250-00001"),
      ])
      let words = answers.map { $0["words"]?.string ?? "" }
      try #require(words.count == 4)
      #expect(words[0].contains("This video is private"))
      #expect(words[1].contains("not made this video available in your country"))
      #expect(words[2].contains("will begin in"))
      #expect(words[3].contains("The playlist does not exist."))
    }
  }

  @Test("An address over its limit is blocked for the peer and for us; a rotating one is not")
  func caps() async throws {
    var scenario = Scenario.ideal
    // Two videos of two requests each.
    scenario.cap = .init(maxRequests: 4, fault: .botCheck)
    try await self.withStage(scenario) { stage in
      let ids = Array(stage.simulator.videoIDs(of: "PLsimL000012-00003").prefix(4))
      let fixed = try await stage.ask(ids.map { .init(client: .transcript, user: "a", id: $0) })
      #expect(fixed.map { $0["error"]?.string } == [nil, nil, "RequestBlocked", "RequestBlocked"])
      let rotating = try await stage.ask(
        ids.map { .init(client: .transcript, user: "pool-rotate", id: $0) })
      #expect(rotating.map { $0["error"]?.string } == [nil, nil, nil, nil])
      var kinds: [FetchError.Kind?] = []
      for id in ids {
        switch try await stage.fetch(id, user: "b") {
        case .success: kinds.append(nil)
        case .failure(let error): kinds.append(error.kind)
        }
      }
      #expect(kinds == [nil, nil, .blocked, .blocked])
    }
  }

  // MARK: Recorded tracks

  private nonisolated static let fixtures = ProcessInfo.processInfo.environment["VERBATIM_FIXTURES"]

  @Test(
    "On every recorded track our segments are those of youtube-transcript-api",
    .enabled(if: Self.fixtures != nil, "VERBATIM_FIXTURES does not name a folder"))
  func recorded() async throws {
    let peers = try #require(Peers.installed)
    let folder = URL(fileURLWithPath: "\(Self.fixtures ?? "")/youtube/timedtext")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".xml") || $0.hasSuffix(".json") || $0.hasSuffix(".vtt") }.sorted()
    #expect(names.count >= 5)
    var cases: [Peers.Case] = []
    var own: [[[String]]] = []
    for name in names {
      let body = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
      let format = try #require(CaptionFormat(sniffing: body), "\(name)")
      let segments = try CaptionParser.segments(of: body, format: format)
      own.append(segments.map(\.fields))
      guard format != .srv1 else {
        cases.append(.init(client: .parse, id: folder.appendingPathComponent(name).path))
        continue
      }
      // The peer reads srv1 only: the same words in that form, escaped twice as YouTube does.
      let file = peers.folder.appendingPathComponent("\(name).srv1")
      try Data(Self.srv1(segments).utf8).write(to: file)
      cases.append(.init(client: .parse, id: file.path))
    }
    let answers = try await peers.ask(cases)
    try #require(answers.count == names.count)
    for (index, name) in names.enumerated() {
      #expect(answers[index].segments == own[index], "\(name)")
    }
  }

  private static func srv1(_ segments: [Segment]) -> String {
    func escaped(_ text: String) -> String {
      text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
    let texts = segments.map {
      "<text start=\"\(Double($0.startMilliseconds) / 1000)\" "
        + "dur=\"\(Double($0.durationMilliseconds) / 1000)\">\(escaped(escaped($0.text)))</text>"
    }
    return "<?xml version=\"1.0\" encoding=\"utf-8\" ?><transcript>\(texts.joined())</transcript>"
  }
}

extension Segment {
  /// As ``JSONValue/segments`` has them.
  fileprivate var fields: [String] {
    ["\(self.startMilliseconds)", "\(self.durationMilliseconds)", self.text]
  }
}
