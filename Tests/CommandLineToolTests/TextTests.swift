@testable internal import CommandLineTool
internal import Testing

@Suite("Text")
struct TextTests {
  @Test("Control characters and direction marks are replaced one by one")
  func safeLine() {
    #expect(SafeText.line("a\tb\nc\r\u{85}\u{2028}d") == "a b c   d")
    #expect(
      SafeText.line("\u{1b}[1m\u{7f}\u{9b}\u{202e}\u{2066}x")
        == "\u{fffd}[1m\u{fffd}\u{fffd}\u{fffd}\u{fffd}x")
    #expect(SafeText.line("مرحبا 你好 👩‍🚀 é") == "مرحبا 你好 👩‍🚀 é")
    #expect(SafeText.lines("a\n\tb\u{1b}\r\n") == "a\n\tb\u{fffd}\u{fffd}\n")
  }

  @Test(
    "Text takes the columns it takes",
    arguments: [
      ("abc", 3), ("日本", 4), ("é", 1), ("e\u{301}", 1), ("👩‍🚀", 2), ("❤️", 2), ("", 0), ("ｱ", 1),
      ("한", 2),
    ])
  func width(text: String, columns: Int) { #expect(DisplayWidth.of(text) == columns) }

  @Test("Text is cut by columns")
  func truncated() {
    #expect(DisplayWidth.truncated("abcdef", to: 6, ellipsis: "…") == "abcdef")
    #expect(DisplayWidth.truncated("abcdef", to: 5, ellipsis: "…") == "abcd…")
    #expect(DisplayWidth.truncated("日本語", to: 4, ellipsis: "…") == "日…")
    #expect(DisplayWidth.truncated("ab cdef", to: 4, ellipsis: "…") == "ab…")
    #expect(DisplayWidth.truncated("abcdef", to: 1, ellipsis: "...") == ".")
    #expect(DisplayWidth.truncated("abcdef", to: 0, ellipsis: "…") == "")
  }

  @Test("Times are short")
  func times() {
    #expect(TimeText.clock(8_000) == "0:08")
    #expect(TimeText.clock(754_321) == "12:34")
    #expect(TimeText.clock(3_723_000) == "1:02:03")
    #expect(TimeText.clock(-1) == "0:00")
    #expect(TimeText.clock(seconds: .infinity) == "?")
    #expect(TimeText.clock(seconds: 1e300) == TimeText.clock(seconds: 1e9))
    #expect(TimeText.short(.milliseconds(640)) == "640 ms")
    #expect(TimeText.short(.milliseconds(3270)) == "3.2 s")
    #expect(TimeText.short(.seconds(59)) == "59 s")
    #expect(TimeText.short(.seconds(125)) == "2 min 5 s")
    #expect(TimeText.short(.seconds(4800)) == "1 h 20 min")
    #expect(TimeText.short(.seconds(Int64.max)).hasSuffix(" min"))
    #expect(TimeText.age(of: 100, now: 103) == "just now")
    #expect(TimeText.age(of: 0, now: 100) == "100 s ago")
    #expect(TimeText.age(of: 0, now: 7100) == "118 min ago")
    #expect(TimeText.age(of: 0, now: 10_000) == "2 h ago")
    #expect(TimeText.age(of: 0, now: 1_000_000) == "11 days ago")
    #expect(TimeText.age(of: .min, now: .max) == "just now")
  }

  @Test("Rates have a digit after the point while they are small")
  func rates() {
    #expect(NumberText.rate(0.04) == "0.0")
    #expect(NumberText.rate(24.06) == "24.1")
    #expect(NumberText.rate(99.96) == "100")
    #expect(NumberText.rate(1234.5) == "1235")
    #expect(NumberText.rate(.nan) == "?")
  }

  @Test(
    "A terminal shows Unicode when its locale says so",
    arguments: [
      (["LANG": "en_US.UTF-8"], true), (["LANG": "C"], false), ([:], false),
      (["LANG": "en_US.UTF-8", "LC_ALL": "C"], false), (["LANG": "C", "LC_CTYPE": "C.utf8"], true),
      (["LC_ALL": "", "LANG": "de_DE.utf-8"], true),
    ])
  func unicode(environment: [String: String], expected: Bool) {
    #expect(TextStyle(.never, isTerminal: true, environment: environment).hasUnicode == expected)
  }
}
