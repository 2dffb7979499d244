internal import Testing
internal import Transcripts

@Suite("What a user may type")
struct SourceIDTests {
  static let accepted: [(String, String)] = [
    (
      "https://www.youtube.com/playlist?list=PLZHQObOWTQDPD3MizzM2xVFitgF8hE_ab",
      "PLZHQObOWTQDPD3MizzM2xVFitgF8hE_ab"
    ),
    ("youtube.com/playlist?list=PLBB231211A4F62143&si=abc", "PLBB231211A4F62143"),
    ("https://m.youtube.com/watch?v=dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
    ("https://youtu.be/dQw4w9WgXcQ?t=42", "video:dQw4w9WgXcQ"),
    ("https://www.youtube.com/shorts/dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
    ("https://www.youtube.com/live/dQw4w9WgXcQ?feature=share", "video:dQw4w9WgXcQ"),
    ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
    ("dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
    // A video watched as part of a playlist: the playlist is what this product is for.
    ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLBB231211A4F62143", "PLBB231211A4F62143"),
    ("https://www.youtube.com/watch?list=PLBB231211A4F62143", "PLBB231211A4F62143"),
    ("https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw", "UCuAXFkgsw1L7xaCfnd5JJOw"),
    ("https://www.youtube.com/@3blue1brown/videos", "@3blue1brown"),
    ("@3blue1brown", "@3blue1brown"),
  ]

  @Test("URLs and bare identifiers are understood", arguments: Self.accepted)
  func accepts(text: String, canonical: String) throws {
    let source = try SourceID(parsing: text)
    #expect(source.text == canonical)
    #expect(SourceID(canonical: canonical) == source)
  }

  @Test(
    "What cannot be indexed is refused, and the message says why",
    arguments: [
      ("", SourceError.Code.notRecognised), ("hello world", .notRecognised),
      ("https://www.example.org/watch?v=dQw4w9WgXcQ", .otherHost),
      ("https://www.youtube.com.example.org/watch?v=dQw4w9WgXcQ", .otherHost),
      ("https://www.youtube.com@example.org/watch?v=dQw4w9WgXcQ", .notRecognised),
      ("https://www.youtube.com/playlist?list=WL", .needsAccount),
      ("https://www.youtube.com/playlist?list=RDdQw4w9WgXcQ", .mix),
    ])
  func refuses(text: String, code: SourceError.Code) {
    let error = #expect(throws: SourceError.self) { try SourceID(parsing: text) }
    #expect(error?.code == code)
    #expect(error?.message.isEmpty == false)
  }
}
