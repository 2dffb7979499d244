/// A piece of speech.
public struct Segment: Hashable, Sendable {
  /// From the start of the video.
  public var startMilliseconds: Int64
  public var durationMilliseconds: Int64
  /// What is said; never empty.
  public var text: String

  public init(startMilliseconds: Int64, durationMilliseconds: Int64, text: String) {
    self.startMilliseconds = startMilliseconds
    self.durationMilliseconds = durationMilliseconds
    self.text = text
  }
}

/// Who wrote a caption track.
public enum CaptionKind: String, Hashable, Sendable, CaseIterable {
  /// A person.
  case manual
  /// Speech recognition.
  case automatic
}

/// One caption track of a video.
public struct CaptionTrack: Hashable, Sendable {
  /// BCP 47 code as the source spells it, such as `en` or `pt-BR`. It tells the tracks of a video apart: further tracks of
  /// one language have a part of our own (`en-x-auto`), and a machine translation says from what (`de-t-en`, RFC 6497).
  public var languageCode: String
  /// Name for people, such as `English (auto-generated)`.
  public var name: String
  public var kind: CaptionKind
  /// Set when the text is a machine translation: the language it was translated from.
  public var translatedFrom: String?

  public init(languageCode: String, name: String, kind: CaptionKind, translatedFrom: String? = nil)
  {
    self.languageCode = languageCode
    self.name = name
    self.kind = kind
    self.translatedFrom = translatedFrom
  }
}

/// A video's own facts.
public struct Video: Hashable, Sendable {
  public var id: VideoID
  public var title: String
  /// `UC…`; empty when not known.
  public var channelID: String
  /// Channel name for people; empty when not known.
  public var channelTitle: String
  /// Zero when not known.
  public var durationMilliseconds: Int64
  /// Milliseconds since 1970; nil when not known.
  public var publishedMilliseconds: Int64?

  public init(
    id: VideoID, title: String = "", channelID: String = "", channelTitle: String = "",
    durationMilliseconds: Int64 = 0, publishedMilliseconds: Int64? = nil
  ) {
    self.id = id
    self.title = title
    self.channelID = channelID
    self.channelTitle = channelTitle
    self.durationMilliseconds = durationMilliseconds
    self.publishedMilliseconds = publishedMilliseconds
  }
}

/// Everything that is said in one caption track of one video.
public struct Transcript: Hashable, Sendable {
  public var video: Video
  public var track: CaptionTrack
  /// In order of start; never empty.
  public var segments: [Segment]
  /// Milliseconds since 1970.
  public var fetchedMilliseconds: Int64
  /// Why this track was chosen, for people.
  public var selectionReason: String

  public init(
    video: Video, track: CaptionTrack, segments: [Segment], fetchedMilliseconds: Int64,
    selectionReason: String = ""
  ) {
    self.video = video
    self.track = track
    self.segments = segments
    self.fetchedMilliseconds = fetchedMilliseconds
    self.selectionReason = selectionReason
  }
}
