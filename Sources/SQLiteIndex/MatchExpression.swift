internal import Search

/// A query in FTS5's language.
///
/// Every token is in double quotes and normalized, so nothing that a user types is syntax.
struct MatchExpression: Sendable {
  /// For `MATCH`.
  let text: String
  /// What each phrase of the expression is, in FTS5's numbering: the order in which they appear.
  let phrases: [Phrase]
  let publishedFrom: Int64?
  let publishedBefore: Int64?

  enum Phrase: Sendable {
    /// Scores; the expression that finds this phrase alone.
    case scored(String)
    /// Another form of the scored one before it: both together are one word.
    case otherForm
    /// A filter, or excluded.
    case unscored
  }

  init(_ query: ParsedQuery) {
    var emitter = Emitter()
    // Filters come first: FTS5 numbers phrases from left to right, and an AND goes on with the rarest list anyway.
    for filter in query.filters where !filter.isExcluded {
      emitter.add(filter)
      emitter.text += " AND "
    }
    let excluded = query.filters.filter(\.isExcluded)
    emitter.add(query.root, within: excluded.isEmpty ? .and : .not, isScored: true)
    for filter in excluded {
      emitter.text += " NOT "
      emitter.add(filter)
    }
    self.text = emitter.text
    self.phrases = emitter.phrases
    self.publishedFrom = query.publishedFrom
    self.publishedBefore = query.publishedBefore
  }

  /// Documents that have all of the filters, none of which excludes; at least one.
  init(filters: [QueryFilter]) {
    var emitter = Emitter()
    for (index, filter) in filters.enumerated() {
      if index > 0 { emitter.text += " AND " }
      emitter.add(filter)
    }
    self.text = emitter.text
    self.phrases = emitter.phrases
    self.publishedFrom = nil
    self.publishedBefore = nil
  }

  /// The expressions of the scored phrases, in order. None for a single one: there is nothing to weigh it against.
  var weighedPhrases: [String] {
    let scored = self.phrases.compactMap {
      if case .scored(let expression) = $0 { expression } else { nil as String? }
    }
    return scored.count > 1 ? scored : []
  }

  private struct Emitter {
    var text = ""
    var phrases: [Phrase] = []

    mutating func add(_ filter: QueryFilter) {
      let tokens = filter.values.map { "\"\(MetaTokens.token(filter.field, $0))\"" }
      self.text += "(" + tokens.joined(separator: " OR ") + ")"
      self.phrases += tokens.map { _ in .unscored }
    }

    /// How tightly the operators bind, in FTS5's order.
    enum Operator: Int {
      case or, and, not
    }

    /// Parentheses only where they are needed: FTS5's parser has a stack for 100 symbols
    /// (``SearchLimits/maxGroupDepth``).
    ///
    /// - Parameter parent: The operator beside the node.
    mutating func add(_ node: QueryNode, within parent: Operator, isScored: Bool) {
      switch node {
      case .phrase(let phrase):
        let forms = Self.forms(phrase)
        self.text += forms
        self.phrases.append(isScored ? .scored(forms) : .unscored)
        self.phrases += phrase.otherForms.map { _ in isScored ? .otherForm : .unscored }
      case .near(let phrases, let distance):
        self.text += Self.column(phrases[0].field) + "NEAR("
        self.text += phrases.map(Self.quoted).joined(separator: " ")
        self.text += ", \(distance))"
        self.phrases += phrases.map {
          isScored ? .scored(Self.column($0.field) + Self.quoted($0)) : .unscored
        }
      case .any(let nodes):
        self.parenthesized(parent.rawValue > Operator.or.rawValue) { emitter in
          for (index, node) in nodes.enumerated() {
            if index > 0 { emitter.text += " OR " }
            emitter.add(node, within: .or, isScored: isScored)
          }
        }
      case .all(let nodes, let excluded):
        self.parenthesized(parent.rawValue > Operator.and.rawValue) { emitter in
          for (index, node) in nodes.enumerated() {
            if index > 0 { emitter.text += " AND " }
            // NOT belongs to the last one: a and (b but not c) are the documents that have a and b, but not c.
            let isLast = index == nodes.count - 1
            emitter.add(
              node, within: isLast && !excluded.isEmpty ? .not : .and, isScored: isScored)
          }
          for node in excluded {
            emitter.text += " NOT "
            emitter.add(node, within: .not, isScored: false)
          }
        }
      }
    }

    private mutating func parenthesized(_ needed: Bool, _ body: (inout Emitter) -> Void) {
      if needed { self.text += "(" }
      body(&self)
      if needed { self.text += ")" }
    }

    /// The phrase, or any of its word's forms.
    private static func forms(_ phrase: QueryPhrase) -> String {
      guard !phrase.otherForms.isEmpty else {
        return Self.column(phrase.field) + Self.quoted(phrase)
      }
      let forms = [Self.quoted(phrase)] + phrase.otherForms.map { "\"\($0)\"" }
      return Self.column(phrase.field) + "(" + forms.joined(separator: " OR ") + ")"
    }

    private static func column(_ field: QueryPhrase.Field) -> String {
      field == .title ? "title : " : ""
    }

    private static func quoted(_ phrase: QueryPhrase) -> String {
      "\"\(phrase.tokens.joined(separator: " "))\"" + (phrase.isPrefix ? " *" : "")
    }
  }
}
