public import Transcripts

/// Which caption tracks of a video were taken, and why: kept on the video's record.
public struct TrackChoice: Hashable, Sendable {
  /// One of them.
  public struct Track: Hashable, Sendable {
    public var languageCode: String
    public var kind: CaptionKind
    /// Set when it is a machine translation: from what.
    public var translatedFrom: String?

    public init(languageCode: String, kind: CaptionKind, translatedFrom: String? = nil) {
      self.languageCode = languageCode
      self.kind = kind
      self.translatedFrom = translatedFrom
    }
  }

  /// The best first.
  public var tracks: [Track]
  /// Of the best one, for people.
  public var reason: String

  public init(tracks: [Track], reason: String) {
    self.tracks = tracks
    self.reason = reason
  }

  /// What was chosen, from what was fetched.
  public init(_ transcripts: [Transcript]) {
    self.init(
      tracks: transcripts.map {
        Track(
          languageCode: $0.track.languageCode, kind: $0.track.kind,
          translatedFrom: $0.track.translatedFrom)
      }, reason: transcripts.first?.selectionReason ?? "")
  }
}
