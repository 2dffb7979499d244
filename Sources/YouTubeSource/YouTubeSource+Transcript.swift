internal import HTTPClient
internal import Telemetry
public import Transcripts

extension YouTubeSource {
  /// Fetches the tracks of one video that `languages` asks for: mostly one, the best.
  ///
  /// Needs the player's answer and each caption track; more requests are only made when a client, a format or an
  /// identity does not help. Of several tracks those without any text are left out; any other failure is that of the video. A blocked or throttled identity throws `blocked` or `throttled`, which spends no attempt
  /// of the task.
  ///
  /// - Throws: ``FetchError``; `CancellationError`.
  public func transcripts(
    of video: VideoID, languages: LanguagePreference, deadline: ContinuousClock.Instant
  ) async throws -> [Transcript] {
    try await self.withEgress(deadline: deadline) { egress in
      var attempt = TranscriptAttempt(
        source: self, video: video, languages: languages, deadline: deadline, egress: egress)
      return try await attempt.run()
    }
  }
}

/// One video through one egress identity, client after client.
private struct TranscriptAttempt {
  let source: YouTubeSource
  let video: VideoID
  private var languages: LanguagePreference
  let deadline: ContinuousClock.Instant
  let egress: Egress
  /// The permit that came with the identity pays for the first request.
  private var hasPermit = true
  private var failures: [FetchError] = []
  private var refusals = 0
  /// The watch page was the only one to withhold the captions.
  private var isWithheldByPage = false

  private var exchange: Exchange { self.source.exchange }

  init(
    source: YouTubeSource, video: VideoID, languages: LanguagePreference,
    deadline: ContinuousClock.Instant, egress: Egress
  ) {
    self.source = source
    self.video = video
    self.languages = languages
    self.deadline = deadline
    self.egress = egress
  }

  mutating func run() async throws -> [Transcript] {
    do {
      return try await self.tryClients()
    } catch let failure as AttemptFailure {
      // Nobody translates it: whoever takes any language gets it as it is.
      guard failure.error.kind == .languageNotAvailable, self.languages.translateTo != nil,
        self.languages.anyLanguage
      else { throw failure }
      self.languages.translateTo = nil
      self.failures = []
      return try await self.tryClients()
    }
  }

  private mutating func tryClients() async throws -> [Transcript] {
    for client in self.source.configuration.clients {
      do {
        return try await self.transcripts(as: client)
      } catch let failure as AttemptFailure {
        guard failure.scope == .client else { throw failure }
        if failure.error.kind == .withheld, client.endpoint == .watchPage, !self.failures.isEmpty,
          !self.failures.contains(where: { $0.kind == .withheld })
        {
          self.isWithheldByPage = true
        }
        self.failures.append(failure.error)
        self.source.logger.debug(
          "A client did not help",
          [
            .videoID: self.video.text, .clientName: "\(client.name) \(client.version)",
            .errorKind: failure.error.kind.rawValue, .error: failure.error.message,
          ])
        // A second client may know tracks that the first leaves out; a third never did.
        if self.failures.count(where: { $0.kind == .noTranscript }) == 2 { break }
      }
    }
    throw try await self.conclusion()
  }

  /// What all clients together say.
  private mutating func conclusion() async throws -> AttemptFailure {
    // Tracks of the web site need a token whatever the video is, so that it says nothing where the others were not even
    // let in.
    if self.isWithheldByPage, self.failures.allSatisfy({ Self.saysNothing.contains($0.kind) }) {
      self.failures.removeAll { $0.kind == .withheld }
    }
    if self.refusals > 0, self.refusals == self.failures.count {
      await self.exchange.report(self.egress, .blocked)
      return AttemptFailure(
        FetchError(.blocked, "YouTube refuses every client from this address (HTTP 403)"),
        .identity)
    }
    // The one that says most about the video: a missing transcript was seen by a client that could play it.
    let order: [FetchError.Kind] = [
      .withheld, .languageNotAvailable, .noTranscript, .unplayable, .notFound, .malformed,
      .clientOutdated,
    ]
    let failures = self.failures
    let best =
      order.lazy.compactMap { kind in failures.first { $0.kind == kind } }.first
      ?? failures.first
    return AttemptFailure(
      best ?? FetchError(.misconfigured, "no client is configured; set at least one"), .video)
  }

  /// What tells of the client or the address, and nothing of the video.
  private static let saysNothing: Set<FetchError.Kind> = [
    .withheld, .blocked, .clientOutdated, .malformed, .unreachable,
  ]

  // MARK: One client

  private mutating func transcripts(as client: InnerTubeClient) async throws -> [Transcript] {
    var fetched: [Int: [Segment]] = [:]
    // A signed address that is refused is asked for anew, once.
    for isLast in [false, true] {
      let reply = try await self.player(as: client)
      let plan = try self.plan(reply)
      var isRefused = false
      for (place, part) in plan.parts.enumerated() where fetched[place] == nil {
        guard
          let segments = try await self.segments(
            of: part, at: reply.tracks[part.index].address, as: client, isLast: isLast,
            mayBeBlank: plan.parts.count > 1)
        else {
          isRefused = true
          break
        }
        fetched[place] = segments
      }
      if isRefused { continue }
      let transcripts = plan.parts.enumerated().compactMap { place, part -> Transcript? in
        guard let segments = fetched[place], !segments.isEmpty else { return nil }
        return Transcript(
          video: reply.video(self.video), track: part.track, segments: segments,
          fetchedMilliseconds: Timestamps.now(), selectionReason: part.reason)
      }
      guard !transcripts.isEmpty else { throw Self.noText }
      await self.exchange.report(self.egress, .ok)
      return transcripts
    }
    throw AttemptFailure(
      FetchError(.unreachable, "YouTube refuses the address of the caption track"), .client)
  }

  private static let noText = AttemptFailure(
    FetchError(.noTranscript, "the captions of the video have no text"), .client)
  private static let withheld = AttemptFailure(
    FetchError(
      .withheld, "YouTube withholds the captions of this video from apps without a token"), .client)

  /// Asks the player; falls back to the untrimmed answer where trimming is not understood.
  private mutating func player(as client: InnerTubeClient) async throws -> PlayerReply {
    let mayTrim = self.source.configuration.trimsPlayerReplies && client.endpoint == .player
    let isTrimmed = mayTrim ? await self.source.fields.isTrimmed(client) : false
    if isTrimmed {
      let (status, reply) = try await self.ask(client, trimmed: true)
      if let reply, reply.status != nil { return try await self.judge(reply) }
      guard status == 200 || status == 400 else { throw self.refused(status) }
    }
    let (status, reply) = try await self.ask(client, trimmed: false)
    guard let reply else { throw self.refused(status) }
    // It worked without: do not try the short form again.
    if isTrimmed, reply.status != nil { await self.source.fields.refuse(client) }
    return try await self.judge(reply)
  }

  private mutating func ask(
    _ client: InnerTubeClient, trimmed: Bool
  ) async throws -> (status: Int, reply: PlayerReply?) {
    let visitorData = try await self.exchange.visitorData(
      via: self.egress, as: client, deadline: self.deadline)
    let request = Requests.player(
      self.video, as: client, visitorData: visitorData, trimmed: trimmed)
    let response = try await self.send(request)
    guard response.status == 200 else { return (response.status, nil) }
    do throws(FetchError) {
      let reply = try await PlayerReply.parse(
        response.body, isPage: client.endpoint == .watchPage)
      return (200, reply)
    } catch {
      if error.kind == .blocked { await self.exchange.report(self.egress, .blocked) }
      throw AttemptFailure(error, error.kind == .blocked ? .identity : .client)
    }
  }

  /// Statuses of the player other than 200.
  private mutating func refused(_ status: Int) -> AttemptFailure {
    switch status {
    case 400:
      return AttemptFailure(
        FetchError(
          .clientOutdated,
          "YouTube does not accept this client any more (HTTP 400); update the list of clients"
        ), .client)
    case 403:
      self.refusals += 1
      return AttemptFailure(
        FetchError(.blocked, "YouTube refuses this client (HTTP 403)"), .client)
    default:
      return AttemptFailure(
        FetchError(.malformed, "the player answered with HTTP \(status)"), .client)
    }
  }

  private func judge(_ reply: PlayerReply) async throws -> PlayerReply {
    switch Playability(reply, for: self.video, nowSeconds: Timestamps.now() / 1000) {
    case .playable: return reply
    case .finally(let error):
      await self.exchange.report(self.egress, .ok)
      throw AttemptFailure(error, .video)
    case .forThisClient(let error): throw AttemptFailure(error, .client)
    case .forThisIdentity(let error):
      let outcome: EgressOutcome =
        switch error.kind {
        case .throttled: .throttled(retryAfter: error.retryAfter)
        // The country is the wrong one, which is no fault of the address.
        case .geoBlocked: .ok
        default: .blocked
        }
      await self.exchange.report(self.egress, outcome)
      throw AttemptFailure(error, .identity)
    }
  }

  private func plan(_ reply: PlayerReply) throws -> TrackPlan {
    guard !reply.tracks.isEmpty else {
      throw AttemptFailure(FetchError(.noTranscript, "the video has no captions"), .client)
    }
    do throws(TrackPlan.Refusal) {
      return try TrackPlan(
        among: reply.tracks.map(\.offered), defaultIndex: reply.defaultTrackIndex,
        translations: reply.translationLanguages, preference: self.languages)
    } catch {
      let available = reply.tracks.prefix(40).map(\.track)
        .map { $0.kind == .automatic ? "\($0.languageCode) (automatic)" : $0.languageCode }
        .joined(separator: ", ")
      switch error {
      case .noTrack:
        throw AttemptFailure(
          FetchError(
            .languageNotAvailable,
            "no captions in \(self.languages.languageCodes.joined(separator: ", ")); there are: \(available)"
          ), .video)
      case .noTranslation:
        // Other clients list more languages.
        throw AttemptFailure(
          FetchError(
            .languageNotAvailable,
            "no captions in \(self.languages.translateTo ?? ""), and YouTube does not translate them; there are: \(available)"
          ), .client)
      }
    }
  }

  // MARK: The caption track

  /// Nil: the address was refused, and the player has to be asked again. Empty: it has no text, and may have none.
  private mutating func segments(
    of part: TrackPlan.Part, at address: CaptionAddress?, as client: InnerTubeClient, isLast: Bool,
    mayBeBlank: Bool
  ) async throws -> [Segment]? {
    guard let address else {
      throw AttemptFailure(
        FetchError(.malformed, "the address of the caption track is not one of YouTube's"),
        .client)
    }
    guard !address.needsToken else { throw Self.withheld }
    var last: CaptionError?
    for format in [CaptionFormat.json3, .srv3, .srv1, .vtt] {
      let request = Requests.captions(
        address, format: format, translateTo: part.translateTo, as: client)
      let response = try await self.send(request)
      switch response.status {
      case 200: break
      case 403, 404, 410:
        if isLast { break }
        return nil
      default: break
      }
      guard response.status == 200 else {
        throw AttemptFailure(
          FetchError(.unreachable, "the caption track answered with HTTP \(response.status)"),
          .client)
      }
      if let page = WebPage.kind(of: response.body) {
        if page == .captcha { await self.exchange.report(self.egress, .blocked) }
        throw AttemptFailure(page.error, page == .captcha ? .identity : .client)
      }
      do throws(CaptionError) {
        return try await Self.parse(response.body, asked: format)
      } catch {
        if error.code == .noText, mayBeBlank { return [] }
        // Only a body in the wrong form is worth another format.
        guard error.code == .malformed else { throw Self.failure(error) }
        last = error
      }
    }
    throw Self.failure(last ?? CaptionError(.malformed, "no format could be read"))
  }

  /// Parses off the network thread. The body's own look decides its format: servers do not always give what was asked.
  @concurrent
  private static func parse(
    _ body: [UInt8], asked: CaptionFormat
  ) async throws(CaptionError) -> [Segment] {
    try CaptionParser.segments(of: body, format: CaptionFormat(sniffing: body) ?? asked)
  }

  private static func failure(_ error: CaptionError) -> AttemptFailure {
    switch error.code {
    case .empty: Self.withheld
    case .noText: Self.noText
    case .tooLarge: AttemptFailure(FetchError(.tooLarge, error.message), .video)
    default: AttemptFailure(FetchError(.malformed, error.message), .video)
    }
  }

  private mutating func send(_ request: HTTPClient.Request) async throws -> HTTPClient.Response {
    guard self.hasPermit else {
      return try await self.exchange.send(request, via: self.egress, deadline: self.deadline)
    }
    self.hasPermit = false
    return try await self.exchange.sendPermitted(
      request, via: self.egress, deadline: self.deadline)
  }
}

extension PlayerReply {
  fileprivate func video(_ id: VideoID) -> Video {
    Video(
      id: id, title: self.title, channelID: self.channelID, channelTitle: self.channelTitle,
      durationMilliseconds: self.durationMilliseconds,
      publishedMilliseconds: self.publishedMilliseconds)
  }
}
