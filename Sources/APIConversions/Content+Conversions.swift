public import API
internal import Protobuf
public import Transcripts

extension APIVideo {
  public init(_ video: Video) {
    self.init()
    self.id = video.id.text
    self.title = video.title
    self.channelId = video.channelID
    self.channelTitle = video.channelTitle
    self.durationMs = video.durationMilliseconds
    self.publishedAt = video.publishedMilliseconds.map { ProtoTimestamp(milliseconds: $0) }
  }
}

extension Video {
  /// - Throws: ``ConversionError`` when the identifier is not a video's.
  public init(_ video: APIVideo) throws(ConversionError) {
    guard let id = VideoID(video.id) else {
      throw ConversionError("video.id", "\"\(video.id.prefix(64))\" is not a video's identifier")
    }
    self.init(
      id: id, title: video.title, channelID: video.channelId, channelTitle: video.channelTitle,
      durationMilliseconds: max(0, video.durationMs),
      publishedMilliseconds: video.publishedAt?.milliseconds)
  }
}

extension APICaptionKind {
  public init(_ kind: CaptionKind) {
    switch kind {
    case .manual: self = .manual
    case .automatic: self = .automatic
    }
  }
}

extension CaptionKind {
  /// Nil: not said, or a kind of a later version.
  public init?(_ kind: APICaptionKind) {
    switch kind {
    case .manual: self = .manual
    case .automatic: self = .automatic
    case .unspecified, .unrecognized: return nil
    }
  }
}

extension APICaptionTrack {
  public init(_ track: CaptionTrack) {
    self.init()
    self.languageCode = track.languageCode
    self.name = track.name
    self.kind = APICaptionKind(track.kind)
    self.translatedFrom = track.translatedFrom ?? ""
  }
}

extension CaptionTrack {
  /// - Throws: ``ConversionError`` when the kind or the language is missing.
  public init(_ track: APICaptionTrack) throws(ConversionError) {
    guard let kind = CaptionKind(track.kind) else {
      throw ConversionError("track.kind", "is neither manual nor automatic")
    }
    guard !track.languageCode.isEmpty else {
      throw ConversionError("track.language_code", "is empty")
    }
    self.init(
      languageCode: track.languageCode, name: track.name, kind: kind,
      translatedFrom: track.translatedFrom.isEmpty ? nil : track.translatedFrom)
  }
}

extension APISegment {
  public init(_ segment: Segment) {
    self.init()
    self.startMs = segment.startMilliseconds
    self.durationMs = segment.durationMilliseconds
    self.text = segment.text
  }
}

extension APITranscript {
  public init(_ transcript: Transcript) {
    self.init()
    self.video = APIVideo(transcript.video)
    self.track = APICaptionTrack(transcript.track)
    self.segments = transcript.segments.map { APISegment($0) }
    self.fetchedAt = ProtoTimestamp(milliseconds: transcript.fetchedMilliseconds)
    self.selectionReason = transcript.selectionReason
  }
}

extension Transcript {
  /// - Throws: ``ConversionError`` that names the first field that is not as it must be.
  public init(_ transcript: APITranscript) throws(ConversionError) {
    guard let video = transcript.video else { throw ConversionError("video", "is missing") }
    guard let track = transcript.track else { throw ConversionError("track", "is missing") }
    guard !transcript.segments.isEmpty else { throw ConversionError("segments", "is empty") }
    self.init(
      video: try Video(video), track: try CaptionTrack(track),
      segments: transcript.segments.map {
        Segment(
          startMilliseconds: $0.startMs, durationMilliseconds: $0.durationMs, text: $0.text)
      },
      fetchedMilliseconds: transcript.fetchedAt?.milliseconds ?? 0,
      selectionReason: transcript.selectionReason)
  }
}

extension APILanguagePreference {
  public init(_ languages: LanguagePreference) {
    self.init()
    self.languageCodes = languages.languageCodes
    self.anyLanguage = languages.anyLanguage
    self.kinds =
      switch languages.kinds {
      case .manualFirst: .unspecified
      case .automaticFirst: .automaticFirst
      case .manualOnly: .manualOnly
      case .automaticOnly: .automaticOnly
      }
    self.allTracks = languages.allTracks
    self.translateTo = languages.translateTo ?? ""
  }
}

extension LanguagePreference {
  /// The most languages that one request may name.
  public static let maxLanguageCodes = 32
  /// The longest code, in bytes; BCP 47 tags in use are under 20.
  public static let maxLanguageCodeBytes = 35

  /// Nil gives the default: the video's own language, else any.
  ///
  /// - Throws: ``ConversionError`` for too many codes, or one that cannot be a language.
  public init(_ languages: APILanguagePreference?) throws(ConversionError) {
    self.init()
    guard let languages else { return }
    guard languages.languageCodes.count <= Self.maxLanguageCodes else {
      throw ConversionError(
        "languages.language_codes", "has more than \(Self.maxLanguageCodes) entries")
    }
    for code in languages.languageCodes {
      try Self.check(code, "languages.language_codes")
    }
    if !languages.translateTo.isEmpty {
      try Self.check(languages.translateTo, "languages.translate_to")
      self.translateTo = languages.translateTo
    }
    self.kinds =
      switch languages.kinds {
      case .unspecified, .manualFirst: .manualFirst
      case .automaticFirst: .automaticFirst
      case .manualOnly: .manualOnly
      case .automaticOnly: .automaticOnly
      case .unrecognized(let value):
        throw ConversionError("languages.kinds", "there is no preference \(value)")
      }
    self.allTracks = languages.allTracks
    self.languageCodes = languages.languageCodes
    // Without a preference any track is as good as another.
    self.anyLanguage = languages.anyLanguage || languages.languageCodes.isEmpty
  }
  private static func check(_ code: String, _ field: String) throws(ConversionError) {
    let isPlain = code.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isPlain, (2...Self.maxLanguageCodeBytes).contains(code.utf8.count) else {
      throw ConversionError(
        field, "\"\(code.prefix(40))\" is not a language code; write one such as en or pt-BR")
    }
  }
}
