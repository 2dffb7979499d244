/// A talk of our own that sample videos are made of: paragraphs of plain sentences.
///
/// Written for this project and under its licence, so that a demonstration can index and search real sentences without
/// anybody else's words.
struct Talk: Sendable {
  /// Short name, unique among ``all``.
  let key: String
  /// BCP 47 code of the language it is written in.
  let language: String
  let title: String
  /// Each paragraph as its sentences.
  let paragraphs: [[String]]

  init(key: String, language: String, title: String, text: String) {
    self.key = key
    self.language = language
    self.title = title
    self.paragraphs = Self.paragraphs(of: text).map(Self.sentences(of:))
  }

  /// The talks in English, in the order of the first sample playlist.
  static let english: [Talk] = [
    astronomy, bread, sailing, bicycles, gardens, databases, soup, rivers, music, memory, clocks,
    walking,
  ]
  static let german: [Talk] = [brot, wetter]
  static let spanish: [Talk] = [cocina, historia]
  static let all: [Talk] = english + german + spanish

  /// The talks in `language`; English for a language that has none.
  static func inLanguage(_ language: String) -> [Talk] {
    switch language.prefix(2) {
    case "de": german
    case "es": spanish
    default: english
    }
  }

  /// Paragraphs are separated by an empty line; a line break inside one is a space.
  private static func paragraphs(of text: String) -> [String] {
    var paragraphs: [String] = []
    var current = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        if !current.isEmpty { paragraphs.append(current) }
        current = ""
      } else {
        current += current.isEmpty ? String(line) : " " + line
      }
    }
    if !current.isEmpty { paragraphs.append(current) }
    return paragraphs
  }

  /// Cuts after `.`, `?` or `!` that a space follows.
  private static func sentences(of paragraph: String) -> [String] {
    var sentences: [String] = []
    var current = ""
    for word in paragraph.split(separator: " ") {
      current += current.isEmpty ? String(word) : " " + word
      if let last = word.last, ".?!".contains(last) {
        sentences.append(current)
        current = ""
      }
    }
    if !current.isEmpty { sentences.append(current) }
    return sentences
  }
}
