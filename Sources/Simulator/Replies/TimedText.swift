/// Bodies of `/api/timedtext` in the four formats that clients ask for.
enum TimedText {
  enum Format: String, Sendable {
    case srv1, srv3, json3, vtt

    /// What YouTube answers when `fmt` is missing or unknown.
    init(parameter: String?) { self = parameter.flatMap(Self.init(rawValue:)) ?? .srv1 }

    var contentType: String {
      switch self {
      case .srv1, .srv3: "text/xml; charset=UTF-8"
      case .json3: "application/json; charset=UTF-8"
      case .vtt: "text/vtt; charset=UTF-8"
      }
    }
  }

  /// A line of captions: where its words are, and when.
  struct Line: Sendable {
    var start: Int
    var duration = 0
    /// The first word: its sentence, and its place there.
    var sentence: Int
    var word: Int
    /// How many words are written; those that leave nothing do not count.
    var count = 0
  }

  static func body(
    _ sentences: [Sentence], format: Format, automatic: Bool, language: String
  ) -> [UInt8] {
    let lines = Self.lines(sentences, automatic: automatic)
    if format == .json3 { return Self.json3(lines, sentences, automatic: automatic) }
    let cues = lines.map { Cue($0, sentences, automatic: automatic) }
    return switch format {
    case .json3, .srv1: Self.srv1(cues, automatic: automatic)
    case .srv3: Self.srv3(cues, automatic: automatic)
    case .vtt: Self.vtt(cues, language: language)
    }
  }

  // MARK: Lines

  /// Manual captions break at about 42 characters and at the end of a sentence and keep their punctuation. Generated
  /// ones are lower-case words without punctuation, about 36 characters a line, straight through sentences.
  static func lines(_ sentences: [Sentence], automatic: Bool) -> [Line] {
    let maxCharacters: UInt32 = automatic ? 36 : 42
    var lines: [Line] = []
    lines.reserveCapacity(sentences.count * 3)
    var current: Line?
    var characters: UInt32 = 0
    var time = 0
    func close() {
      guard var line = current else { return }
      line.duration = time - line.start
      lines.append(line)
      current = nil
    }
    for (place, sentence) in sentences.enumerated() {
      for (index, word) in sentence.words.enumerated() {
        let form = word.form(automatic: automatic)
        if !form.isEmpty {
          if current != nil, characters + form.characters > maxCharacters { close() }
          if current == nil {
            current = Line(start: time, sentence: place, word: index)
            characters = 0
          }
          current?.count += 1
          characters += form.characters + 1
        }
        time += word.milliseconds
      }
      if !automatic { close() }
    }
    close()
    return lines
  }

  /// Calls `body` for each written word of a line, with its sentence and its time from the line's start.
  private static func forEachWord(
    of line: Line, _ sentences: [Sentence], automatic: Bool,
    _ body: (Sentence, Sentence.Form, Int) -> Void
  ) {
    var sentence = line.sentence
    var word = line.word
    var offset = 0
    var left = line.count
    while left > 0 {
      let current = sentences[sentence]
      while word < current.words.count, left > 0 {
        let form = current.words[word].form(automatic: automatic)
        if !form.isEmpty {
          body(current, form, offset)
          left -= 1
        }
        offset += current.words[word].milliseconds
        word += 1
      }
      sentence += 1
      word = 0
    }
  }

  // MARK: json3

  /// Written as bytes, without a tree or a writer between: it is what a load run asks for, once for each video.
  private static func json3(
    _ lines: [Line], _ sentences: [Sentence], automatic: Bool
  ) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(lines.count * (automatic ? 520 : 130) + 1024)
    out += automatic ? Self.rollingWindow : Self.plainWindow
    if automatic {
      let end = lines.last.map { $0.start + $0.duration } ?? 0
      out.append(#"{"tStartMs":0,"dDurationMs":"#)
      out.append(number: end)
      out.append(#","id":1,"wpWinPosId":1,"wsWinStyleId":1}"#)
    }
    for (index, line) in lines.enumerated() {
      if automatic || index > 0 { out.append(UInt8(ascii: ",")) }
      guard automatic else {
        out.append(event: line.start, duration: line.duration)
        out.append(#","segs":[{"utf8":""#)
        Self.forEachWord(of: line, sentences, automatic: false) { sentence, form, offset in
          if offset > 0 { out.append(0x20) }
          out.append(sentence.json, form.range)
        }
        out.append(#""}]}"#)
        continue
      }
      // Generated lines stay on the screen while the next one is spoken, so their times overlap.
      let next = index + 1 < lines.count ? lines[index + 1] : nil
      out.append(event: line.start, duration: line.duration + (next?.duration ?? 0))
      out.append(#","wWinId":1,"segs":["#)
      Self.forEachWord(of: line, sentences, automatic: true) { sentence, form, offset in
        // A space before all words but the first, and a confidence that says nothing.
        out.append(offset == 0 ? #"{"utf8":""# : #",{"utf8":" "#)
        out.append(sentence.json, form.range)
        if offset > 0 {
          out.append(#"","tOffsetMs":"#)
          out.append(number: offset)
          out.append(#","acAsrConf":"#)
        } else {
          out.append(#"","acAsrConf":"#)
        }
        out.append(number: 190 + offset % 62)
        out.append(UInt8(ascii: "}"))
      }
      out.append("]}")
      guard let next else { continue }
      // A line of its own scrolls the window: only a newline, to be ignored by readers.
      out.append(UInt8(ascii: ","))
      out.append(event: max(0, next.start - 10), duration: next.duration + 10)
      out.append(#","wWinId":1,"aAppend":1,"segs":[{"utf8":"\n"}]}"#)
    }
    out.append("]}")
    return out
  }

  private static let plainWindow = Array(
    #"{"wireMagic":"pb3","pens":[{}],"wsWinStyles":[{}],"wpWinPositions":[{}],"events":["#.utf8)
  private static let rollingWindow = Array(
    (#"{"wireMagic":"pb3","pens":[{},{"fcForeColor":15066597},{"fcForeColor":13421772}],"#
      + #""wsWinStyles":[{},{"mhModeHint":2,"juJustifCode":0,"sdScrollDir":3}],"#
      + #""wpWinPositions":[{},{"apPoint":6,"ahHorPos":20,"avVerPos":100,"rcRows":2,"ccCols":40}],"#
      + #""events":["#).utf8)

  // MARK: Cues

  /// A line with its words as text, for the other formats.
  private struct Cue {
    var start: Int
    var duration: Int
    var words: [(text: String, offset: Int)] = []

    init(_ line: Line, _ sentences: [Sentence], automatic: Bool) {
      self.start = line.start
      self.duration = line.duration
      var words: [(text: String, offset: Int)] = []
      TimedText.forEachWord(of: line, sentences, automatic: automatic) {
        words.append(($0.text($1), $2))
      }
      self.words = words
    }

    var text: String { self.words.map(\.text).joined(separator: " ") }
  }

  // MARK: XML

  /// How long a generated line is on the screen: also while the next one is spoken.
  private static func shown(_ cues: [Cue], _ index: Int) -> Int {
    cues[index].duration + (index + 1 < cues.count ? cues[index + 1].duration : 0)
  }

  private static func srv1(_ cues: [Cue], automatic: Bool) -> [UInt8] {
    var out = Array(#"<?xml version="1.0" encoding="utf-8" ?><transcript>"#.utf8)
    for (index, cue) in cues.enumerated() {
      let shown = automatic ? Self.shown(cues, index) : cue.duration
      out += #"<text start="\#(Self.seconds(cue.start))" dur="\#(Self.seconds(shown))">"#.utf8
      // Escaped twice, as YouTube does it.
      Self.writeXML(cue.text, escapes: 2, to: &out)
      out += "</text>".utf8
    }
    out += "</transcript>".utf8
    return out
  }

  private static func srv3(_ cues: [Cue], automatic: Bool) -> [UInt8] {
    var out = Array(
      (#"<?xml version="1.0" encoding="utf-8" ?><timedtext format="3">"#
        + #"<head><ws id="0"/><wp id="1" ap="6" ah="20" av="100" rc="2" cc="40"/></head><body>"#
        + (automatic ? #"<w t="0" id="1" wp="1" ws="1"/>"# : "")).utf8)
    for (index, cue) in cues.enumerated() {
      let shown = automatic ? Self.shown(cues, index) : cue.duration
      out += #"<p t="\#(cue.start)" d="\#(shown)""#.utf8
      guard automatic else {
        out.append(UInt8(ascii: ">"))
        Self.writeXML(cue.text, escapes: 1, to: &out)
        out += "</p>\n".utf8
        continue
      }
      out += #" w="1">"#.utf8
      for (place, word) in cue.words.enumerated() {
        out += place == 0 ? #"<s ac="0">"#.utf8 : #"<s t="\#(word.offset)" ac="0"> "#.utf8
        Self.writeXML(word.text, escapes: 1, to: &out)
        out += "</s>".utf8
      }
      out += "</p>\n".utf8
      out += #"<p t="\#(cue.start + cue.duration)" w="1" a="1">\#n</p>\#n"#.utf8
    }
    out += "</body></timedtext>".utf8
    return out
  }

  private static func writeXML(_ text: String, escapes: Int, to out: inout [UInt8]) {
    for byte in text.utf8 {
      let amp = escapes == 2 ? "&amp;" : "&"
      switch byte {
      case UInt8(ascii: "&"): out += (amp + "amp;").utf8
      case UInt8(ascii: "<"): out += (amp + "lt;").utf8
      case UInt8(ascii: ">"): out += (amp + "gt;").utf8
      case UInt8(ascii: "'"): out += (amp + "#39;").utf8
      case UInt8(ascii: "\""): out += (amp + "quot;").utf8
      default: out.append(byte)
      }
    }
  }

  // MARK: VTT

  private static func vtt(_ cues: [Cue], language: String) -> [UInt8] {
    var out = Array("WEBVTT\nKind: captions\nLanguage: \(language)\n\n".utf8)
    for cue in cues {
      let end = cue.start + cue.duration
      out += "\(Self.clock(cue.start)) --> \(Self.clock(end)) align:start position:0%\n".utf8
      out += cue.text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").utf8
      out += "\n\n".utf8
    }
    return out
  }

  /// Seconds with up to three decimals, as `1.54`.
  private static func seconds(_ milliseconds: Int) -> String {
    var text = "\(milliseconds / 1000)"
    var rest = milliseconds % 1000
    guard rest > 0 else { return text }
    text += "."
    for unit in [100, 10, 1] where rest > 0 {
      text += "\(rest / unit)"
      rest %= unit
    }
    return text
  }

  private static func clock(_ milliseconds: Int) -> String {
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let rest = String(1000 + milliseconds % 1000).dropFirst()
    let seconds = milliseconds / 1000
    return "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60)).\(rest)"
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ text: StaticString) {
    self.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  fileprivate mutating func append(_ source: [UInt8], _ range: Range<Int>) {
    source.withUnsafeBufferPointer {
      self.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range]))
    }
  }

  /// Appends a number of at least zero in decimal.
  fileprivate mutating func append(number: Int) {
    if number < 10 { return self.append(UInt8(truncatingIfNeeded: 0x30 + number)) }
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    Swift.withUnsafeMutableBytes(of: &digits) { buffer in
      var rest = UInt(number)
      var place = buffer.count
      repeat {
        place -= 1
        buffer[place] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
        rest /= 10
      } while rest > 0
      self.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[place...]))
    }
  }

  /// Appends the beginning of a json3 event.
  fileprivate mutating func append(event start: Int, duration: Int) {
    self.append(#"{"tStartMs":"#)
    self.append(number: start)
    self.append(#","dDurationMs":"#)
    self.append(number: duration)
  }
}
