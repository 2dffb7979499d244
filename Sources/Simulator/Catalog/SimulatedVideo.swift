/// One video and what the player says about it.
struct SimulatedVideo: Sendable {
  /// Why a video can or cannot be played; one case for each row of the error taxonomy that belongs to the video.
  enum Availability: String, Sendable, CaseIterable {
    case playable
    case isPrivate = "private"
    case deleted
    case ageRestricted = "age-restricted"
    case membersOnly = "members-only"
    case musicPremium = "music-premium"
    case geoBlocked = "geo-blocked"
    /// Playable, but no caption tracks.
    case noCaptions = "no-captions"
    /// Playable with ANDROID, "not available" with VISIONOS.
    case madeForKids = "made-for-kids"
    /// A running live stream without captions.
    case live
    case upcoming
    /// Every track needs a PO token: its address has `exp=xpe`, and the reply is empty.
    case withheld
    /// The reply is about another video, as when an address is being blocked.
    case wrongVideo = "wrong-video"

    /// Whether the player lists tracks.
    var hasCaptions: Bool { self != .noCaptions && self != .live && self != .upcoming }
  }

  /// What is said.
  enum Content: Sendable {
    /// Whole paragraphs, for each language.
    case sentences([String: [Sentence]])
    /// Made up from the seed.
    case synthetic(SyntheticVideoID)
  }

  let id: String
  let title: String
  let channelID: String
  let channelTitle: String
  let lengthSeconds: Int
  private(set) var availability: Availability
  private(set) var tracks: [SimulatedTrack]
  let content: Content

  /// The same video with something else wrong with it.
  func with(_ availability: Availability) -> SimulatedVideo {
    var video = self
    video.availability = availability
    if !availability.hasCaptions { video.tracks = [] }
    return video
  }

  /// Playlists show these as `[Private video]` and `[Deleted video]`.
  var isListedAsUnavailable: Bool {
    self.availability == .isPrivate || self.availability == .deleted
  }
}

/// One caption track.
struct SimulatedTrack: Hashable, Sendable {
  let languageCode: String
  let isAutomatic: Bool

  init(_ languageCode: String, automatic: Bool) {
    self.languageCode = languageCode
    self.isAutomatic = automatic
  }

  /// As players show it, such as `German (auto-generated)`.
  var name: String {
    let language = TranslationLanguage.name(of: self.languageCode)
    return self.isAutomatic ? "\(language) (auto-generated)" : language
  }

  var vssID: String { (self.isAutomatic ? "a." : ".") + self.languageCode }
}
