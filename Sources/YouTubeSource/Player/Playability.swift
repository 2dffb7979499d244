internal import Transcripts

/// What a player's answer means for the task: its tracks can be used, or why not.
enum Playability: Hashable {
  case playable
  /// Nobody who asks again, in another way, gets more.
  case finally(FetchError)
  /// Another client may get more.
  case forThisClient(FetchError)
  /// Another identity, or the same one later, may get more.
  case forThisIdentity(FetchError)

  /// The longest reason that is repeated to users.
  private static let maxReasonCharacters = 300
  /// How long a guest session is turned away: "up to an hour" (yt-dlp's wiki, Extractors).
  static let sessionPause = Duration.seconds(3600)

  /// Judges an answer.
  ///
  /// Reasons are sentences for people, told apart by their words; the answer was asked for in English. A status or reason that is
  /// not known counts as "unplayable" for this client.
  ///
  /// - Parameter nowSeconds: Since 1970, to tell how long until a scheduled start.
  init(_ reply: PlayerReply, for video: VideoID, nowSeconds: Int64) {
    if let about = reply.videoID, about != video.text {
      self = .forThisIdentity(
        FetchError(
          .blocked, "YouTube answered for another video than the one asked for: a sign of blocking")
      )
      return
    }
    guard let status = reply.status else {
      // An empty object is how one endpoint says that the video does not exist.
      self = .forThisClient(FetchError(.notFound, "the video does not exist"))
      return
    }
    if status == "OK" {
      self = Self.judgePlayable(reply)
      return
    }
    self = Self.judge(status: status, reply, nowSeconds: nowSeconds)
  }

  private static func judgePlayable(_ reply: PlayerReply) -> Playability {
    if reply.isLiveNow || reply.isUpcoming {
      return .finally(
        FetchError(
          .notYetAvailable,
          reply.isLiveNow
            ? "the stream is live: its captions are complete after it ends"
            : "the video has not begun yet"))
    }
    guard reply.videoID != nil else {
      return .forThisClient(
        FetchError(.malformed, "the player's answer does not say which video it is about"))
    }
    return .playable
  }

  private static func judge(
    status: String, _ reply: PlayerReply, nowSeconds: Int64
  ) -> Playability {
    let reason = (reply.reason ?? reply.details.first ?? "").plain
    // A general reason is explained by the sentences beside it.
    let isGeneral =
      reason.isEmpty || reason.contains("video unavailable") || reason.contains("is unavailable")
      || reason.contains("is not available") || reason.contains("isn't available")
    let text = isGeneral ? ([reason] + reply.details.map(\.plain)).joined(separator: " ") : reason
    let shown = Self.shown(reply, status: status)

    if reply.hasCaptcha || text.contains("not a bot") || text.contains("unusual traffic") {
      return .forThisIdentity(
        FetchError(.blocked, "YouTube wants a proof that this is not a bot: \(shown)"))
    }
    if text.contains("content isn't available, try again later") {
      return .forThisIdentity(
        FetchError(
          .throttled, "YouTube limits this guest session, for up to an hour: \(shown)",
          retryAfter: Self.sessionPause))
    }
    if status.hasPrefix("AGE_") || reply.hasAgeGate || text.contains("confirm your age")
      || text.contains("inappropriate for some users")
    {
      return .finally(FetchError(.ageRestricted, "the video is age-restricted: \(shown)"))
    }
    for rule in Self.rules where rule.words.contains(where: text.contains) {
      let error = FetchError(rule.kind, "\(rule.message): \(shown)")
      // An address in another country may see it.
      return rule.kind == .geoBlocked ? .forThisIdentity(error) : .finally(error)
    }
    if status == "LIVE_STREAM_OFFLINE" || reply.isUpcoming
      || Self.upcoming.contains(where: text.contains)
    {
      let wait = reply.scheduledStartSeconds.map { max(0, $0 - nowSeconds) }
      return .finally(
        FetchError(
          .notYetAvailable, "the stream or premiere has not begun: \(shown)",
          retryAfter: wait.map { .seconds($0) }))
    }
    if status == "ERROR", text.contains("unavailable") || text.contains("not available") {
      return .finally(FetchError(.notFound, "the video does not exist any more: \(shown)"))
    }
    return .forThisClient(FetchError(.unplayable, "the video cannot be played: \(shown)"))
  }

  private struct Rule {
    let words: [String]
    let kind: FetchError.Kind
    let message: String
  }

  /// In order: the first that fits is taken.
  private static let rules = [
    Rule(words: ["private"], kind: .isPrivate, message: "the video is private"),
    Rule(
      words: [
        "members", "join this channel", "payment", "music premium", "purchase", "to rent", "paid",
      ],
      kind: .membersOnly, message: "the video is for paying viewers only"),
    Rule(
      words: ["country", "copyright grounds", "your region", "your location"], kind: .geoBlocked,
      message: "the video is blocked where the request came from"),
    Rule(
      words: [
        "removed by the uploader", "has been removed", "removed for violating", "terminated",
        "account has been closed", "no longer available", "does not exist",
      ],
      kind: .notFound, message: "the video was removed"),
  ]

  private static let upcoming = [
    "will begin in", "premieres in", "will begin shortly", "premiere will begin", "waiting for",
  ]

  /// The reason in YouTube's words, made safe to show.
  private static func shown(_ reply: PlayerReply, status: String) -> String {
    let parts = ([reply.reason ?? ""] + reply.details).filter { !$0.isEmpty }
    let text = parts.isEmpty ? status : parts.joined(separator: " ")
    let scalars = text.unicodeScalars.lazy
      .map { $0.properties.generalCategory == .control ? " " : $0 }
      .prefix(Self.maxReasonCharacters)
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}

extension String {
  /// In lower case, with straight apostrophes.
  fileprivate var plain: String {
    String(self.lowercased().map { $0 == "’" || $0 == "‘" ? "'" : $0 })
  }
}
