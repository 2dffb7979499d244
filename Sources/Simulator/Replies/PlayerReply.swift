/// Replies of `/youtubei/v1/player`, in the shapes recorded from YouTube.
struct PlayerReply: Sendable {
  let addresses: TrackAddress
  /// Pads `playerConfig` so that bodies are as large as real ones (40 to 400 KB); zero for load runs.
  let paddingBytes: Int

  /// What the player says about `video`; nil is a video that does not exist.
  func body(
    _ video: SimulatedVideo?, client: InnerTubeClient, visitorData: String, now: Int64
  ) -> JSONTree {
    guard let video else {
      return Self.unavailable(
        Self.error("ERROR", "This video is unavailable"), nil, visitorData)
    }
    if let status = self.refusal(of: video, client: client) {
      let details = video.availability == .isPrivate || video.availability == .deleted
      return Self.unavailable(status, details ? nil : Self.details(video), visitorData)
    }
    var members: [(String, JSONTree)] = [
      ("responseContext", Self.context(visitorData)),
      ("playabilityStatus", Self.playable(video)),
      ("streamingData", ["expiresInSeconds": "21540", "adaptiveFormats": []]),
    ]
    if !video.tracks.isEmpty {
      members.append(("captions", self.captions(of: video, client: client, now: now)))
    }
    members.append(("videoDetails", Self.details(video)))
    members.append(("playerConfig", ["audioConfig": ["loudnessDb": 1], "padding": self.padding]))
    members.append(("trackingParams", "CAAQu2kiEwjK"))
    return .object(members)
  }

  /// The reply to an address that is suspected to be a program.
  static func botCheck(visitorData: String) -> JSONTree {
    var status = Self.error("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot")
    status.append(
      (
        "errorScreen",
        [
          "playerErrorMessageRenderer": [
            "subreason": .runs("This helps protect our community. ", "Learn more"),
            "reason": .runs("Sign in to confirm you’re not a bot"),
            "icon": ["iconType": "ERROR_OUTLINE"],
          ]
        ]
      ))
    return Self.unavailable(status, nil, visitorData)
  }

  /// The reply to a guest session that has asked too much within the hour.
  static func tryAgainLater(visitorData: String) -> JSONTree {
    Self.unavailable(
      Self.error("ERROR", "This content isn't available, try again later."), nil, visitorData)
  }

  /// `responseContext`, as in every reply.
  static func context(_ visitorData: String) -> JSONTree {
    ["visitorData": .string(visitorData), "serviceTrackingParams": []]
  }

  // MARK: Captions

  private func captions(
    of video: SimulatedVideo, client: InnerTubeClient, now: Int64
  ) -> JSONTree {
    let withheld = client.needsToken || video.availability == .withheld
    let tracks = video.tracks.map { track -> JSONTree in
      var members: [(String, JSONTree)] = [
        (
          "baseUrl",
          .string(
            self.addresses.url(
              video: video.id, track: track, client: client, now: now, withheld: withheld))
        ),
        ("name", client.namesAreSimpleText ? .simpleText(track.name) : .runs(track.name)),
        ("vssId", .string(track.vssID)),
        ("languageCode", .string(track.languageCode)),
      ]
      if track.isAutomatic { members.append(("kind", "asr")) }
      members.append(("isTranslatable", true))
      members.append(("trackName", ""))
      return .object(members)
    }
    let spoken = video.tracks.first { $0.isAutomatic } ?? video.tracks[0]
    let byDefault =
      video.tracks.firstIndex { $0.languageCode == spoken.languageCode && !$0.isAutomatic }
      ?? video.tracks.firstIndex(of: spoken) ?? 0
    let languages =
      client.kind == .android
      ? TranslationLanguage.fewWithRuns
      : client.namesAreSimpleText
        ? TranslationLanguage.allWithSimpleText : TranslationLanguage.allWithRuns
    return [
      "playerCaptionsTracklistRenderer": [
        "captionTracks": .array(tracks),
        "audioTracks": [
          [
            "captionTrackIndices": .array(tracks.indices.map { .integer($0) }),
            "defaultCaptionTrackIndex": .integer(byDefault),
            "hasDefaultTrack": true,
            "captionsInitialState": "CAPTIONS_INITIAL_STATE_OFF_RECOMMENDED",
          ]
        ],
        "translationLanguages": .encoded(languages),
        "defaultAudioTrackIndex": 0,
      ]
    ]
  }

  private var padding: JSONTree {
    .string(String(repeating: "x", count: self.paddingBytes))
  }

  // MARK: Status

  private static func playable(_ video: SimulatedVideo) -> JSONTree {
    var members: [(String, JSONTree)] = [("status", "OK"), ("playableInEmbed", true)]
    if video.availability == .live {
      members.append(
        (
          "liveStreamability", ["liveStreamabilityRenderer": ["videoId": .string(video.id)]]
        ))
    }
    return .object(members)
  }

  /// Nil: the video can be played.
  private func refusal(
    of video: SimulatedVideo, client: InnerTubeClient
  ) -> [(String, JSONTree)]? {
    switch video.availability {
    case .playable, .noCaptions, .live, .withheld, .wrongVideo: nil
    case .madeForKids:
      client.kind == .visionOS ? Self.error("UNPLAYABLE", "This video is not available") : nil
    case .isPrivate:
      Self.error("LOGIN_REQUIRED", "This video is private") + [
        ("messages", ["This is a private video. Please sign in to verify that you may see it."]),
        (
          "errorScreen",
          [
            "playerErrorMessageRenderer": [
              "subreason": .runs(
                "If the owner of this video has granted you access, please ", "sign in", ".")
            ]
          ]
        ),
      ]
    case .deleted:
      Self.error("ERROR", "This video has been removed by the uploader")
    case .ageRestricted:
      Self.error("LOGIN_REQUIRED", "This video may be inappropriate for some users.") + [
        ("desktopLegacyAgeGateReason", 1),
        ("reasonTitle", "You must sign in to view this video"),
      ]
    case .membersOnly:
      Self.error(
        "UNPLAYABLE",
        "This video is available to this channel's members on level: Friends of the show "
          + "(or any higher priced level).")
    case .musicPremium:
      Self.error("UNPLAYABLE", "This video is only available to Music Premium members")
    case .geoBlocked:
      Self.error("UNPLAYABLE", "The uploader has not made this video available in your country")
    case .upcoming:
      Self.error("LIVE_STREAM_OFFLINE", "This live event will begin in 3 hours.")
    }
  }

  private static func error(_ status: String, _ reason: String) -> [(String, JSONTree)] {
    [("status", .string(status)), ("reason", .string(reason))]
  }

  private static func unavailable(
    _ status: [(String, JSONTree)], _ details: JSONTree?, _ visitorData: String
  ) -> JSONTree {
    var members: [(String, JSONTree)] = [
      ("responseContext", Self.context(visitorData)),
      ("playabilityStatus", .object(status + [("contextParams", "Q0FFU0FnZ0M=")])),
    ]
    if let details { members.append(("videoDetails", details)) }
    members.append(("trackingParams", "CAAQu2kiEwjK"))
    return .object(members)
  }

  // MARK: Details

  private static func details(_ video: SimulatedVideo) -> JSONTree {
    // A reply about another video is how YouTube sometimes shows that it blocks an address.
    let id = video.availability == .wrongVideo ? "dQw4w9WgXcQ" : video.id
    return [
      "videoId": .string(id),
      "title": .string(video.title),
      "lengthSeconds": .string("\(video.lengthSeconds)"),
      "keywords": ["talk", "sample"],
      "channelId": .string(video.channelID),
      "isOwnerViewing": false,
      "shortDescription": .string("\(video.title), recorded by \(video.channelTitle)."),
      "isCrawlable": true,
      "thumbnail": Thumbnails.of(id),
      "allowRatings": true,
      "viewCount": "4711",
      "author": .string(video.channelTitle),
      "isPrivate": false,
      "isUnpluggedCorpus": false,
      "isLive": .bool(video.availability == .live),
      "isLiveContent": .bool(video.availability == .live || video.availability == .upcoming),
    ]
  }
}

/// Pictures are named, not served.
enum Thumbnails {
  static func of(_ id: String) -> JSONTree {
    [
      "thumbnails": [
        [
          "url": .string("https://i.ytimg.com/vi/\(id)/hqdefault.jpg"), "width": 168, "height": 94,
        ]
      ]
    ]
  }
}
