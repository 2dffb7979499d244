internal import Base64
internal import Glibc
internal import HTTPServer
internal import Networking

/// A response, and whether the connection breaks off in the middle of it: how that is done depends on the protocol.
struct SimulatedAnswer: Sendable {
  var response: HTTPResponse
  var isCut = false
}

/// Answers requests as YouTube would: routing, checks, faults and delays.
@NetworkActor
final class SimulatedYouTube {
  /// The key in every recorded watch page; it is public and optional.
  static let apiKey = "AIzaSyAO_FJ2SlqU8Q4STEHLGCilw_Y9_11qcW8"
  /// Of the web site.
  private static let webVersion = "2.20260708.00.00"
  /// How long ``Scenario/Fault/hang`` lasts at most.
  private static let maxHang = Duration.seconds(600)

  private let seed: UInt64
  private let minutes: ClosedRange<Double>
  private let player: PlayerReply
  private(set) var catalog: Catalog
  private(set) var ledger = Ledger()
  var scenario: Scenario {
    didSet {
      self.catalog = Self.catalog(self.seed, self.minutes, self.scenario)
    }
  }

  init(seed: UInt64, minutes: ClosedRange<Double>, paddingBytes: Int, scenario: Scenario) {
    self.seed = seed
    self.minutes = minutes
    self.scenario = scenario
    self.catalog = Self.catalog(seed, minutes, scenario)
    self.player = PlayerReply(
      addresses: TrackAddress(seed: seed), paddingBytes: paddingBytes)
  }

  /// Forgets attempts, windows, counters and the log.
  func reset() { self.ledger.reset() }

  /// One request with everything that is known about it.
  struct Call {
    var request: HTTPRequest
    var query: QueryValues
    var identity: String
    var visitorData: String
    var fields: RequestFields?
    var path: Scenario.Path
    var subject: String
  }

  /// Answers `request`, which `identity` has sent.
  func answer(_ request: HTTPRequest, identity: String) async -> SimulatedAnswer {
    let start = ContinuousClock.now
    let call = self.call(request, identity)
    let attempt = self.ledger.begin(call.path, call.subject, identity: identity)
    let dice = Dice(seed: self.seed, path: call.path, subject: call.subject, attempt: attempt)
    var rule = dice.rule(self.scenario, identity: identity)
    if let cap = self.scenario.cap, call.path == .player || call.path == .timedText,
      self.ledger.exceeds(cap, identity: identity, seconds: Int64(time(nil)))
    {
      rule = Scenario.Rule(cap.fault)
    }
    if let rule { self.ledger.struck(rule.fault) }
    // The reply is made before the wait, so that replies due at one time do not queue for the processor.
    let response = self.response(to: call, rule: rule, dice: dice)
    await Pause.wait(
      rule?.fault == .hang ? Self.maxHang : dice.latency(self.scenario) - (.now - start))
    self.ledger.end(
      Ledger.Entry(
        milliseconds: Self.milliseconds(), identity: identity, path: call.path,
        subject: call.subject, attempt: attempt, status: response.status))
    return SimulatedAnswer(response: response, isCut: rule?.fault == .reset)
  }

  // MARK: Routing

  private func call(_ request: HTTPRequest, _ identity: String) -> Call {
    var call = Call(
      request: request, query: QueryValues(request.query), identity: identity,
      visitorData: Self.visitorData(identity), fields: nil,
      path: .other, subject: request.path)
    switch request.path {
    case "/youtubei/v1/player", "/youtubei/v1/reel/reel_item_watch":
      call.fields = RequestFields(request.body)
      call.path = .player
      call.subject = call.fields?.videoID ?? ""
    case "/youtubei/v1/browse":
      call.fields = RequestFields(request.body)
      call.path = .browse
      call.subject = call.fields?.browseID ?? call.fields?.continuation ?? ""
    case "/api/timedtext":
      call.path = .timedText
      call.subject = call.query["v"] ?? ""
    case "/watch":
      call.path = .page
      call.subject = call.query["v"] ?? ""
    case "/playlist":
      call.path = .page
      call.subject = call.query["list"] ?? ""
    case let path where path.hasPrefix(DataAPI.prefix):
      call.path = .dataAPI
      call.subject = call.query["playlistId"] ?? call.query["id"] ?? ""
    case let path where path.hasPrefix("/youtubei/"): call.fields = RequestFields(request.body)
    default: break
    }
    return call
  }

  private func response(
    to call: Call, rule: Scenario.Rule?, dice: Dice
  ) -> HTTPResponse {
    guard let rule else { return self.regular(call) }
    switch rule.fault {
    case .throttled:
      var response = HTTPResponse.text("Too Many Requests\n", status: 429)
      response.headers["Retry-After"] = rule.retryAfterSeconds.map { "\($0)" }
      return response
    case .serverError: return .text("Backend Error\n", status: dice.serverError())
    case .hang: return HTTPResponse(status: 504, body: .hangUp)
    case .reset: return self.regular(call)
    case .truncated:
      var response = self.regular(call)
      if case .bytes(let bytes) = response.body {
        response.body = .bytes(Array(bytes.prefix(bytes.count / 2)))
      }
      return response
    case .empty: return .text("", status: 200, type: "text/html; charset=UTF-8")
    case .botCheck where call.path == .player:
      return self.json(PlayerReply.botCheck(visitorData: call.visitorData), call)
    case .tryAgainLater where call.path == .player:
      return self.json(PlayerReply.tryAgainLater(visitorData: call.visitorData), call)
    case .wrongVideo:
      guard call.path == .player, let client = call.fields?.client else {
        return self.regular(call)
      }
      let other = self.catalog.video("sim-another")
      return self.json(
        self.player.body(
          other, client: client, visitorData: call.visitorData, now: Self.seconds()), call)
    case .captcha where call.path == .page:
      return .text(SmallReplies.captchaPage, type: "text/html; charset=utf-8")
    case .botCheck, .tryAgainLater, .captcha:
      return .text(SmallReplies.captchaPage, status: 429, type: "text/html; charset=utf-8")
    case .forbidden: return .text("Forbidden\n", status: 403)
    case .clientOutdated: return self.json(SmallReplies.preconditionFailed, call, 400)
    case .consent:
      // Either is what a browser sends after the page was answered.
      let cookies = call.request.headers["Cookie"] ?? ""
      guard call.path == .page, !cookies.contains("CONSENT=YES"), !cookies.contains("SOCS=") else {
        return self.regular(call)
      }
      return .text(SmallReplies.consentPage, type: "text/html; charset=utf-8")
    case .quotaExceeded, .keyInvalid:
      guard call.path == .dataAPI else { return self.regular(call) }
      let refusal: DataAPI.Refusal = rule.fault == .keyInvalid ? .keyInvalid : .quotaExceeded
      return .json(refusal.body.encoded(), status: refusal.status)
    default:
      guard call.path == .player, let client = call.fields?.client,
        let availability = SimulatedVideo.Availability(rawValue: rule.fault.rawValue),
        let video = call.fields?.videoID.flatMap({ self.catalog.video($0) })
      else { return self.regular(call) }
      return self.json(
        self.player.body(
          video.with(availability), client: client, visitorData: call.visitorData,
          now: Self.seconds()), call)
    }
  }

  private func regular(_ call: Call) -> HTTPResponse {
    switch call.request.path {
    case "/api/timedtext", "/watch", "/playlist", "/feeds/videos.xml":
      guard call.request.method == "GET" || call.request.method == "HEAD" else {
        return .methodNotAllowed("GET", "HEAD")
      }
    case let path where path.hasPrefix("/youtubei/"):
      guard call.request.method == "POST" else { return .methodNotAllowed("POST") }
      guard call.fields != nil else { return self.json(SmallReplies.invalidArgument, call, 400) }
    default: break
    }
    return switch call.request.path {
    case "/youtubei/v1/player": self.playerReply(call)
    case "/youtubei/v1/reel/reel_item_watch": self.reelReply(call)
    case "/youtubei/v1/browse": self.browseReply(call)
    case "/youtubei/v1/navigation/resolve_url": self.resolveReply(call)
    case "/youtubei/v1/next": self.nextReply(call)
    case "/youtubei/v1/visitor_id":
      self.json(["responseContext": PlayerReply.context(call.visitorData)], call)
    case "/api/timedtext": self.timedText(call)
    case "/watch": self.watchPage(call)
    case "/playlist": self.playlistPage(call)
    case "/feeds/videos.xml": self.feed(call)
    case let path where path.hasPrefix(DataAPI.prefix): self.dataAPI(call)
    default: .text("Not Found\n", status: 404)
    }
  }

  // MARK: Replies

  private func playerReply(_ call: Call) -> HTTPResponse {
    guard let client = call.fields?.client, let id = call.fields?.videoID, !id.isEmpty else {
      return self.json(SmallReplies.invalidArgument, call, 400)
    }
    guard !client.isOutdated else { return self.json(SmallReplies.preconditionFailed, call, 400) }
    return self.json(self.player(id, client, call), call)
  }

  /// The mobile players' other way: the same reply inside `playerResponse`, `{}` for an unknown video.
  private func reelReply(_ call: Call) -> HTTPResponse {
    guard let client = call.fields?.client, let id = call.fields?.videoID, !id.isEmpty else {
      return self.json(SmallReplies.invalidArgument, call, 400)
    }
    guard self.catalog.video(id) != nil else { return self.json([:], call) }
    return self.json(["playerResponse": self.player(id, client, call)], call)
  }

  private func player(_ id: String, _ client: InnerTubeClient, _ call: Call) -> JSONTree {
    self.player.body(
      self.catalog.video(id), client: client, visitorData: call.visitorData, now: Self.seconds())
  }

  private func browseReply(_ call: Call) -> HTTPResponse {
    guard let fields = call.fields, fields.client?.kind == .web else {
      return self.json(SmallReplies.invalidArgument, call, 400)
    }
    let reply = BrowseReply(catalog: self.catalog)
    if let token = fields.continuation {
      guard let continuation = Continuation(token: token) else {
        return self.json(SmallReplies.invalidArgument, call, 400)
      }
      return self.browse(continuation.playlist, .continuation(continuation), reply, call)
    }
    guard let id = fields.browseID, id.hasPrefix("VL") else {
      return self.json(SmallReplies.invalidArgument, call, 400)
    }
    return self.browse(String(id.dropFirst(2)), .browseID, reply, call)
  }

  private func browse(
    _ id: String, _ request: BrowseReply.Request, _ reply: BrowseReply, _ call: Call
  ) -> HTTPResponse {
    guard let playlist = self.catalog.playlist(id) else {
      return self.json(SmallReplies.notFound, call, 404)
    }
    guard playlist.shape != .isPrivate else { return self.json(BrowseReply.doesNotExist, call) }
    return self.json(reply.body(playlist, request, visitorData: call.visitorData), call)
  }

  private func resolveReply(_ call: Call) -> HTTPResponse {
    // The address of a playlist leads to the playlist, known or not.
    if let id = call.fields?.url.flatMap(SmallReplies.playlistID(ofURL:)) {
      return self.json(
        SmallReplies.resolved(playlistID: id, visitorData: call.visitorData), call)
    }
    guard let url = call.fields?.url, let channel = self.catalog.channelID(ofPath: url) else {
      return self.json(SmallReplies.notFound, call, 404)
    }
    return self.json(
      SmallReplies.resolved(channelID: channel, visitorData: call.visitorData), call)
  }

  private func timedText(_ call: Call) -> HTTPResponse {
    guard self.player.addresses.refusal(query: { call.query[$0] }, now: Self.seconds()) == nil
    else { return .text("Forbidden\n", status: 403) }
    let withheld = call.query["exp"]?.contains("xpe") ?? false
    guard !withheld || call.query["pot"] != nil else {
      return .text("", type: "text/html; charset=UTF-8")
    }
    let track = SimulatedTrack(
      call.query["lang"] ?? "", automatic: call.query["kind"] == "asr")
    guard let video = self.catalog.video(call.query["v"] ?? ""),
      let sentences = self.catalog.sentences(of: video, track: track)
    else { return .text("Not Found\n", status: 404) }
    let format = TimedText.Format(parameter: call.query["fmt"])
    let body = TimedText.body(
      sentences, format: format, automatic: track.isAutomatic, language: track.languageCode)
    return HTTPResponse(
      status: 200, headers: ["Content-Type": format.contentType], body: .bytes(body))
  }

  private func watchPage(_ call: Call) -> HTTPResponse {
    let id = call.query["v"] ?? ""
    let video = self.catalog.video(id)
    return self.page(title: video?.title ?? "") { client in
      [
        ("ytInitialPlayerResponse", self.player(id, client, call)),
        ("ytInitialData", SmallReplies.watchNext(video, visitorData: call.visitorData)),
      ]
    }
  }

  private func playlistPage(_ call: Call) -> HTTPResponse {
    let playlist = self.catalog.playlist(call.query["list"] ?? "")
    return self.page(title: playlist?.title ?? "") { _ in
      guard let playlist, playlist.shape != .isPrivate else {
        return [("ytInitialData", BrowseReply.doesNotExist)]
      }
      let reply = BrowseReply(catalog: self.catalog)
      return [
        (
          "ytInitialData", reply.body(playlist, .browseID, visitorData: call.visitorData)
        )
      ]
    }
  }

  /// A page of the web site: its settings, and the data that its scripts begin with.
  private func page(
    title: String, _ variables: (InnerTubeClient) -> [(String, JSONTree)]
  ) -> HTTPResponse {
    guard let client = InnerTubeClient(name: "WEB", version: Self.webVersion) else {
      return .text("Not Found\n", status: 404)
    }
    let page = SmallReplies.page(
      title: title, key: Self.apiKey, version: Self.webVersion,
      variables: variables(client).map { ($0.0, $0.1.encoded()) })
    return HTTPResponse(
      status: 200, headers: ["Content-Type": "text/html; charset=utf-8"], body: .bytes(page))
  }

  /// What the web site shows around the player.
  private func nextReply(_ call: Call) -> HTTPResponse {
    guard let id = call.fields?.videoID else {
      return self.json(SmallReplies.invalidArgument, call, 400)
    }
    return self.json(
      SmallReplies.watchNext(self.catalog.video(id), visitorData: call.visitorData), call)
  }

  private func dataAPI(_ call: Call) -> HTTPResponse {
    guard call.request.method == "GET" else { return .methodNotAllowed("GET") }
    let answer = DataAPI(catalog: self.catalog).answer(
      String(call.request.path.dropFirst(DataAPI.prefix.count)), query: call.query)
    return .json(answer.body.encoded(), status: answer.status)
  }

  private func feed(_ call: Call) -> HTTPResponse {
    let channel = call.query["channel_id"] ?? ""
    let id = call.query["playlist_id"] ?? "UU" + channel.dropFirst(2)
    guard let playlist = self.catalog.playlist(id) else { return .text("Not Found\n", status: 404) }
    return HTTPResponse(
      status: 200, headers: ["Content-Type": "text/xml; charset=UTF-8"],
      body: .bytes(SmallReplies.feed(playlist, catalog: self.catalog)))
  }

  // MARK: Parts

  private func json(_ tree: JSONTree, _ call: Call, _ status: Int = 200) -> HTTPResponse {
    let fields = status == 200 ? call.query["$fields"] : nil
    return .json(tree.filtered(by: fields).encoded(), status: status)
  }

  private static func catalog(
    _ seed: UInt64, _ minutes: ClosedRange<Double>, _ scenario: Scenario
  ) -> Catalog {
    let shares = scenario.videoShares.compactMap { name, share in
      SimulatedVideo.Availability(rawValue: name).map { ($0, share) }
    }
    return Catalog(
      seed: seed, minutes: minutes, shares: Dictionary(shares, uniquingKeysWith: { $1 }))
  }

  /// Looks like YouTube's, and is the same for an identity for ever.
  private static func visitorData(_ identity: String) -> String {
    var hash = StableHash(7)
    hash.combine(identity)
    let digits = String(hash.value, radix: 36)
    return "Cgt" + Base64.encode(Array(digits.utf8), urlSafe: true, padded: false) + "%3D%3D"
  }

  private static func seconds() -> Int64 { Int64(time(nil)) }

  private static func milliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}
