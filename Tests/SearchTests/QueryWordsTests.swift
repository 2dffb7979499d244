import Testing
import Transcripts

@testable import Search

@Suite("Words of a query")
struct QueryWordsTests {
  @Test("Words that are looked for are found with their places; excluded ones and filters are not")
  func words() {
    let text = "Caf\u{E9} -tea (\"le GARÇON\" OR x-ray) channel:UCa title:menu"
    let words = QueryWords.words(of: text)
    #expect(words.map(\.token) == ["cafe", "le", "garcon", "x", "ray", "menu"])
    let scalars = Array(text.unicodeScalars)
    let found = words.map { String(String.UnicodeScalarView(scalars[$0.range])) }
    #expect(found == ["Caf\u{E9}", "le", "GARÇON", "x", "ray", "menu"])
  }

  @Test("A word is replaced where it stands, and all else stays")
  func replacing() {
    let text = "\"teh quick\" -fox teh"
    let words = QueryWords.words(of: text).filter { $0.token == "teh" }
    let new = QueryWords.replacing(words.map { ($0.range, "the") }, in: text)
    #expect(new == "\"the quick\" -fox the")
  }

  @Test("A word that nobody said is replaced by the most frequent one that is a slip away")
  func correction() async throws {
    func corrected(_ text: String, _ forms: WordForms = .exact) async throws -> String? {
      let index = [
        "quick": 5, "quack": 9, "brown": 3, "fox": 2, "talked": 1, "sour": 1, "dough": 1,
      ]
      return try await QueryCorrection.correct(text, wordForms: forms) { words in
        words.map { index[$0] ?? 0 }
      }
    }
    #expect(try await corrected("qucik fox") == "quick fox")
    #expect(try await corrected("quck fox") == "quack fox")
    #expect(try await corrected("\"quick borwn\" -foxx") == "\"quick brown\" -foxx")
    #expect(try await corrected("sourdough") == "sour dough")
    #expect(try await corrected("quick fox") == nil)
    #expect(try await corrected("zzzzz") == nil)
    #expect(try await corrected("talks", .inflected) == nil)
    #expect(try await corrected("qu") == nil)
  }

  @Test("Only the word that is being typed is completed")
  func typed() throws {
    func prefix(_ text: String) throws -> [String?] {
      let typed = try TypedText(SuggestionsQuery(text: text))
      return [typed?.kept, typed?.prefix]
    }
    #expect(try prefix("Hello Wor") == ["Hello ", "wor"])
    #expect(try prefix("\"new yo") == ["\"new ", "yo"])
    #expect(try prefix("hello ") == [nil, nil])
    #expect(try prefix("h") == [nil, nil])
    #expect(try prefix("channel:UCabc") == [nil, nil])
    #expect(try prefix("-hel") == [nil, nil])
    let typed = try #require(try TypedText(SuggestionsQuery(text: "say hel")))
    #expect(
      typed.suggestions(["held": 2, "hello": 9, "help": 2], limit: 2)
        == [
          Suggestion(text: "say hello", documents: 9), Suggestion(text: "say held", documents: 2),
        ])
    #expect(throws: SearchError.self) { try TypedText(SuggestionsQuery(text: "abc", limit: 0)) }
  }

  @Test("Names of indexes are lower case letters, digits, dashes and underscores")
  func names() {
    for name in ["default", "a", "7-x_y", String(repeating: "a", count: 64)] {
      #expect(IndexName(name)?.text == name)
    }
    for name in ["", "A", "-a", "_a", ".a", "a/b", "a b", "é", String(repeating: "a", count: 65)] {
      #expect(IndexName(name) == nil, "\(name)")
    }
  }

  @Test("The year of an instant, in UTC, also of leap days and before 1970")
  func years() {
    #expect(FacetField.year(of: 0) == "1970")
    #expect(FacetField.year(of: -1) == "1969")
    for year in 1900...2110 {
      let start = CalendarDate.milliseconds(String(year)) ?? 0
      #expect(FacetField.year(of: start) == String(year))
      #expect(FacetField.year(of: start - 1) == String(year - 1))
      #expect(FacetField.year(of: start + 59 * 86_400_000) == String(year))
    }
  }
}

@Suite("Excerpts")
struct ExcerptTests {
  static let transcript = Transcript(
    video: Video(id: VideoID("aaaaaaaaaaa")!),
    track: CaptionTrack(languageCode: "en", name: "", kind: .manual),
    segments: (0..<10).map {
      Segment(startMilliseconds: $0 * 1000, durationMilliseconds: 1000, text: "\($0)")
    }, fetchedMilliseconds: 0)

  @Test(
    "What is heard around an instant, and how much is before and after it",
    arguments: [
      (5500, 1, 1, 4, 6), (5000, 0, 0, 5, 5), (0, 3, 1, 0, 0), (9999, 1, 9, 8, 9),
      (-5, 0, 0, 0, 0), (99_000, 1, 1, 9, 9), (5500, 100, 100, 0, 9),
    ])
  func around(_ instant: Int64, _ before: Int, _ after: Int, _ first: Int, _ last: Int) {
    let excerpt = Excerpt(
      of: Self.transcript, around: instant, before: .seconds(before), after: .seconds(after))
    #expect(excerpt.segments.map(\.text) == (first...last).map(String.init))
    #expect(excerpt.segmentsBefore == first)
    #expect(excerpt.segmentsAfter == 9 - last)
  }

  @Test("The largest times do not overflow")
  func extremes() {
    for instant in [Int64.min, .max] {
      let excerpt = Excerpt(
        of: Self.transcript, around: instant, before: .seconds(Int64.max),
        after: .seconds(Int64.max))
      #expect(excerpt.segments.isEmpty == false)
    }
  }
}
