/// Who may have written the caption track, in order of preference.
public enum CaptionKindPreference: String, Hashable, Sendable, CaseIterable {
  /// A person, else speech recognition.
  case manualFirst = "manual-first"
  /// Speech recognition, else a person: what was said word for word.
  case automaticFirst = "automatic-first"
  case manualOnly = "manual-only"
  case automaticOnly = "automatic-only"
}

/// Which caption tracks a job wants. ``CaptionSelection`` has the rules.
public struct LanguagePreference: Hashable, Sendable {
  /// In order of preference. Empty: the video's own language.
  public var languageCodes: [String]
  /// Take any track when none of ``languageCodes`` exists.
  public var anyLanguage: Bool
  /// Within a language.
  public var kinds: CaptionKindPreference
  /// Take every track, not just the best: every one in one of ``languageCodes``, or of the video where none is named.
  public var allTracks: Bool
  /// Where the video has no track in this language: a machine translation to it, of the track that would be taken
  /// otherwise. Nil: never. YouTube limits translations much sooner than tracks.
  public var translateTo: String?

  public init(
    languageCodes: [String] = [], anyLanguage: Bool = true,
    kinds: CaptionKindPreference = .manualFirst, allTracks: Bool = false,
    translateTo: String? = nil
  ) {
    self.languageCodes = languageCodes
    self.anyLanguage = anyLanguage
    self.kinds = kinds
    self.allTracks = allTracks
    self.translateTo = translateTo
  }
}

/// A video as a playlist lists it.
public struct PlaylistItem: Hashable, Sendable {
  public var video: Video
  /// Set when it cannot be played: `private`, `deleted`.
  public var unavailableReason: String?

  public init(video: Video, unavailableReason: String? = nil) {
    self.video = video
    self.unavailableReason = unavailableReason
  }
}

/// A page of a playlist.
public struct PlaylistPage: Hashable, Sendable {
  /// In the playlist's order.
  public var items: [PlaylistItem]
  /// Where the next page begins; nil: this is the last. Opaque, at most 4 KiB.
  public var cursor: String?
  /// Nil where the page does not say it.
  public var title: String?
  /// How many videos the playlist says it has; nil where the page does not say it.
  public var statedTotal: Int?

  public init(
    items: [PlaylistItem], cursor: String? = nil, title: String? = nil, statedTotal: Int? = nil
  ) {
    self.items = items
    self.cursor = cursor
    self.title = title
    self.statedTotal = statedTotal
  }
}

/// Where playlists and transcripts come from. Implemented by `YouTubeSource`.
///
/// Calls wait for the rate limit of an egress identity first. Cancelling a call stops its transfer.
public protocol TranscriptSource: Sendable {
  /// Fetches the tracks of one video that `languages` asks for: mostly one, the best.
  ///
  /// - Returns: At least one, the best first; each with a language code of its own.
  /// - Throws: ``FetchError``.
  func transcripts(
    of video: VideoID, languages: LanguagePreference, deadline: ContinuousClock.Instant
  ) async throws -> [Transcript]

  /// Fetches the page of `source` at `cursor`; nil is the first page.
  ///
  /// - Throws: ``FetchError``.
  func playlistPage(
    of source: SourceID, cursor: String?, deadline: ContinuousClock.Instant
  ) async throws -> PlaylistPage
}

extension TranscriptSource {
  /// Fetches the best track by `languages`, whether or not it asks for more.
  ///
  /// - Throws: ``FetchError``.
  public func transcript(
    of video: VideoID, languages: LanguagePreference, deadline: ContinuousClock.Instant
  ) async throws -> Transcript {
    var languages = languages
    languages.allTracks = false
    let found = try await self.transcripts(of: video, languages: languages, deadline: deadline)
    guard let best = found.first else {
      throw FetchError(.noTranscript, "the video has no captions")
    }
    return best
  }
}
