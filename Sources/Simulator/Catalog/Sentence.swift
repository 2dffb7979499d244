internal import JSON

/// A sentence cut into words, with the time it takes to say each.
///
/// All that rendering needs to know of a word is worked out here, once: a load run renders thousands of tracks a second
/// from a few thousand words.
struct Sentence: Sendable {
  /// A word in one way of writing.
  struct Form: Sendable {
    let text: String
    /// The text as it stands between the quotes of a JSON string.
    let json: [UInt8]
    let characters: Int

    init(_ text: String) {
      self.text = text
      self.characters = text.count
      var writer = JSONWriter()
      writer.string(text)
      self.json = Array(writer.bytes.dropFirst().dropLast())
    }
  }

  struct Word: Sendable {
    /// With capitals and punctuation.
    let written: Form
    /// As speech recognition writes it; nil where nothing is left.
    let spoken: Form?
    let milliseconds: Int

    /// About 150 words a minute: long words take longer, and a breath follows a full stop.
    init(_ text: some StringProtocol) {
      self.written = Form(String(text))
      let spoken = text.lowercased().filter {
        $0.isLetter || $0.isNumber || $0 == "'" || $0 == "-"
      }
      self.spoken = spoken.isEmpty ? nil : Form(spoken)
      let pause = text.last.map { ".?!".contains($0) } ?? false ? 350 : 0
      self.milliseconds = 130 + 50 * self.written.characters + pause
    }
  }

  let words: [Word]
  let milliseconds: Int

  init(_ text: String) {
    let words = text.split(separator: " ").map { Word($0) }
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
