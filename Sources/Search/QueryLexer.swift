/// Cuts a query's text into words, quoted text and parentheses.
struct QueryLexer {
  enum Lexeme: Hashable {
    case open
    case close
    /// Directly in front of what it negates.
    case minus
    case or
    case and
    case not
    case near(Int)
    case word(String)
    case quoted(String, isPrefix: Bool)
    /// `name:`, directly in front of its value.
    case field(Field)
  }

  enum Field: String, CaseIterable {
    case channel, playlist, lang, kind, video, title, after, before
  }

  /// The distance of a `NEAR` that states none, as in FTS5.
  static let defaultNearDistance = 10

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var lexemes: [Lexeme] = []
  /// Where each lexeme is; of quoted text, what is between the quotes.
  private var ranges: [Range<Int>] = []

  static func lexemes(of text: String) -> [Lexeme] {
    var lexer = QueryLexer(text)
    lexer.run()
    return lexer.lexemes
  }

  /// The lexemes with their places, in Unicode scalars of the text.
  static func placedLexemes(of text: String) -> [(Lexeme, Range<Int>)] {
    var lexer = QueryLexer(text)
    lexer.run()
    return Array(zip(lexer.lexemes, lexer.ranges))
  }

  private mutating func add(_ lexeme: Lexeme, _ range: Range<Int>) {
    self.lexemes.append(lexeme)
    self.ranges.append(range)
  }

  private init(_ text: String) { self.scalars = Array(text.unicodeScalars) }

  private mutating func run() {
    while self.position < self.scalars.count {
      let scalar = self.scalars[self.position]
      if scalar.properties.isWhitespace {
        self.position += 1
      } else if scalar == "(" || scalar == ")" {
        self.add(scalar == "(" ? .open : .close, self.position..<self.position + 1)
        self.position += 1
      } else if Self.isQuote(scalar) {
        self.quoted()
      } else if scalar == "-", self.isBeforeOperand {
        self.add(.minus, self.position..<self.position + 1)
        self.position += 1
      } else {
        self.word()
      }
    }
  }

  /// Something other than a space follows the scalar here.
  private var isBeforeOperand: Bool {
    let next = self.position + 1
    guard next < self.scalars.count else { return false }
    return !self.scalars[next].properties.isWhitespace && self.scalars[next] != ")"
  }

  /// Up to the next quote, or to the end.
  private mutating func quoted() {
    self.position += 1
    let start = self.position
    while self.position < self.scalars.count, !Self.isQuote(self.scalars[self.position]) {
      self.position += 1
    }
    let range = start..<self.position
    let text = Self.string(self.scalars[range])
    self.position += 1
    let isPrefix = self.position < self.scalars.count && self.scalars[self.position] == "*"
    if isPrefix { self.position += 1 }
    self.add(.quoted(text, isPrefix: isPrefix), range)
  }

  /// Up to white space, a parenthesis or a quote; a known field's name ends at its colon.
  private mutating func word() {
    let start = self.position
    while self.position < self.scalars.count {
      let scalar = self.scalars[self.position]
      if scalar.properties.isWhitespace || scalar == "(" || scalar == ")" || Self.isQuote(scalar) {
        break
      }
      self.position += 1
      if scalar == ":" {
        let name = Self.string(self.scalars[start..<self.position - 1]).lowercased()
        if let field = Field(rawValue: name), self.hasValue {
          self.add(.field(field), start..<self.position)
          return
        }
      }
    }
    let range = start..<self.position
    self.add(Self.lexeme(Self.string(self.scalars[range])), range)
  }

  /// A value follows here, without a space.
  private var hasValue: Bool {
    guard self.position < self.scalars.count else { return false }
    let next = self.scalars[self.position]
    return !next.properties.isWhitespace && next != "(" && next != ")"
  }

  private static func lexeme(_ word: String) -> Lexeme {
    switch word {
    case "OR", "|", "||": return .or
    case "AND", "&", "&&": return .and
    case "NOT": return .not
    case "NEAR": return .near(Self.defaultNearDistance)
    default:
      if word.hasPrefix("NEAR/"), let distance = Int(word.dropFirst(5)), distance >= 0 {
        return .near(min(distance, SearchLimits.maxNearDistance))
      }
      return .word(word)
    }
  }

  /// Straight and typographic double quotes: phones put in the latter.
  private static func isQuote(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\"", "\u{201C}", "\u{201D}", "\u{201E}", "\u{201F}", "\u{FF02}": true
    default: false
    }
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
