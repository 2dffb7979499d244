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

  /// A line of captions with the times of its words.
  struct Cue: Sendable {
    var start: Int
    var duration: Int
    var words: [(form: Sentence.Form, offset: Int)]

    var text: String { self.words.map(\.form.text).joined(separator: " ") }
  }

  static func body(
    _ sentences: [Sentence], format: Format, automatic: Bool, language: String
  ) -> [UInt8] {
    let cues = Self.cues(sentences, automatic: automatic)
    return switch format {
    case .json3: Self.json3(cues, automatic: automatic)
    case .srv1: Self.srv1(cues)
    case .srv3: Self.srv3(cues, automatic: automatic)
    case .vtt: Self.vtt(cues, language: language)
    }
  }

  // MARK: Cues

  /// Manual captions break at about 42 characters and at the end of a sentence and keep their punctuation. Generated
  /// ones are lower-case words without punctuation, about 36 characters a line, straight through sentences.
  static func cues(_ sentences: [Sentence], automatic: Bool) -> [Cue] {
    let maxCharacters = automatic ? 36 : 42
    var cues: [Cue] = []
    var current = Cue(start: 0, duration: 0, words: [])
    var characters = 0
    var time = 0
    func close() {
      guard !current.words.isEmpty else { return }
      current.duration = time - current.start
      cues.append(current)
      current.words = []
    }
    for sentence in sentences {
      for word in sentence.words {
        if let form = automatic ? word.spoken : word.written {
          if !current.words.isEmpty, characters + form.characters > maxCharacters { close() }
          if current.words.isEmpty {
            current.start = time
            characters = 0
          }
          current.words.append((form, time - current.start))
          characters += form.characters + 1
        }
        time += word.milliseconds
      }
      if !automatic { close() }
    }
    close()
    return cues
  }

  // MARK: json3

  /// Written as bytes, without a tree or a writer between: it is what a load run asks for, once for each video.
  private static func json3(_ cues: [Cue], automatic: Bool) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(cues.count * (automatic ? 520 : 130) + 1024)
    out += automatic ? Self.rollingWindow : Self.plainWindow
    if automatic {
      let end = cues.last.map { $0.start + $0.duration } ?? 0
      out += #"{"tStartMs":0,"dDurationMs":"#.utf8
      out.append(number: end)
      out += #","id":1,"wpWinPosId":1,"wsWinStyleId":1}"#.utf8
    }
    for (index, cue) in cues.enumerated() {
      if automatic || index > 0 { out.append(UInt8(ascii: ",")) }
      guard automatic else {
        out.append(event: cue.start, duration: cue.duration)
        out += #","segs":[{"utf8":""#.utf8
        for (place, word) in cue.words.enumerated() {
          if place > 0 { out.append(0x20) }
          out += word.form.json
        }
        out += #""}]}"#.utf8
        continue
      }
      // Generated lines stay on the screen while the next one is spoken, so their times overlap.
      let next = index + 1 < cues.count ? cues[index + 1] : nil
      out.append(event: cue.start, duration: cue.duration + (next?.duration ?? 0))
      out += #","wWinId":1,"segs":["#.utf8
      for (place, word) in cue.words.enumerated() {
        // A space before all words but the first, and a confidence that says nothing.
        out += place == 0 ? #"{"utf8":""#.utf8 : #",{"utf8":" "#.utf8
        out += word.form.json
        if word.offset > 0 {
          out += #"","tOffsetMs":"#.utf8
          out.append(number: word.offset)
          out += #","acAsrConf":"#.utf8
        } else {
          out += #"","acAsrConf":"#.utf8
        }
        out.append(number: 190 + word.offset % 62)
        out.append(UInt8(ascii: "}"))
      }
      out += "]}".utf8
      guard let next else { continue }
      // A line of its own scrolls the window: only a newline, to be ignored by readers.
      out.append(UInt8(ascii: ","))
      out.append(event: max(0, next.start - 10), duration: next.duration + 10)
      out += #","wWinId":1,"aAppend":1,"segs":[{"utf8":"\n"}]}"#.utf8
    }
    out += "]}".utf8
    return out
  }

  private static let plainWindow = Array(
    #"{"wireMagic":"pb3","pens":[{}],"wsWinStyles":[{}],"wpWinPositions":[{}],"events":["#.utf8)
  private static let rollingWindow = Array(
    (#"{"wireMagic":"pb3","pens":[{},{"fcForeColor":15066597},{"fcForeColor":13421772}],"#
      + #""wsWinStyles":[{},{"mhModeHint":2,"juJustifCode":0,"sdScrollDir":3}],"#
      + #""wpWinPositions":[{},{"apPoint":6,"ahHorPos":20,"avVerPos":100,"rcRows":2,"ccCols":40}],"#
      + #""events":["#).utf8)

  // MARK: XML

  private static func srv1(_ cues: [Cue]) -> [UInt8] {
    var out = Array(#"<?xml version="1.0" encoding="utf-8" ?><transcript>"#.utf8)
    for cue in cues {
      out +=
        #"<text start="\#(Self.seconds(cue.start))" dur="\#(Self.seconds(cue.duration))">"#.utf8
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
    for cue in cues {
      out += #"<p t="\#(cue.start)" d="\#(cue.duration)""#.utf8
      guard automatic else {
        out.append(UInt8(ascii: ">"))
        Self.writeXML(cue.text, escapes: 1, to: &out)
        out += "</p>\n".utf8
        continue
      }
      out += #" w="1">"#.utf8
      for (place, word) in cue.words.enumerated() {
        out += place == 0 ? #"<s ac="0">"#.utf8 : #"<s t="\#(word.offset)" ac="0"> "#.utf8
        Self.writeXML(word.form.text, escapes: 1, to: &out)
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
  /// Appends a number of at least zero in decimal.
  fileprivate mutating func append(number: Int) {
    guard number >= 10 else { return self.append(UInt8(0x30 + number)) }
    var divisor = 10
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      self.append(UInt8(0x30 + number / divisor % 10))
      divisor /= 10
    }
  }

  /// Appends the beginning of a json3 event.
  fileprivate mutating func append(event start: Int, duration: Int) {
    self += #"{"tStartMs":"#.utf8
    self.append(number: start)
    self += #","dDurationMs":"#.utf8
    self.append(number: duration)
  }
}
