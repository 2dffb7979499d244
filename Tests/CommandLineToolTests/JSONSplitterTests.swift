@testable internal import CommandLineTool
internal import TestRandom
internal import Testing

@Suite("JSON values one after another")
struct JSONSplitterTests {
  private static func split(_ pieces: [String]) -> [String] {
    var splitter = JSONSplitter()
    var values: [String] = []
    for piece in pieces {
      splitter.append(Array(piece.utf8))
      while let value = splitter.next() { values.append(String(decoding: value, as: UTF8.self)) }
    }
    if let rest = splitter.finish() { values.append(String(decoding: rest, as: UTF8.self)) }
    return values
  }

  @Test(
    "Values are told apart by their brackets and quotes",
    arguments: [
      ("", []), (" \n\t ", []), ("{}", ["{}"]), ("{} {}\n{}", ["{}", "{}", "{}"]),
      ("{}{\"a\":[1,{}]}[]", ["{}", "{\"a\":[1,{}]}", "[]"]),
      ("{\"}\":\"\\\"}{\\\\\"}{}", ["{\"}\":\"\\\"}{\\\\\"}", "{}"]),
      ("\"a b\"\"c\" 1 true{}", ["\"a b\"", "\"c\"", "1", "true", "{}"]),
      ("12\"x\"", ["12", "\"x\""]),
      // What is no JSON is handed on, so that its parser says what is wrong.
      ("{\"a\":", ["{\"a\":"]), ("}{}", ["}", "{}"]), ("\"a", ["\"a"]), ("{]}", ["{]", "}"]),
    ])
  func values(text: String, values: [String]) {
    #expect(Self.split([text]) == values)
  }

  @Test(
    "However the text is cut, the values are the same", arguments: 1...20 as ClosedRange<UInt64>)
  func pieces(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let text = "{\"a\":\"\\\"{\"} [1, [2]] \"x\\\\\" 17 {\"b\":{\"c\":[]}}null"
    var pieces: [String] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      let count = 1 + random.below(6)
      pieces.append(String(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(Self.split(pieces) == Self.split([text]), "seed \(seed)")
  }
}
