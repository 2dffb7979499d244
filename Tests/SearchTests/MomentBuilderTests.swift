import Search
import Testing
import Transcripts

@Suite("Moment builder")
struct MomentBuilderTests {
  static func moment(
    _ texts: [String], _ occurrences: [(Int, Int)], nearby: [(Int, Int)] = []
  ) throws -> Moment {
    let segments = texts.enumerated().map {
      Segment(startMilliseconds: Int64($0) * 4321, durationMilliseconds: 4000, text: $1)
    }
    var normalizer = Normalizer()
    let video = try #require(VideoID("abcdefghijk"))
    let transcript = Transcript(
      video: Video(id: video), track: CaptionTrack(languageCode: "en", name: "", kind: .manual),
      segments: segments, fetchedMilliseconds: 0)
    let normalized = NormalizedTranscript(transcript, normalizer: &normalizer)
    var builder = MomentBuilder()
    let moment = builder.moment(
      of: occurrences.map { .init(firstToken: $0.0, tokenCount: $0.1) },
      nearby: nearby.map { .init(firstToken: $0.0, tokenCount: $0.1) }, in: segments,
      offsets: normalized.offsets)
    return try #require(moment)
  }

  static func highlighted(_ moment: Moment) -> [String] {
    let scalars = Array(moment.text.unicodeScalars)
    return moment.highlights.map {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars[$0])
      return String(view)
    }
  }

  @Test(
    "A moment starts with the segment of its first word, and joins segments until it reads well")
  func start() throws {
    let texts = (0..<10).map { "segment number \($0) here" }
    let moment = try Self.moment(texts, [(13, 1)])
    #expect(moment.startMilliseconds == 3 * 4321)
    #expect(moment.text.hasPrefix("segment number 3 here segment number 4"))
    #expect(moment.text.unicodeScalars.count >= MomentBuilder.minScalars)
    #expect(Self.highlighted(moment) == ["number"])
    #expect(moment.highlights[0].lowerBound == 8)
  }

  @Test("At the end of a transcript it reaches back, but the link stays with the word")
  func end() throws {
    let texts = (0..<10).map { "segment number \($0) here" }
    let moment = try Self.moment(texts, [(38, 1)])
    #expect(moment.startMilliseconds == 9 * 4321)
    #expect(Self.highlighted(moment) == ["9"])
    #expect(moment.text.hasSuffix("segment number 9 here"))
  }

  @Test("Highlights are places in the original text: diacritics, emoji, line breaks, CJK")
  func highlights() throws {
    let moment = try Self.moment(["🎉 Un cafe\u{301}\nnoir,", "部署流程"], [(1, 2), (4, 2)])
    #expect(Self.highlighted(moment) == ["cafe\u{301} noir", "署流"])
  }

  @Test("A phrase over a border of segments is one highlight")
  func border() throws {
    let moment = try Self.moment(["the quick", "brown fox"], [(1, 2)])
    #expect(Self.highlighted(moment) == ["quick brown"])
    #expect(moment.startMilliseconds == 0)
  }

  @Test("A very long segment is cut around the first word")
  func cut() throws {
    let long = (0..<2000).map { "word\($0)" }.joined(separator: " ")
    let moment = try Self.moment([long], [(1000, 2)], nearby: [(3, 1), (1004, 1)])
    #expect(moment.text.unicodeScalars.count <= MomentBuilder.maxScalars + 2)
    #expect(moment.text.hasPrefix("…word"))
    #expect(moment.text.hasSuffix("…"))
    #expect(Self.highlighted(moment) == ["word1000 word1001", "word1004"])
  }

  @Test("Without a word in the text it is the beginning, without highlights")
  func beginning() throws {
    let moment = try Self.moment(["hello", "there"], [])
    #expect(moment == Moment(startMilliseconds: 0, text: "hello there", highlights: []))
    #expect(try Self.moment(["🎉", "🎉"], []).startMilliseconds == 0)
  }
}
