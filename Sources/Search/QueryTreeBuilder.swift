/// Builds the tree from lexemes: recursive descent that never fails.
struct QueryTreeBuilder {
  private(set) var phraseCount = 0
  private(set) var tokenCount = 0
  private(set) var filters: [QueryFilter] = []
  private(set) var publishedFrom: Int64?
  private(set) var publishedBefore: Int64?

  private let lexemes: [QueryLexer.Lexeme]
  private var position = 0
  private var depth = 0
  private var normalizer = Normalizer()
  private let wordForms: WordForms
  private var inflectedWords = 0

  init(_ lexemes: [QueryLexer.Lexeme], wordForms: WordForms) {
    self.lexemes = lexemes
    self.wordForms = wordForms
  }

  /// What a part of the query asks for.
  private enum Part: Hashable {
    case found(QueryNode)
    case absent(QueryNode)
  }

  /// Nil when there is nothing that has to be found.
  mutating func build() -> QueryNode? {
    var parts: [Part] = []
    // A closing parenthesis without an opening one ends `any`; it is ignored, and what follows must match too.
    while self.position < self.lexemes.count {
      if let part = self.any() { parts.append(part) }
      if case .close? = self.peek { self.position += 1 }
    }
    if case .found(let node)? = Self.all(parts) { return node }
    return nil
  }

  private var peek: QueryLexer.Lexeme? {
    self.position < self.lexemes.count ? self.lexemes[self.position] : nil
  }

  private mutating func any() -> Part? {
    var branches: [Part] = []
    if let first = self.all() { branches.append(first) }
    while case .or? = self.peek {
      self.position += 1
      if let next = self.all() { branches.append(next) }
    }
    return Self.any(branches)
  }

  private mutating func all() -> Part? {
    var parts: [Part] = []
    loop: while let lexeme = self.peek {
      switch lexeme {
      case .or: break loop
      case .close:
        // Inside a group it ends the group; too deep, groups are not counted and it means nothing.
        break loop
      case .and: self.position += 1
      default: if let part = self.near() { parts.append(part) }
      }
    }
    return Self.all(parts)
  }

  private mutating func near() -> Part? {
    guard let first = self.factor() else { return nil }
    var phrases: [QueryPhrase] = []
    var distance = 0
    if case .found(.phrase(let phrase)) = first { phrases = [phrase] }
    var others: [Part] = []
    while case .near(let n)? = self.peek {
      self.position += 1
      guard let next = self.factor() else { continue }
      if case .found(.phrase(let phrase)) = next, !phrases.isEmpty, others.isEmpty,
        phrase.field == phrases[0].field
      {
        phrases.append(phrase)
        distance = max(distance, n)
      } else {
        // Nearness of groups or of what is absent means nothing: it is read as AND.
        others.append(next)
      }
    }
    // Back ends compare distances of words, not of sets of words.
    for index in phrases.indices { phrases[index].otherForms = [] }
    let part = phrases.count > 1 ? .found(.near(phrases, distance: distance)) : first
    return others.isEmpty ? part : Self.all([part] + others)
  }

  private mutating func factor() -> Part? {
    guard let lexeme = self.peek else { return nil }
    switch lexeme {
    case .minus, .not:
      self.position += 1
      return self.negated()
    case .open:
      self.position += 1
      guard self.depth < SearchLimits.maxGroupDepth else { return nil }
      self.depth += 1
      let group = self.any()
      self.depth -= 1
      if case .close? = self.peek { self.position += 1 }
      return group
    case .close, .or, .and: return nil
    case .near:
      self.position += 1
      return nil
    case .word(let text):
      self.position += 1
      return self.word(text).map { .found(.phrase($0)) }
    case .quoted(let text, let isPrefix):
      self.position += 1
      return self.phrase(text, isPrefix: isPrefix).map { .found(.phrase($0)) }
    case .field(let field):
      self.position += 1
      return self.filter(field, isExcluded: false)
    }
  }

  /// What follows a minus sign. Iterative over signs, so that a thousand of them need no stack.
  private mutating func negated() -> Part? {
    var isNegative = true
    while true {
      switch self.peek {
      case .minus?, .not?:
        isNegative.toggle()
        self.position += 1
        continue
      case .field(let field)? where isNegative:
        self.position += 1
        return self.filter(field, isExcluded: true)
      default: break
      }
      break
    }
    guard let part = self.factor() else { return nil }
    guard isNegative else { return part }
    switch part {
    case .found(let node): return .absent(node)
    case .absent(let node): return .found(node)
    }
  }

  /// A word without quotes.
  private mutating func word(
    _ text: String, field: QueryPhrase.Field = .anywhere
  ) -> QueryPhrase? {
    guard var phrase = self.phrase(text, isPrefix: text.hasSuffix("*"), field: field) else {
      return nil
    }
    if self.wordForms == .inflected, phrase.tokens.count == 1, !phrase.isPrefix,
      self.inflectedWords < SearchLimits.maxInflectedWords
    {
      phrase.otherForms = Inflections.otherForms(of: phrase.tokens[0])
      if !phrase.otherForms.isEmpty { self.inflectedWords += 1 }
    }
    return phrase
  }

  private mutating func phrase(
    _ text: String, isPrefix: Bool, field: QueryPhrase.Field = .anywhere
  ) -> QueryPhrase? {
    let tokens = self.normalizer.tokens(of: text).map(\.text)
    guard !tokens.isEmpty else { return nil }
    self.phraseCount += 1
    self.tokenCount += tokens.count
    return QueryPhrase(tokens: tokens, isPrefix: isPrefix, field: field)
  }

  /// A field with its value; one whose value makes no sense is read as words.
  private mutating func filter(_ field: QueryLexer.Field, isExcluded: Bool) -> Part? {
    let value: String
    var isPrefix = false
    var isQuoted = false
    switch self.peek {
    case .word(let text)?:
      value = text
      isPrefix = text.hasSuffix("*")
    case .quoted(let text, let star)?:
      value = text
      isPrefix = star
      isQuoted = true
    default: return nil
    }
    self.position += 1
    let handled: Bool
    switch field {
    case .title:
      let found =
        isQuoted
        ? self.phrase(value, isPrefix: isPrefix, field: .title) : self.word(value, field: .title)
      guard let phrase = found else { return nil }
      return isExcluded ? .absent(.phrase(phrase)) : .found(.phrase(phrase))
    case .channel: handled = self.add(.channel, value, isExcluded)
    case .playlist: handled = self.add(.playlist, value, isExcluded)
    case .video: handled = self.add(.video, value, isExcluded)
    case .lang: handled = self.add(.language, value.lowercased(), isExcluded)
    case .kind: handled = Self.kind(value).map { self.add(.kind, $0, isExcluded) } ?? false
    case .after, .before:
      guard !isExcluded, let instant = CalendarDate.milliseconds(value) else {
        handled = false
        break
      }
      if field == .after {
        self.publishedFrom = max(self.publishedFrom ?? instant, instant)
      } else {
        self.publishedBefore = min(self.publishedBefore ?? instant, instant)
      }
      handled = true
    }
    if handled { return nil }
    let words = self.phrase("\(field.rawValue) \(value)", isPrefix: isPrefix)
    return words.map { isExcluded ? .absent(.phrase($0)) : .found(.phrase($0)) }
  }

  private mutating func add(_ field: FilterField, _ value: String, _ isExcluded: Bool) -> Bool {
    guard !value.isEmpty else { return true }
    let known = self.filters.firstIndex { $0.field == field && $0.isExcluded == isExcluded }
    if let known {
      self.filters[known].values.append(value)
    } else {
      self.filters.append(QueryFilter(field, [value], isExcluded: isExcluded))
    }
    return true
  }

  private static func kind(_ value: String) -> String? {
    switch value.lowercased() {
    case "manual": "manual"
    case "auto", "automatic": "automatic"
    default: nil
    }
  }

  private static func all(_ parts: [Part]) -> Part? {
    let (found, absent) = Self.split(parts)
    if found.isEmpty {
      // Not a and not b: neither of them.
      return absent.isEmpty ? nil : .absent(absent.count == 1 ? absent[0] : .any(absent))
    }
    if found.count == 1, absent.isEmpty { return .found(found[0]) }
    return .found(.all(found, excluding: absent))
  }

  private static func any(_ branches: [Part]) -> Part? {
    if branches.count <= 1 { return branches.first }
    let (found, absent) = Self.split(branches)
    if found.isEmpty {
      return .absent(absent.count == 1 ? absent[0] : .all(absent, excluding: []))
    }
    return .found(found.count == 1 ? found[0] : .any(found))
  }

  /// Each node once: a word that is said twice is looked for once, and counts once.
  private static func split(_ parts: [Part]) -> (found: [QueryNode], absent: [QueryNode]) {
    var found: [QueryNode] = []
    var absent: [QueryNode] = []
    var known: Set<Part> = []
    for part in parts where known.insert(part).inserted {
      switch part {
      case .found(let node): found.append(node)
      case .absent(let node): absent.append(node)
      }
    }
    return (found, absent)
  }
}
