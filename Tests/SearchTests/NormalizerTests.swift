import Search
internal import TestRandom
import Testing

@Suite("Normalizer")
struct NormalizerTests {
  static func normalized(_ text: String) -> String {
    var normalizer = Normalizer()
    var output: [UInt8] = []
    _ = normalizer.append(text, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  static let examples: [(String, String)] = [
    ("Hello, World!", "hello world"),
    ("don't stop", "don t stop"),
    ("C++ and C# 4.8", "c and c 4 8"),
    ("Café Über naïve", "cafe uber naive"),
    ("ệ Việt Nam, đường", "e viet nam duong"),
    ("straße STRASSE ẞ", "strasse strasse ss"),
    ("ПРИВЕТ мир, йод", "привет мир йод"),
    ("İstanbul ısı", "istanbul isi"),
    ("ΟΔΥΣΣΕΥΣ Ὀδυσσεύς", "οδυσσευσ οδυσσευσ"),
    ("ﬁne ①② ＡＢＣ", "fine 12 abc"),
    ("部署流程", "部 署 流 程"),
    ("ABC部署x", "abc 部 署 x"),
    ("ガ ｶﾞ か\u{3099}", "ガ ガ が"),
    ("한국어 \u{1112}\u{1161}\u{11AB}", "한국어 한"),
    ("ไทย", "ไ ท ย"),
    ("ที่", "ที่"),
    ("हिन्दी में", "हिन्दी में"),
    ("שָׁלוֹם", "שלום"),
    ("co\u{AD}operate می\u{200C}خواهم", "cooperate میخواهم"),
    ("🎉 party 👨‍👩‍👧", "party"),
    ("", ""),
    ("\u{301}", ""),
    ("½ cup", "1 2 cup"),
    ("a\u{0}b", "a b"),
  ]

  @Test(
    "Case, diacritics, compatibility forms and scripts without spaces are folded",
    arguments: examples)
  func folds(text: String, expected: String) {
    #expect(Self.normalized(text) == expected)
  }

  @Test("Composed and decomposed spellings are the same tokens")
  func canonicalForms() {
    #expect(Self.normalized("Éa\u{308}") == Self.normalized("E\u{301}ä"))
    #expect(Self.normalized("Å") == Self.normalized("\u{212B}"))
  }

  @Test("Any number of marks on a letter is one token, in time that grows with the text alone")
  func marks() {
    // Below, then above, again and again: the worst order. Sorted all at once, they take the square of that.
    let marks =
      String(repeating: "\u{301}", count: 300_000) + String(repeating: "\u{323}", count: 300_000)
    #expect(Self.normalized("e\(marks)l") == "el")
  }

  @Test("A token's place is where it stands in the original, in code points")
  func places() {
    var normalizer = Normalizer()
    let tokens = normalizer.tokens(of: "🎉 Cafe\u{301} 部署")
    #expect(tokens.map(\.text) == ["cafe", "部", "署"])
    #expect(tokens.map(\.range) == [2..<7, 8..<9, 9..<10])
  }

  @Test("Text and tokens agree on random Unicode text, and are stable when normalized again")
  func agreement() {
    var random = SeededRandom(seed: 7)
    var normalizer = Normalizer()
    for _ in 0..<5_000 {
      let text = random.unicodeText(maxScalars: 30)
      var output: [UInt8] = []
      let count = normalizer.append(text, to: &output)
      let joined = String(decoding: output, as: UTF8.self)
      let tokens = normalizer.tokens(of: text)
      #expect(tokens.map(\.text).joined(separator: " ") == joined)
      #expect(tokens.count == count)
      #expect(
        joined.isEmpty
          || joined.split(separator: " ", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty
          })
    }
  }

  @Test("A token has a largest size, in documents as in queries")
  func longToken() {
    let long = String(repeating: "x", count: 5000)
    #expect(Self.normalized(long).utf8.count == SearchLimits.maxTokenBytes)
    #expect(Self.normalized("é" + long).utf8.count == SearchLimits.maxTokenBytes)
  }
}

extension SeededRandom {
  /// Scalars from everywhere, those of the first planes' scripts more often.
  mutating func unicodeText(maxScalars: Int) -> String {
    var view = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...maxScalars, using: &self) {
      let range: ClosedRange<UInt32> =
        switch Int.random(in: 0..<8, using: &self) {
        case 0...2: 0...0x7F
        case 3: 0x80...0x24F
        case 4: 0x300...0x10FF
        case 5: 0x1100...0x33FF
        case 6: 0xA000...0xFFFF
        default: 0x10000...0x1FFFF
        }
      if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) { view.append(scalar) }
    }
    return String(view)
  }
}
