/// Reads WebVTT captions.
///
/// Automatic captions roll: a cue shows the previous line again above the line that is being spoken, and 10 ms cues
/// between them repeat both. So each line is kept once: a line equal to the last one kept is dropped.
enum VTTParser {
  static func segments(of body: [UInt8]) throws(CaptionError) -> [Segment] {
    guard let text = String(validating: body, as: UTF8.self) else {
      throw CaptionError(.malformed, "the caption track is not UTF-8")
    }
    // Swift sees CR LF as one character, and it is a line break too.
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    guard let header = lines.popFirst(),
      header.drop(while: { $0 == "\u{FEFF}" }).hasPrefix("WEBVTT")
    else { throw CaptionError(.malformed, "the caption track does not begin with WEBVTT") }
    var segments: [Segment] = []
    var lastLine = ""
    var cues = 0
    while let line = lines.popFirst() {
      guard line.contains("-->") else { continue }
      let times = try Self.times(line)
      cues += 1
      // A rolled cue ends in a line of one space, so only a line without anything ends the cue.
      var kept: [String] = []
      while let line = lines.first, !line.isEmpty, !line.contains("-->") {
        lines.removeFirst()
        let text = Entities.decode(Entities.withoutTags(String(line))).trimmed
        guard !text.isBlankCaption, text != lastLine else { continue }
        kept.append(text)
        lastLine = text
      }
      try segments.appendSpoken(
        start: times.start, duration: times.end - times.start,
        text: kept.joined(separator: "\n"))
    }
    guard cues > 0 else { throw CaptionError(.malformed, "the caption track has no cues") }
    guard text.last?.isNewline == true else {
      throw CaptionError(.truncated, "the caption track ends inside of a line")
    }
    return segments
  }

  /// `00:00:13.670 --> 00:00:16.640 align:start position:0%`; hours may be missing.
  private static func times(_ line: Substring) throws(CaptionError) -> (start: Int64, end: Int64) {
    let parts = line.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count >= 3, parts[1] == "-->", let start = Self.milliseconds(parts[0]),
      let end = Self.milliseconds(parts[2]), end >= start
    else { throw CaptionError(.malformed, "a cue of the caption track has no valid times") }
    return (start, end)
  }

  private static func milliseconds(_ text: Substring) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let last = parts.last else { return nil }
    let seconds = last.split(separator: ".", omittingEmptySubsequences: false)
    guard seconds.count == 2, seconds[1].count == 3, let whole = Self.number(seconds[0]),
      let thousandths = Self.number(seconds[1])
    else { return nil }
    var minutes: Int64 = 0
    for part in parts.dropLast() {
      guard let number = Self.number(part) else { return nil }
      minutes = minutes * 60 + number
    }
    return (minutes * 60 + whole) * 1000 + thousandths
  }

  private static func number(_ text: Substring) -> Int64? {
    guard (1...6).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int64(text)
  }
}

extension String {
  /// Without white space at its ends.
  fileprivate var trimmed: String {
    let start = self.drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
