import FixtureKit
import JSON
internal import TestRandom
import Testing
import Transcripts

@Suite("Naming what to index")
struct SourceIDTests {
  static let list = "PLZHQObOWTQDPD3MizzM2xVFitgF8hE_ab"
  static let channel = "UCYO_jab_esuFRV4b17AJtAw"

  @Test(
    "Every recorded form of address is understood as yt-dlp understands it, or refused for a reason"
  )
  func recordedForms() throws {
    let forms = try JSONDocument(parsing: Fixture.own("url-forms.json"))
    var checked = 0
    for form in forms.root.elements {
      let url = try #require(form["url"]?.string)
      let list = form["listParam"]?.string
      let decision = form["ytdlpExtractor"]
      let found = Result { () throws(SourceError) in try SourceID(parsing: url) }
      let expected = Self.expected(url, list: list, decision)
      switch (found, expected) {
      case (.success(let source), let text?): #expect(source.text == text, "\(url)")
      case (.failure(let error), nil): #expect(!error.message.isEmpty, "\(url)")
      default: Issue.record("\(url) gave \(found), expected \(expected ?? "an error")")
      }
      checked += 1
    }
    #expect(checked == 27)
  }

  /// Our decision: a list wins over a video; mixes and an account's own lists are refused.
  static func expected(_ url: String, list: String?, _ decision: JSONValue?) -> String? {
    let id =
      list ?? decision?["tab"]?.string ?? decision?["playlist"]?.string
      ?? decision?["video"]?.string ?? decision?["youtuBeWithList"]?.string
    guard let id, !["WL", "LL"].contains(id), !id.hasPrefix("RD") else { return nil }
    if url.contains("/c/") { return "c/\(id)" }
    if url.contains("/user/") { return "user/\(id)" }
    return id.utf8.count == 11 && !id.hasPrefix("@") ? "video:\(id)" : id
  }

  @Test(
    "More forms that people paste",
    arguments: [
      ("  https://youtu.be/dQw4w9WgXcQ?si=abc&t=42 \n", "video:dQw4w9WgXcQ"),
      ("dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
      ("video:dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
      ("youtube.com/watch?v=dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
      ("HTTPS://WWW.YouTube.COM./watch?app=desktop&v=dQw4w9WgXcQ#t=1", "video:dQw4w9WgXcQ"),
      ("https://m.youtube.com:443/watch?v=dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
      ("https://www.youtube.com/v/dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
      ("https://www.youtube.com/e/dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
      ("https://www.youtube.com/watch/dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
      (
        "https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3DdQw4w9WgXcQ%26feature%3Dshare",
        "video:dQw4w9WgXcQ"
      ),
      (
        "https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fplaylist%3Flist%3DPLBB231211A4F62143",
        "PLBB231211A4F62143"
      ),
      ("https://music.youtube.com/browse/VLPLBB231211A4F62143", "PLBB231211A4F62143"),
      ("@3Blue1Brown", "@3blue1brown"),
      ("https://www.youtube.com/%40caf%C3%A9/featured", "@café"),
      ("https://www.youtube.com/3blue1brown", "c/3blue1brown"),
      ("c/3blue1brown", "c/3blue1brown"),
      ("UCYO_jab_esuFRV4b17AJtAw", "UCYO_jab_esuFRV4b17AJtAw"),
      (
        "https://www.youtube.com/embed/live_stream?channel=UCYO_jab_esuFRV4b17AJtAw",
        "UCYO_jab_esuFRV4b17AJtAw"
      ),
      ("https://www.youtubekids.com/watch?v=dQw4w9WgXcQ", "video:dQw4w9WgXcQ"),
    ])
  func moreForms(typed: String, text: String) throws {
    let source = try SourceID(parsing: typed)
    #expect(source.text == text)
    #expect(SourceID(canonical: source.text) == source)
  }

  @Test(
    "What cannot be indexed is refused with its reason and a remedy",
    arguments: [
      (
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=RDdQw4w9WgXcQ", SourceError.Code.mix,
        "youtu.be/dQw4w9WgXcQ"
      ),
      ("RDMMdQw4w9WgXcQ", .mix, "mix"),
      ("WL", .needsAccount, "account"),
      ("LL", .needsAccount, "account"),
      ("https://music.youtube.com/playlist?list=LM", .needsAccount, "account"),
      ("https://example.com/watch?v=dQw4w9WgXcQ", .otherHost, "example.com"),
      ("https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ", .otherHost, "evil.example"),
      ("https://notyoutube.com/watch?v=dQw4w9WgXcQ", .otherHost, "notyoutube.com"),
      ("https://www.youtube.com@evil.example/watch?v=dQw4w9WgXcQ", .notRecognised, "playlist"),
      ("https://evil.example\\@www.youtube.com/watch?v=dQw4w9WgXcQ", .otherHost, "evil.example"),
      ("https://www.youtube.com/results?search_query=swift", .notListable, "results"),
      ("https://www.youtube.com/clip/UgytZKpehg-hEMBSn3F4AaABCQ", .notListable, "clip"),
      ("https://www.youtube.com/watch?v=short", .notRecognised, "11"),
      ("https://www.youtube.com/", .notRecognised, "list="),
      ("https://www.youtube.com/playlist?list=PL1", .notRecognised, "PL1"),
      ("https://www.youtube.com/channel/UCshort", .notRecognised, "UC"),
      ("ftp://www.youtube.com/watch?v=dQw4w9WgXcQ", .notRecognised, "link"),
      ("file:///etc/passwd", .notRecognised, "link"),
      ("", .notRecognised, "nothing"),
      ("https://www.youtube.com/watch?v=%zz", .notRecognised, "link"),
      ("https://www.youtube.com/@a%00b", .notRecognised, "link"),
    ])
  func refusals(typed: String, code: SourceError.Code, word: String) {
    let error = #expect(throws: SourceError.self) { try SourceID(parsing: typed) }
    #expect(error?.code == code)
    #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
  }

  @Test("A text of any length or content is answered, and never shown with control characters")
  func anything() {
    let long = String(repeating: "a", count: SourceID.maxTextBytes + 1)
    #expect(throws: SourceError.self) { try SourceID(parsing: long) }
    let error = #expect(throws: SourceError.self) {
      try SourceID(parsing: "https://\u{1B}[31m.example/\u{202E}")
    }
    #expect(error?.message.unicodeScalars.contains("\u{1B}") == false)
    var random = SeededRandom(seed: 7)
    let pieces = [
      "https://", "//", "youtube.com", "/", "?", "&", "=", "list", "v", "%4", "@", "PL", "é", ":",
      "#", "\\",
    ]
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...12, using: &random))
        .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      guard let source = try? SourceID(parsing: text) else { continue }
      #expect(SourceID(canonical: source.text) == source, "\(text)")
    }
  }

  @Test(
    "Only canonical texts are read back",
    arguments: [
      "@UPPER", "dQw4w9WgXcQ", "RDMM1234567890", "c/", "video:x", "", " PLBB231211A4F62143",
    ])
  func notCanonical(text: String) { #expect(SourceID(canonical: text) == nil) }

  @Test(
    "Playlists of the simulator are named by their number of videos",
    arguments: ["PLsim-1", "PLsim-12345", "PLsim-100000"])
  func simulated(text: String) throws {
    #expect(try SourceID(parsing: text) == .playlist(text))
    #expect(
      try SourceID(parsing: "https://www.youtube.com/playlist?list=\(text)") == .playlist(text))
    #expect(SourceID(canonical: text) == .playlist(text))
  }

  @Test("A channel's uploads are the playlist of the same number")
  func uploads() {
    #expect(SourceID.uploadsPlaylistID(ofChannel: Self.channel) == "UUYO_jab_esuFRV4b17AJtAw")
    #expect(SourceID.uploadsPlaylistID(ofChannel: Self.list) == nil)
  }
}
