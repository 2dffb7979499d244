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
    emitter.text += "("
    emitter.add(query.root, isScored: true)
    emitter.text += ")"
    let excluded = query.filters.filter(\.isExcluded)
    if !excluded.isEmpty {
      emitter.text = "(\(emitter.text))"
      for filter in excluded {
        emitter.text += " NOT "
        emitter.add(filter)
      }
    }
    self.text = emitter.text
    self.phrases = emitter.phrases
    self.publishedFrom = query.publishedFrom
    self.publishedBefore = query.publishedBefore
  }

  var hasDates: Bool { self.publishedFrom != nil || self.publishedBefore != nil }

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

    mutating func add(_ node: QueryNode, isScored: Bool) {
      switch node {
      case .phrase(let phrase):
        self.text += Self.column(phrase.field) + Self.quoted(phrase)
        self.note(phrase, isScored)
      case .near(let phrases, let distance):
        self.text += Self.column(phrases[0].field) + "NEAR("
        self.text += phrases.map(Self.quoted).joined(separator: " ")
        self.text += ", \(distance))"
        for phrase in phrases { self.note(phrase, isScored) }
      case .any(let nodes): self.add(nodes, joinedBy: " OR ", isScored)
      case .all(let nodes, let excluded):
        if excluded.isEmpty {
          self.add(nodes, joinedBy: " AND ", isScored)
        } else {
          self.text += "("
          self.add(nodes, joinedBy: " AND ", isScored)
          self.text += " NOT "
          self.add(excluded, joinedBy: " OR ", false)
          self.text += ")"
        }
      }
    }

    private mutating func add(_ nodes: [QueryNode], joinedBy word: String, _ isScored: Bool) {
      self.text += "("
      for (index, node) in nodes.enumerated() {
        if index > 0 { self.text += word }
        self.add(node, isScored: isScored)
      }
      self.text += ")"
    }

    private mutating func note(_ phrase: QueryPhrase, _ isScored: Bool) {
      self.phrases.append(
        isScored ? .scored(Self.column(phrase.field) + Self.quoted(phrase)) : .unscored)
    }

    private static func column(_ field: QueryPhrase.Field) -> String {
      field == .title ? "title : " : ""
    }

    private static func quoted(_ phrase: QueryPhrase) -> String {
      "\"\(phrase.tokens.joined(separator: " "))\"" + (phrase.isPrefix ? " *" : "")
    }
  }
}
