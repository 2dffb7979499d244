/// The words of a query with their places in its text, so that one of them can be replaced.
public enum QueryWords {
  public struct Word: Hashable, Sendable {
    /// Normalized.
    public var token: String
    /// In Unicode scalars of the text.
    public var range: Range<Int>
  }

  /// The words that are looked for: not those excluded by a minus sign or NOT, nor the values of filters.
  ///
  /// - Parameter inFilters: Whether words of `title:` count.
  public static func words(of text: String, inFilters: Bool = true) -> [Word] {
    var normalizer = Normalizer()
    var words: [Word] = []
    var isSkipped = false
    for (lexeme, range) in QueryLexer.placedLexemes(of: text) {
      switch lexeme {
      case .minus, .not: isSkipped = true
      case .field(let field): isSkipped = isSkipped || field != .title || !inFilters
      case .word, .quoted:
        if !isSkipped {
          let scalars = text.unicodeScalars
          let start = scalars.index(scalars.startIndex, offsetBy: range.lowerBound)
          let end = scalars.index(start, offsetBy: range.count)
          words += normalizer.tokens(of: String(scalars[start..<end])).map {
            Word(
              token: $0.text,
              range: $0.range.lowerBound + range.lowerBound..<$0.range.upperBound
                + range.lowerBound)
          }
        }
        isSkipped = false
      case .open, .close, .or, .and, .near: isSkipped = false
      }
    }
    return words
  }

  /// The text with words replaced.
  ///
  /// - Parameter replacements: In any order, without overlap.
  public static func replacing(
    _ replacements: [(range: Range<Int>, with: String)], in text: String
  ) -> String {
    let scalars = Array(text.unicodeScalars)
    var view = String.UnicodeScalarView()
    var position = 0
    for (range, new) in replacements.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      view.append(contentsOf: scalars[position..<range.lowerBound])
      view.append(contentsOf: new.unicodeScalars)
      position = range.upperBound
    }
    view.append(contentsOf: scalars[position...])
    return String(view)
  }
}
