import FixtureKit
import JSON
internal import TestRandom
import Testing
import Transcripts

@Suite("Caption parsers")
struct CaptionParserTests {
  static func json3(_ events: String) -> [UInt8] {
    Array(#"{"wireMagic":"pb3","pens":[{}],"events":[\#(events)]}"#.utf8)
  }

  static func segments(_ body: [UInt8], _ format: CaptionFormat) throws -> [Segment] {
    try CaptionParser.segments(of: body, format: format)
  }

  static func code(_ body: [UInt8], _ format: CaptionFormat) -> CaptionError.Code? {
    do throws(CaptionError) {
      _ = try CaptionParser.segments(of: body, format: format)
      return nil
    } catch {
      return error.code
    }
  }

  // MARK: json3

  @Test("A manual json3 track gives a segment for each event, text as sent")
  func manualJSON3() throws {
    let segments = try Self.segments(Fixture.own("manual.json3.json"), .json3)
    #expect(segments.count == 151)
    #expect(
      segments.first
        == Segment(
          startMilliseconds: 210, durationMilliseconds: 3830,
          text: "Hi, I'm Vanessa from SpeakEnglishWithVanessa.com."))
    #expect(
      segments.last
        == Segment(
          startMilliseconds: 620_650, durationMilliseconds: 10, text: "Goodbye."))
    #expect(
      Fixture.sha256(segments.map(\.text).joined(separator: "\n"))
        == "ce82f561fbcb0ef202337b49b82d53f64aaec69c1cb4442ad0ac4244dd8f7b86")
  }

  @Test("Words are joined; window set-up and scrolling events are left out")
  func joins() throws {
    let body = Self.json3(
      #"{"tStartMs":0,"dDurationMs":9000,"id":1},"#
        + #"{"tStartMs":10,"dDurationMs":20,"segs":[{"utf8":"one"},{"utf8":" two","tOffsetMs":5,"acAsrConf":1}]},"#
        + #"{"tStartMs":15,"aAppend":1,"segs":[{"utf8":"\n"}]},"#
        + #"{"tStartMs":30,"segs":[{"utf8":" \u200b\u00a0"}]},"#
        + #"{"tStartMs":40.7,"dDurationMs":1,"segs":[{"utf8":"q \"x\" \\ \/ \t \ud83d\ude00 é \ud83d!"}]}"#
    )
    let segments = try Self.segments(body, .json3)
    #expect(
      segments == [
        Segment(startMilliseconds: 10, durationMilliseconds: 20, text: "one two"),
        Segment(
          startMilliseconds: 40, durationMilliseconds: 1, text: "q \"x\" \\ / \t 😀 é \u{FFFD}!"),
      ])
  }

  @Test("Events out of order are sorted by start, equal ones stay as they were")
  func sorted() throws {
    let event = { (start: Int, text: String) in
      #"{"tStartMs":\#(start),"dDurationMs":1,"segs":[{"utf8":"\#(text)"}]}"#
    }
    let body = Self.json3(
      [event(5, "a"), event(1, "b"), event(5, "c"), event(-3, "d")].joined(separator: ","))
    let segments = try Self.segments(body, .json3)
    #expect(
      segments.map(\.text) == ["d", "b", "a", "c"] || segments.map(\.text) == ["b", "a", "c", "d"])
    #expect(segments.allSatisfy { $0.startMilliseconds >= 0 })
  }

  @Test("A json3 track cut at any byte is an error, never a shorter transcript")
  func cutJSON3() throws {
    let body = try Fixture.own("manual.json3.json")
    let whole = body.lastIndex(of: UInt8(ascii: "}")) ?? 0
    for cut in stride(from: 0, to: whole, by: 61) {
      let code = Self.code(Array(body[..<cut]), .json3)
      #expect(code == .truncated || (cut == 0 && code == .empty), "cut at \(cut)")
    }
    #expect(Self.code(try Fixture.own("truncated.json3.json"), .json3) == .truncated)
  }

  @Test(
    "What is not a caption track is refused",
    arguments: [
      ("", CaptionError.Code.empty), (" \n ", .empty), ("{}", .malformed), ("null", .malformed),
      (#"{"events":[]}"#, .noText), (#"{"events":[{"segs":[]}]}"#, .noText),
      (#"{"events":null}"#, .malformed), (#"{"events":[1]}"#, .malformed),
      (#"{"events":[]} {}"#, .malformed), (#"{"events":[],}"#, .malformed),
      (#"{"events":[{"tStartMs":99999999999999999999,"segs":[{"utf8":"x"}]}]}"#, .malformed),
      (#"{"events":[{"tStartMs":3600000001,"segs":[{"utf8":"x"}]}]}"#, .malformed),
      (#"{"events":[{"tStartMs":"1","segs":[{"utf8":"x"}]}]}"#, .malformed),
      (#"{"events":[{"tStartMs":1,"segs":[{"utf8":"\x"}]}]}"#, .malformed),
      ("{\"events\":[{\"tStartMs\":1,\"segs\":[{\"utf8\":\"a\u{1}b\"}]}]}", .malformed),
      ("<!DOCTYPE html><html></html>", .malformed),
    ])
  func refused(body: String, code: CaptionError.Code) {
    #expect(Self.code(Array(body.utf8), .json3) == code)
  }

  @Test("Text that is not UTF-8 is refused")
  func notUTF8() {
    var body = Self.json3(#"{"tStartMs":1,"segs":[{"utf8":"X"}]}"#)
    if let index = body.firstIndex(of: UInt8(ascii: "X")) { body[index] = 0xFF }
    #expect(Self.code(body, .json3) == .malformed)
  }

  @Test("Nesting is bounded")
  func nesting() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(Self.code(Array(#"{"pens":\#(deep)"#.utf8), .json3) == .malformed)
    let xml = "<transcript>" + String(repeating: "<a>", count: 100_000)
    #expect(Self.code(Array(xml.utf8), .srv1) == .malformed)
  }

  // MARK: XML

  @Test("srv1: text is unescaped twice, tags dropped, empty elements left out")
  func srv1() throws {
    let segments = try Self.segments(Fixture.own("short.srv1.xml"), .srv1)
    #expect(
      segments == [
        Segment(startMilliseconds: 0, durationMilliseconds: 1540, text: "Hey, this is just a test"),
        Segment(
          startMilliseconds: 1540, durationMilliseconds: 4160,
          text: "this is not the original transcript"),
        Segment(
          startMilliseconds: 5700, durationMilliseconds: 3239,
          text: "just something shorter, I made up for testing"),
      ])
    #expect(
      Fixture.sha256(segments.map(\.text).joined(separator: "\n"))
        == "91cf0d84d0be9916cab47c130fa82fd8aea69cc551d15535d33c2b4ca3587c2c")
    let double =
      #"<transcript><text start="1">I&amp;#39;m &amp;quot;AT&amp;amp;T&amp;quot; 3 &lt; 4 &amp; &#x1F600;</text></transcript>"#
    #expect(try Self.segments(Array(double.utf8), .srv1).first?.text == "I'm \"AT&T\" 3 < 4 & 😀")
  }

  @Test("srv3: words are joined, appended line breaks left out")
  func srv3() throws {
    let body = """
      <?xml version="1.0" encoding="utf-8" ?><timedtext format="3">
      <head><ws id="0"/><wp id="1" ap="6"/></head>
      <body>
      <w t="0" id="1" wp="1" ws="1"/>
      <p t="320" d="14260" w="1">[Music]</p>
      <p t="18790" w="1" a="1">
      </p>
      <p t="18800" d="7160" w="1"><s ac="0">We&#39;re</s><s t="239" ac="0"> no</s><s t="559"> strangers</s></p>
      </body>
      </timedtext>
      """
    #expect(
      try Self.segments(Array(body.utf8), .srv3) == [
        Segment(startMilliseconds: 320, durationMilliseconds: 14_260, text: "[Music]"),
        Segment(startMilliseconds: 18_800, durationMilliseconds: 7160, text: "We're no strangers"),
      ])
  }

  @Test("An XML track cut at any byte is an error")
  func cutXML() throws {
    let body = try Fixture.own("short.srv1.xml")
    let whole = body.lastIndex(of: UInt8(ascii: ">")) ?? 0
    for cut in 0..<whole {
      #expect(Self.code(Array(body[..<cut]), .srv1) != nil, "cut at \(cut)")
    }
    #expect(Self.code(try Fixture.own("truncated.srv1.xml"), .srv1) == .truncated)
  }

  // MARK: VTT

  @Test("VTT: rolling lines come once")
  func vtt() throws {
    let body = """
      WEBVTT
      Kind: captions
      Language: en
      Style:
      ::cue(c.colorCCCCCC) { color: rgb(204,204,204);
       }
      ##

      00:00:01.000 --> 00:00:03.000 align:start position:0%
       
      first<00:00:02.000><c> line</c>

      00:00:03.000 --> 00:00:03.010 align:start position:0%
      first line
       

      00:00:03.010 --> 00:00:05.000
      first line
      <c.colorCCCCCC>second &amp;</c><c> line</c>

      1:00:05.000 --> 1:00:06.500
      late

      """
    #expect(
      try Self.segments(Array(body.utf8), .vtt) == [
        Segment(startMilliseconds: 1000, durationMilliseconds: 2000, text: "first line"),
        Segment(startMilliseconds: 3010, durationMilliseconds: 1990, text: "second & line"),
        Segment(startMilliseconds: 3_605_000, durationMilliseconds: 1500, text: "late"),
      ])
  }

  @Test("The format of a body is told by its look")
  func sniffing() throws {
    #expect(CaptionFormat(sniffing: try Fixture.own("manual.json3.json")) == .json3)
    #expect(CaptionFormat(sniffing: try Fixture.own("short.srv1.xml")) == .srv1)
    #expect(CaptionFormat(sniffing: Array("\u{FEFF}WEBVTT\n".utf8)) == .vtt)
    #expect(CaptionFormat(sniffing: Array("<?xml?><timedtext format=\"3\">".utf8)) == .srv3)
    #expect(CaptionFormat(sniffing: Array("<!DOCTYPE html>".utf8)) == nil)
    #expect(CaptionFormat(sniffing: []) == nil)
  }

  // MARK: Anything

  @Test(
    "Damaged bodies neither crash a parser nor give segments that break the contract",
    arguments: ["manual.json3.json", "short.srv1.xml"])
  func mutations(name: String) throws {
    let original = try Fixture.own(name)
    let format = try #require(CaptionFormat(sniffing: original))
    var random = SeededRandom(seed: 20_261_124)
    for round in 0..<1500 {
      var body = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let at = Int.random(in: 0..<body.count, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: body[at] = UInt8.random(in: 0...255, using: &random)
        case 1: body.remove(at: at)
        case 2: body.insert(UInt8.random(in: 0...255, using: &random), at: at)
        default: body.removeSubrange(at..<min(body.count, at + 40))
        }
        if body.isEmpty { break }
      }
      for format in [format, .srv3, .vtt] {
        guard let segments = try? Self.segments(body, format) else { continue }
        let isSound = segments.allSatisfy {
          !$0.text.isEmpty && $0.startMilliseconds >= 0 && $0.durationMilliseconds >= 0
        }
        #expect(isSound && !segments.isEmpty, "round \(round)")
        #expect(segments.count <= 160, "round \(round)")
      }
    }
  }
}

@Suite(
  "Recorded caption tracks", .enabled(if: Fixture.folder != nil, Comment(rawValue: Fixture.why)))
struct RecordedCaptionTests {
  @Test(
    "json3 tracks give what was recorded",
    arguments: ["timedtext/manual.json3.json", "timedtext/generated-49min.json3.json"])
  func json3(path: String) throws {
    let expected = try Fixture.expectation(of: path)
    let segments = try CaptionParser.segments(of: Fixture.recorded(path), format: .json3)
    #expect(segments.count == expected["segments"]?.int)
    #expect(Self.matches(segments.first, expected["first"]))
    #expect(Self.matches(segments.last, expected["last"]))
    #expect(
      Fixture.sha256(segments.map(\.text).joined(separator: "\n")) == expected["textSha256"]?.string
    )
    #expect(
      segments.map { $0.text.split(whereSeparator: \.isWhitespace).count }.reduce(0, +)
        == expected["words"]?.int)
  }

  @Test("The srv3 fragment gives what was recorded")
  func srv3() throws {
    let path = "timedtext/generated-fragment.srv3.xml"
    let expected = try Fixture.expectation(of: path)
    let segments = try CaptionParser.segments(of: Fixture.recorded(path), format: .srv3)
    #expect(segments.count == expected["segments"]?.int)
    #expect(Self.matches(segments.first, expected["first"]))
    #expect(Self.matches(segments.last, expected["last"]))
  }

  @Test("Lines of a rolling VTT come once")
  func vtt() throws {
    let segments = try CaptionParser.segments(
      of: Fixture.recorded("timedtext/generated-rolling-head.vtt"), format: .vtt)
    let lines = segments.flatMap { $0.text.split(separator: "\n") }
    #expect(lines.first == "today's fire income will tell details")
    #expect(zip(lines, lines.dropFirst()).allSatisfy { $0 != $1 })
    #expect(segments.allSatisfy { !$0.text.contains("<") })
  }

  @Test("An empty body is an error")
  func empty() throws {
    let error = #expect(throws: CaptionError.self) {
      try CaptionParser.segments(of: Fixture.recorded("timedtext/empty-body.txt"), format: .json3)
    }
    #expect(error?.code == .empty)
  }

  static func matches(_ segment: Segment?, _ expected: JSONValue?) -> Bool {
    segment?.startMilliseconds == expected?["startMs"]?.int64
      && segment?.durationMilliseconds == expected?["durationMs"]?.int64
      && segment?.text == expected?["text"]?.string
  }
}
