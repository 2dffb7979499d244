/// The formats in which a caption track can be fetched.
public enum CaptionFormat: String, Hashable, Sendable, CaseIterable {
  /// Events with word offsets, in JSON: the one to ask for.
  case json3
  /// XML with milliseconds and word spans.
  case srv3
  /// XML with decimal seconds; its text is escaped twice.
  case srv1
  /// WebVTT; automatic captions roll, so each line comes up to three times.
  case vtt

  /// Tells from its beginning what a body is; nil when it is none of the formats, such as a web page.
  public init?(sniffing body: [UInt8]) {
    let start = body.prefix(512).drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
    if start.first == UInt8(ascii: "{") {
      self = .json3
    } else if start.starts(with: "WEBVTT".utf8) {
      self = .vtt
    } else if start.first == UInt8(ascii: "<") {
      let text = String(decoding: start, as: UTF8.self)
      if text.contains("<timedtext") {
        self = .srv3
      } else if text.contains("<transcript") {
        self = .srv1
      } else {
        return nil
      }
    } else {
      return nil
    }
  }
}

/// Turns the body of a caption track into segments. Pure computing: call it off the network thread.
public enum CaptionParser {
  /// The largest body that is parsed. A day of automatic captions in json3 is about 26 MB.
  public static let maxBodyBytes = 32 << 20
  /// The most segments of one track. A day of automatic captions has about 40,000.
  public static let maxSegments = 200_000
  /// Times beyond this are nonsense: a thousand hours, in milliseconds.
  public static let maxMilliseconds: Int64 = 3_600_000_000

  /// Parses a whole body.
  ///
  /// Segments that are blank are left out (half of the events of an automatic track only scroll the window).
  /// Text is kept as it was sent, line breaks inside it too; entities are resolved and mark-up is dropped.
  /// Segments may overlap: automatic captions stay on screen while the next line is spoken.
  ///
  /// - Returns: At least one segment, in order of start.
  /// - Throws: ``CaptionError``; a body that is not a complete document never gives segments.
  public static func segments(
    of body: [UInt8], format: CaptionFormat
  ) throws(CaptionError) -> [Segment] {
    guard body.contains(where: { $0 > 0x20 }) else {
      throw CaptionError(.empty, "the caption track's body is empty")
    }
    guard body.count <= Self.maxBodyBytes else {
      throw CaptionError(
        .tooLarge, "the caption track has \(body.count) bytes, the most is \(Self.maxBodyBytes)")
    }
    var segments =
      switch format {
      case .json3: try JSON3Parser.segments(of: body)
      case .srv3: try TimedTextXML.srv3Segments(of: body)
      case .srv1: try TimedTextXML.srv1Segments(of: body)
      case .vtt: try VTTParser.segments(of: body)
      }
    guard !segments.isEmpty else {
      throw CaptionError(.noText, "the caption track is complete but has no text")
    }
    if !segments.isInOrderOfStart {
      // Stable, so that what was sent first stays first among equal starts.
      segments = segments.enumerated()
        .sorted {
          ($0.element.startMilliseconds, $0.offset) < ($1.element.startMilliseconds, $1.offset)
        }
        .map(\.element)
    }
    return segments
  }
}

extension [Segment] {
  fileprivate var isInOrderOfStart: Bool {
    var last = Int64.min
    for segment in self {
      if segment.startMilliseconds < last { return false }
      last = segment.startMilliseconds
    }
    return true
  }

  /// Adds a segment unless it is blank.
  mutating func appendSpoken(
    start: Int64, duration: Int64, text: String
  ) throws(CaptionError) {
    guard !text.isBlankCaption else { return }
    guard self.count < CaptionParser.maxSegments else {
      throw CaptionError(
        .tooLarge, "the caption track has more than \(CaptionParser.maxSegments) segments")
    }
    guard start <= CaptionParser.maxMilliseconds, duration <= CaptionParser.maxMilliseconds else {
      throw CaptionError(.malformed, "the caption track has a time beyond any video's length")
    }
    self.append(
      Segment(
        startMilliseconds: Swift.max(0, start), durationMilliseconds: Swift.max(0, duration),
        text: text))
  }
}

extension String {
  /// Nothing that can be read: white space and invisible characters only.
  var isBlankCaption: Bool {
    for byte in self.utf8 {
      if byte >= 0x80 { break }
      if byte > 0x20 { return false }
    }
    return self.unicodeScalars.allSatisfy {
      $0.properties.isWhitespace || $0.properties.generalCategory == .format
        || $0.properties.generalCategory == .control
    }
  }
}
