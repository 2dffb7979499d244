@testable internal import Options
internal import Testing

@Suite("Values")
struct ValueParserTests {
  private func value<Value>(_ parser: ValueParser<Value>, _ text: String) -> Value? {
    try? parser.convert(text)
  }

  @Test(
    "Times have units",
    arguments: [
      ("500ms", 500), ("30s", 30_000), ("1.5s", 1_500), ("5m", 300_000), ("2h", 7_200_000),
      ("1h30m", 5_400_000), ("1d", 86_400_000), ("0", 0), ("0s", 0),
    ])
  func durations(text: String, milliseconds: Int) {
    #expect(self.value(.duration, text) == .milliseconds(milliseconds))
  }

  @Test(
    "What is no time is refused",
    arguments: [
      "", "5", "s", "-1s", "1 s", "5x", "1..5s", ".5s", "1s2", "1e3s", "99999999999h", "inf",
      "nans",
    ])
  func noDurations(text: String) { #expect(self.value(.duration, text) == nil) }

  @Test(
    "Times are shown as they are written",
    arguments: ["500ms", "30s", "1.5s", "5m", "2h", "1h30m", "1m1s", "0s", "1m0.25s"])
  func durationsAsText(text: String) throws {
    let duration = try #require(self.value(.duration, text))
    #expect(ValueParser.duration.show(duration) == text)
  }

  @Test(
    "Sizes have units",
    arguments: [
      ("0", 0), ("4096", 4096), ("64KiB", 65536), ("8MiB", 8 << 20), ("1GiB", 1 << 30),
      ("5MB", 5_000_000), ("1.5kib", 1536), ("12 MiB", 12 << 20), ("7B", 7),
    ])
  func sizes(text: String, bytes: Int) { #expect(self.value(.byteSize, text) == bytes) }

  @Test("What is no size is refused", arguments: ["", "MiB", "-1", "1XB", "99999999999TiB", "1e9"])
  func noSizes(text: String) { #expect(self.value(.byteSize, text) == nil) }

  @Test("Sizes are shown in the largest whole unit")
  func sizesAsText() {
    #expect(Units.byteText(8 << 20) == "8MiB")
    #expect(Units.byteText(1536) == "1536")
    #expect(Units.byteText(0) == "0")
    #expect(Units.byteText(3 << 40) == "3TiB")
  }

  @Test("Ranges hold at both ends")
  func ranges() {
    #expect(self.value(.integer(1...9), "1") == 1)
    #expect(self.value(.integer(1...9), "9") == 9)
    #expect(self.value(.integer(1...9), "0") == nil)
    #expect(self.value(.integer(1...9), "10") == nil)
    #expect(self.value(.integer(0...UInt64.max), "18446744073709551615") == UInt64.max)
    #expect(self.value(.integer(Int8.min...Int8.max), "-128") == -128)
    #expect(self.value(.number(0...1), "0.5") == 0.5)
    #expect(self.value(.number(0...1), "1.5") == nil)
    #expect(self.value(.number(0...1), "nan") == nil)
    #expect(self.value(.duration(in: .seconds(1) ... .seconds(2)), "1s") == .seconds(1))
    #expect(self.value(.duration(in: .seconds(1) ... .seconds(2)), "3s") == nil)
    #expect(self.value(.byteSize(1...10), "11") == nil)
  }

  @Test("Yes and no have the usual spellings")
  func booleans() {
    for text in ["true", "Yes", "on", "1"] { #expect(self.value(.boolean, text) == true) }
    for text in ["false", "NO", "off", "0"] { #expect(self.value(.boolean, text) == false) }
    #expect(self.value(.boolean, "2") == nil)
  }

  @Test("Words may stand for values")
  func choices() {
    let parser = ValueParser<Int>.choice([("few", 1), ("many", 100)])
    #expect(self.value(parser, "many") == 100)
    #expect(self.value(parser, "1") == nil)
    #expect(parser.show(1) == "few")
  }

  @Test("An empty path is no path")
  func emptyPath() { #expect(self.value(.file, "") == nil) }

  @Test("Slips are found, other words are not")
  func suggestions() {
    #expect(Suggestion.distance("kitten", "sitting") == 3)
    #expect(Suggestion.distance("ab", "ba") == 1)
    #expect(Suggestion.distance("", "abc") == 3)
    #expect(Suggestion.closest(to: "gatewya", among: ["gateway", "json"]) == "gateway")
    #expect(Suggestion.closest(to: "trans", among: ["transcript", "json"]) == "transcript")
    #expect(Suggestion.closest(to: "x", among: ["gateway", "json"]) == nil)
    #expect(Suggestion.closest(to: "JSON", among: ["gateway", "json"]) == "json")
  }
}
