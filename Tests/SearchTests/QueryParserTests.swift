internal import Search
internal import Testing

@Suite("Query language")
struct QueryParserTests {
  private func word(_ text: String, prefix: Bool = false) -> QueryNode {
    .phrase(QueryPhrase(tokens: [text], isPrefix: prefix))
  }

  @Test("Words all have to be found; case and diacritics do not count")
  func words() throws {
    #expect(
      try QueryParser.parse("Milky CAFÉ").root
        == .all([self.word("milky"), self.word("cafe")], excluding: []))
  }

  @Test("AND binds closer than OR")
  func precedence() throws {
    #expect(
      try QueryParser.parse("a b OR c").root
        == .any([.all([self.word("a"), self.word("b")], excluding: []), self.word("c")]))
  }

  @Test("Phrases, prefixes and excluded words")
  func operators() throws {
    #expect(
      try QueryParser.parse("\"milky way\" gal* -dust").root
        == .all(
          [.phrase(QueryPhrase(tokens: ["milky", "way"])), self.word("gal", prefix: true)],
          excluding: [self.word("dust")]))
  }

  @Test("A word that is several tokens is a phrase")
  func compound() throws {
    #expect(try QueryParser.parse("don't").root == .phrase(QueryPhrase(tokens: ["don", "t"])))
    #expect(
      try QueryParser.parse("世界").root == .phrase(QueryPhrase(tokens: ["世", "界"])))
  }

  @Test("Filters hold for the whole query")
  func filters() throws {
    let parsed = try QueryParser.parse("sail lang:de kind:manual")
    #expect(parsed.root == self.word("sail"))
    #expect(
      Set(parsed.filters) == [QueryFilter(.language, ["de"]), QueryFilter(.kind, ["manual"])])
  }

  @Test(
    "A query without a word that has to be found is refused",
    arguments: ["", "   ", "-only", "\"\"", "lang:de", "()", "***", "- - OR"])
  func nothingToFind(text: String) {
    let error = #expect(throws: SearchError.self) { try QueryParser.parse(text) }
    #expect(error?.code == .invalidQuery)
  }

  @Test("Any text is either a query or refused with a reason", arguments: [UInt64(1), 2, 3])
  func anyText(seed: UInt64) {
    var state = seed
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let pieces = [
      "a", "b*", "\"", "(", ")", "-", " ", " OR ", " AND ", " NOT ", " NEAR/3 ", ":", "title:",
      "lang:en",
      "after:2024", "é", "世", "\u{0}", "\u{301}", "😀", "'", "\\", "*", "^", "{", "}", "+",
    ]
    for _ in 0..<5000 {
      let text = (0..<random(12)).map { _ in pieces[random(pieces.count)] }.joined()
      do { _ = try QueryParser.parse(text) } catch {
        #expect(error.code == .invalidQuery, "seed \(seed): \(text)")
        #expect(!error.message.isEmpty)
      }
    }
  }
}
