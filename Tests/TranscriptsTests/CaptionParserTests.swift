internal import Foundation
internal import Testing
internal import Transcripts

@Suite("Caption parsers")
struct CaptionParserTests {
  @Test("json3: window set-up and blank append events are not segments, words are joined")
  func json3() throws {
    let body = """
      {"wireMagic":"pb3","pens":[{}],"events":[
        {"tStartMs":0,"dDurationMs":100,"id":1,"wpWinPosId":1},
        {"tStartMs":320,"dDurationMs":5130,"wWinId":1,"segs":[{"utf8":"all right"},{"utf8":" caf\\u00e9","tOffsetMs":240}]},
        {"tStartMs":4000,"wWinId":1,"aAppend":1,"segs":[{"utf8":"\\n"}]},
        {"tStartMs":5450,"segs":[{"utf8":"\\ud83d\\ude00 & more"}]}]}
      """
    let segments = try CaptionParser.segments(of: Array(body.utf8), format: .json3)
    #expect(
      segments == [
        Segment(startMilliseconds: 320, durationMilliseconds: 5130, text: "all right café"),
        Segment(startMilliseconds: 5450, durationMilliseconds: 0, text: "😀 & more"),
      ])
  }

  @Test("srv1: entities are resolved twice and mark-up is dropped")
  func srv1() throws {
    let body = """
      <?xml version="1.0" encoding="utf-8" ?><transcript><text start="0" dur="1.54">it&amp;#39;s &lt;i&gt;here&lt;/i&gt;</text>\
      <text start="1.54" dur="4.16"></text><text start="5.7">end</text></transcript>
      """
    let segments = try CaptionParser.segments(of: Array(body.utf8), format: .srv1)
    #expect(
      segments == [
        Segment(startMilliseconds: 0, durationMilliseconds: 1540, text: "it's here"),
        Segment(startMilliseconds: 5700, durationMilliseconds: 0, text: "end"),
      ])
  }

  static let whole =
    #"{"wireMagic":"pb3","events":[{"tStartMs":1,"dDurationMs":2,"segs":[{"utf8":"some words"}]},"#
    + #"{"tStartMs":3,"dDurationMs":2,"segs":[{"utf8":"more"}]}]}"#

  @Test(
    "A body cut anywhere is an error, never a shorter transcript", arguments: 0..<whole.utf8.count)
  func cut(at count: Int) {
    #expect(throws: CaptionError.self) {
      try CaptionParser.segments(of: Array(Self.whole.utf8.prefix(count)), format: .json3)
    }
  }

  static let fixtures = ProcessInfo.processInfo.environment["VERBATIM_FIXTURES"]

  struct Recorded: CustomTestStringConvertible {
    var file: String
    var format: CaptionFormat
    var segments: Int
    var first: Segment
    var last: Segment
    var testDescription: String { self.file }
  }

  static let recorded = [
    Recorded(
      file: "manual.json3.json", format: .json3, segments: 151,
      first: Segment(
        startMilliseconds: 210, durationMilliseconds: 3830,
        text: "Hi, I'm Vanessa from SpeakEnglishWithVanessa.com."),
      last: Segment(startMilliseconds: 620_650, durationMilliseconds: 10, text: "Goodbye.")),
    Recorded(
      file: "generated-49min.json3.json", format: .json3, segments: 1053,
      first: Segment(
        startMilliseconds: 0, durationMilliseconds: 5130,
        text: "in the comments all right oh good I"),
      last: Segment(
        startMilliseconds: 2_970_520, durationMilliseconds: 4280,
        text: "much thanks everybody yes goodbye")),
    Recorded(
      file: "generated-fragment.srv3.xml", format: .srv3, segments: 2,
      first: Segment(startMilliseconds: 320, durationMilliseconds: 14260, text: "[Music]"),
      last: Segment(
        startMilliseconds: 18800, durationMilliseconds: 7160, text: "We're no strangers")
    ),
  ]

  @Test(
    "Recorded bodies give exactly their segments",
    .enabled(
      if: fixtures != nil, "VERBATIM_FIXTURES does not name the folder of recorded responses"),
    arguments: recorded)
  func recordedBodies(of recorded: Recorded) throws {
    let folder = URL(fileURLWithPath: try #require(Self.fixtures))
    let body = try Data(
      contentsOf: folder.appendingPathComponent("youtube/timedtext/\(recorded.file)"))
    let segments = try CaptionParser.segments(of: [UInt8](body), format: recorded.format)
    #expect(segments.count == recorded.segments)
    #expect(segments.first == recorded.first)
    #expect(segments.last == recorded.last)
  }
}
