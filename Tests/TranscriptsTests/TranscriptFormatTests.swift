import FixtureKit
import JSON
import Testing
import Transcripts

@Suite("Writing transcripts")
struct TranscriptFormatTests {
  static let transcript = Transcript(
    video: Video(
      id: VideoID("dQw4w9WgXcQ")!, title: "A \"title\"", channelID: "UCYO_jab_esuFRV4b17AJtAw",
      channelTitle: "Someone", durationMilliseconds: 10_000),
    track: CaptionTrack(languageCode: "en", name: "English", kind: .automatic),
    segments: [
      Segment(startMilliseconds: 0, durationMilliseconds: 3000, text: "one\n\ntwo --> three"),
      Segment(startMilliseconds: 1500, durationMilliseconds: 0, text: "a < b & c > d"),
      Segment(startMilliseconds: 3_600_000, durationMilliseconds: 40, text: "late 😀"),
    ], fetchedMilliseconds: 1, selectionReason: "en asked for")

  static func text(_ format: TranscriptFormat) -> String {
    String(decoding: format.encode(Self.transcript), as: UTF8.self)
  }

  @Test("Text has one line for each segment")
  func plainText() {
    #expect(Self.text(.text) == "one two --> three\na < b & c > d\nlate 😀\n")
  }

  @Test("SRT: numbered, no overlap, no blank line inside of a subtitle")
  func srt() {
    #expect(
      Self.text(.srt) == """
        1
        00:00:00,000 --> 00:00:01,500
        one
        two -> three

        2
        00:00:01,500 --> 00:00:03,500
        a < b & c > d

        3
        01:00:00,000 --> 01:00:00,040
        late 😀

        """)
  }

  @Test("VTT is escaped, and our own parser reads it back")
  func vtt() throws {
    let text = Self.text(.vtt)
    #expect(
      text.hasPrefix(
        "WEBVTT\nKind: captions\nLanguage: en\n\n00:00:00.000 --> 00:00:01.500\none\ntwo --&gt; three\n"
      ))
    let segments = try CaptionParser.segments(of: Array(text.utf8), format: .vtt)
    #expect(segments.map(\.text) == ["one\ntwo --> three", "a < b & c > d", "late 😀"])
    #expect(segments.map(\.startMilliseconds) == [0, 1500, 3_600_000])
  }

  @Test("JSON holds everything")
  func json() throws {
    let root = try JSONDocument(parsing: TranscriptFormat.json.encode(Self.transcript)).root
    #expect(root["video"]?["title"]?.string == "A \"title\"")
    #expect(root["track"]?["kind"]?.string == "automatic")
    #expect(root["segments"]?.count == 3)
    #expect(root["segments"]?[2]?["startMilliseconds"]?.int64 == 3_600_000)
    #expect(root["segments"]?[0]?["text"]?.string == "one\n\ntwo --> three")
  }

  @Test("SRT of a recorded track has a subtitle for each segment, each ending after it begins")
  func recorded() throws {
    var transcript = Self.transcript
    transcript.segments = try CaptionParser.segments(
      of: Fixture.own("manual.json3.json"), format: .json3)
    let text = String(decoding: TranscriptFormat.srt.encode(transcript), as: UTF8.self)
    let blocks = text.split(separator: "\n\n")
    #expect(blocks.count == 151)
    for (index, block) in blocks.enumerated() {
      let lines = block.split(separator: "\n")
      #expect(lines.count >= 3)
      #expect(lines[0] == "\(index + 1)")
      let times = lines[1].split(separator: " --> ")
      #expect(times.count == 2 && times[0] < times[1])
    }
  }
}
