import Search
internal import TestRandom
import Testing
import Transcripts

@Suite("Query parser")
struct QueryParserTests {
  /// The tree in a short form: `&(a b !c)`, `|(a b)`, `~5(a b)`.
  static func shape(_ node: QueryNode) -> String {
    func phrase(_ p: QueryPhrase) -> String {
      (p.field == .title ? "title:" : "") + p.tokens.joined(separator: "_")
        + (p.isPrefix ? "*" : "")
    }
    switch node {
    case .phrase(let p): return phrase(p)
    case .near(let phrases, let n):
      return "~\(n)(" + phrases.map(phrase).joined(separator: " ") + ")"
    case .any(let nodes): return "|(" + nodes.map(shape).joined(separator: " ") + ")"
    case .all(let nodes, let excluded):
      return "&(" + (nodes.map(shape) + excluded.map { "!" + shape($0) }).joined(separator: " ")
        + ")"
    }
  }

  static let examples: [(String, String)] = [
    ("cat", "cat"),
    ("Cat DOG", "&(cat dog)"),
    ("cat AND dog", "&(cat dog)"),
    ("\"quick brown\" fox", "&(quick_brown fox)"),
    ("“quick brown”", "quick_brown"),
    ("cat OR dog", "|(cat dog)"),
    ("cat | dog", "|(cat dog)"),
    ("a b OR c", "|(&(a b) c)"),
    ("a (b OR c)", "&(a |(b c))"),
    ("cat -dog", "&(cat !dog)"),
    ("cat Cat dog cat -cow -cow", "&(cat dog !cow)"), ("cat OR cat", "cat"),
    ("cat -cat", "&(cat !cat)"),
    ("cat NOT dog", "&(cat !dog)"),
    ("cat -(dog OR cow)", "&(cat !|(dog cow))"),
    ("cat --dog", "&(cat dog)"),
    ("-dog cat -cow", "&(cat !dog !cow)"),
    ("cat OR -dog", "cat"),
    ("cat -(-dog)", "&(cat dog)"),
    ("cat -(-dog -cow)", "&(cat |(dog cow))"),
    ("wor*", "wor*"),
    ("\"new yor\"*", "new_yor*"),
    ("don't", "don_t"),
    ("e-mail", "e_mail"),
    ("部署 x", "&(部_署 x)"),
    ("a NEAR/5 b", "~5(a b)"),
    ("a NEAR b NEAR/3 c", "~10(a b c)"),
    ("a NEAR (b OR c)", "&(a |(b c))"),
    ("title:cat dog", "&(title:cat dog)"),
    ("title:\"cat dog\"", "title:cat_dog"),
    ("foo:bar", "foo_bar"),
    ("kind:nonsense", "kind_nonsense"),
    ("after:someday cat", "&(after_someday cat)"),
    ("OR cat OR", "cat"),
    ("AND cat AND", "cat"),
    ("cat )( dog", "&(cat dog)"),
    ("((((cat", "cat"),
    ("\"cat", "cat"),
    ("cat ! 🎉 dog", "&(cat dog)"),
    ("cat - dog", "&(cat dog)"),
    ("c++", "c"),
    ("-", ""), ("", ""), ("🎉", ""), ("-cat", ""), ("lang:en", ""), ("()", ""), ("OR", ""),
    ("-cat OR -dog", ""), ("\"\"", ""), ("***", ""), ("NOT NOT", ""),
  ]

  @Test("The tree is what the language says", arguments: examples)
  func tree(text: String, expected: String) throws {
    if expected.isEmpty {
      #expect { try QueryParser.parse(text) } throws: {
        ($0 as? SearchError)?.code == .invalidQuery
      }
    } else {
      #expect(Self.shape(try QueryParser.parse(text).root) == expected)
    }
  }

  @Test("Filters hold for the whole query, wherever they stand")
  func filters() throws {
    let query = try QueryParser.parse(
      "cat (channel:UCa channel:UCb OR dog) -lang:EN kind:auto playlist:\"PL x\" video:abc "
        + "after:2024-02-29 before:2025")
    #expect(query.filters.contains(QueryFilter(.channel, ["UCa", "UCb"])))
    #expect(query.filters.contains(QueryFilter(.language, ["en"], isExcluded: true)))
    #expect(query.filters.contains(QueryFilter(.kind, ["automatic"])))
    #expect(query.filters.contains(QueryFilter(.playlist, ["PL x"])))
    #expect(query.filters.contains(QueryFilter(.video, ["abc"])))
    #expect(query.publishedFrom == 1_709_164_800_000)
    #expect(query.publishedBefore == 1_735_689_600_000)
  }

  @Test("Fields of the request become filters of their own")
  func requestFilters() throws {
    let query = SearchQuery(
      text: "cat channel:UCa",
      filters: SearchFilters(languageCodes: ["pt-BR"], channelIDs: ["UCb"], kind: .manual))
    let parsed = try QueryParser.parse(query)
    #expect(
      parsed.filters == [
        QueryFilter(.channel, ["UCa"]), QueryFilter(.channel, ["UCb"]),
        QueryFilter(.language, ["pt-br"]), QueryFilter(.kind, ["manual"]),
      ])
  }

  @Test("What is over a bound is refused with the bound in the message")
  func bounds() {
    let many = (0...SearchLimits.maxPhrases).map { "w\($0)" }.joined(separator: " ")
    let long = String(repeating: "a", count: SearchLimits.maxQueryBytes + 1)
    let characters = String(repeating: "部", count: SearchLimits.maxTokens + 1)
    for text in [many, long, characters] {
      #expect { try QueryParser.parse(text) } throws: {
        ($0 as? SearchError)?.code == .invalidQuery
      }
    }
    for query in [
      SearchQuery(text: "a", pageSize: 0), SearchQuery(text: "a", pageSize: 101),
      SearchQuery(text: "a", momentsPerHit: 0), SearchQuery(text: "a", momentsPerHit: 21),
      SearchQuery(text: "a", filters: SearchFilters(channelIDs: (0...256).map { "c\($0)" })),
    ] {
      #expect(throws: SearchError.self) { try QueryParser.parse(query) }
    }
  }

  @Test("Deep nesting and endless signs neither fail nor need stack")
  func depth() throws {
    let open = String(repeating: "(", count: 2000)
    #expect(Self.shape(try QueryParser.parse(open + "cat")) == "cat")
    #expect(Self.shape(try QueryParser.parse(String(repeating: "-", count: 4000) + "cat")) == "cat")
    let groups = String(repeating: "(-", count: 1000)
    #expect(Self.shape(try QueryParser.parse("cow " + groups + "cat dog")).hasPrefix("&(cow !"))
  }

  @Test("Any text with a word that has to be found is a query")
  func anyText() throws {
    var random = SeededRandom(seed: 11)
    let alphabet = Array("ab \"'*()^:+-{}[]\\/%_,.;~!?&|<>=#@$\0\t\n0é部NOTANDORNEAR/title:lang")
    for _ in 0..<20_000 {
      var text = "found "
      for _ in 0..<Int.random(in: 0..<14, using: &random) {
        if let next = alphabet.randomElement(using: &random) { text.append(next) }
      }
      _ = try QueryParser.parse(text)
    }
  }

  private static func shape(_ query: ParsedQuery) -> String { Self.shape(query.root) }
}
