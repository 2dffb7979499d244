/// A sentence cut into words, with the time it takes to say each.
struct Sentence: Sendable {
  struct Word: Sendable {
    let text: String
    let milliseconds: Int
  }

  let words: [Word]
  let milliseconds: Int

  /// About 150 words a minute: long words take longer, and a breath follows a full stop.
  init(_ text: String) {
    let words = text.split(separator: " ").map { word in
      let pause = word.last.map { ".?!".contains($0) } ?? false ? 350 : 0
      return Word(text: String(word), milliseconds: 130 + 50 * word.count + pause)
    }
    self.words = words
    self.milliseconds = words.reduce(0) { $0 + $1.milliseconds }
  }

  /// All sentences of the talks in `language`, as prepared once.
  static func inLanguage(_ language: String) -> [Sentence] {
    switch language.prefix(2) {
    case "de": Self.german
    case "es": Self.spanish
    default: Self.english
    }
  }

  private static let english = Self.all(Talk.english)
  private static let german = Self.all(Talk.german)
  private static let spanish = Self.all(Talk.spanish)

  private static func all(_ talks: [Talk]) -> [Sentence] {
    talks.flatMap { $0.paragraphs.joined() }.map(Sentence.init)
  }
}
