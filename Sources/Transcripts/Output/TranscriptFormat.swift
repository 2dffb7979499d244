internal import JSON

/// The forms in which a transcript can be written.
public enum TranscriptFormat: String, Hashable, Sendable, CaseIterable {
  /// One segment a line, without times.
  case text
  /// SubRip subtitles.
  case srt
  /// WebVTT subtitles.
  case vtt
  /// An object with the video, the track and all segments, times in milliseconds.
  case json

  /// What files of this form are called after the dot.
  public var fileExtension: String { self == .text ? "txt" : self.rawValue }

  /// Writes a transcript in UTF-8, with a line break at the end.
  ///
  /// Subtitles do not overlap: a segment ends where the next one starts, as automatic captions mean it.
  public func encode(_ transcript: Transcript) -> [UInt8] {
    switch self {
    case .text: Self.text(transcript)
    case .srt: Self.srt(transcript)
    case .vtt: Self.vtt(transcript)
    case .json: Self.json(transcript)
    }
  }

  private static func text(_ transcript: Transcript) -> [UInt8] {
    var bytes: [UInt8] = []
    for segment in transcript.segments {
      bytes += Self.lines(segment.text).joined(separator: " ").utf8
      bytes.append(0x0A)
    }
    return bytes
  }

  private static func srt(_ transcript: Transcript) -> [UInt8] {
    var bytes: [UInt8] = []
    for (index, segment) in transcript.segments.enumerated() {
      if index > 0 { bytes.append(0x0A) }
      let end = Self.end(of: index, in: transcript.segments)
      bytes += "\(index + 1)\n".utf8
      bytes += Self.clock(segment.startMilliseconds, fraction: ",").utf8
      bytes += " --> ".utf8
      bytes += Self.clock(end, fraction: ",").utf8
      bytes.append(0x0A)
      for line in Self.lines(segment.text) {
        // The arrow is what tells a line of times.
        bytes += line.replacing("-->", with: "->").utf8
        bytes.append(0x0A)
      }
    }
    return bytes
  }

  private static func vtt(_ transcript: Transcript) -> [UInt8] {
    var bytes = Array("WEBVTT\nKind: captions\nLanguage: ".utf8)
    bytes +=
      Self.lines(transcript.track.languageCode).joined(separator: " ")
      .replacing("-->", with: "->").utf8
    bytes.append(0x0A)
    for (index, segment) in transcript.segments.enumerated() {
      let end = Self.end(of: index, in: transcript.segments)
      bytes.append(0x0A)
      bytes += Self.clock(segment.startMilliseconds, fraction: ".").utf8
      bytes += " --> ".utf8
      bytes += Self.clock(end, fraction: ".").utf8
      bytes.append(0x0A)
      for line in Self.lines(segment.text) {
        // "&gt;" also keeps an arrow out of the text.
        bytes +=
          line.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
          .replacing(">", with: "&gt;").utf8
        bytes.append(0x0A)
      }
    }
    return bytes
  }

  private static func json(_ transcript: Transcript) -> [UInt8] {
    let video = transcript.video
    let track = transcript.track
    var json = JSONWriter(reservingCapacity: transcript.segments.count * 96 + 512)
    json.object { json in
      json.key("video")
      json.object { json in
        json.member("id", video.id.text)
        json.member("url", SourceID.video(video.id).url)
        json.member("title", video.title)
        json.member("channelId", video.channelID)
        json.member("channelTitle", video.channelTitle)
        json.member("durationMilliseconds", video.durationMilliseconds)
        if let published = video.publishedMilliseconds {
          json.member("publishedMilliseconds", published)
        }
      }
      json.key("track")
      json.object { json in
        json.member("languageCode", track.languageCode)
        json.member("name", track.name)
        json.member("kind", track.kind.rawValue)
        if let source = track.translatedFrom { json.member("translatedFrom", source) }
      }
      json.member("fetchedMilliseconds", transcript.fetchedMilliseconds)
      json.member("selectionReason", transcript.selectionReason)
      json.key("segments")
      json.array { json in
        for segment in transcript.segments {
          json.object { json in
            json.member("startMilliseconds", segment.startMilliseconds)
            json.member("durationMilliseconds", segment.durationMilliseconds)
            json.member("text", segment.text)
          }
        }
      }
    }
    return json.bytes + [0x0A]
  }

  // MARK: Parts

  /// How long a segment is shown whose duration is not known.
  private static let assumedMilliseconds: Int64 = 2000

  /// Where a segment ends: at its own end, or where the next later one starts.
  private static func end(of index: Int, in segments: [Segment]) -> Int64 {
    let segment = segments[index]
    let start = segment.startMilliseconds
    let duration =
      segment.durationMilliseconds > 0 ? segment.durationMilliseconds : Self.assumedMilliseconds
    let next = segments[(index + 1)...].first?.startMilliseconds ?? .max
    let end = start + duration
    return next > start ? Swift.min(end, next) : end
  }

  /// `01:02:03.004`; hours may have more digits.
  static func clock(_ milliseconds: Int64, fraction: String) -> String {
    func padded(_ number: Int64, _ digits: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: Swift.max(0, digits - text.utf8.count)) + text
    }
    let seconds = milliseconds / 1000
    return "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
      + "\(fraction)\(padded(milliseconds % 1000, 3))"
  }

  /// The lines of a text that have something on them: an empty one would end a subtitle.
  private static func lines(_ text: String) -> [Substring] {
    text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
  }
}
