internal import JSON

/// A sentence cut into words, with the time it takes to say each.
///
/// All that rendering needs to know is worked out here, once, and a word is nothing but numbers: a load run renders
/// thousands of tracks a second from a few thousand words, and must not count references for each of them.
struct Sentence: Sendable {
  /// A word in one way of writing: a place in the bytes of its sentence.
  struct Form: Sendable {
    var start: UInt32
    var end: UInt32
    var characters: UInt32

    /// Speech recognition writes nothing for some words, such as a dash.
    var isEmpty: Bool { self.start == self.end }
    var range: Range<Int> { Int(self.start)..<Int(self.end) }
  }

  struct Word: Sendable {
    /// With capitals and punctuation.
    var written: Form
    /// As speech recognition writes it.
    var spoken: Form
    var milliseconds: Int

    func form(automatic: Bool) -> Form { automatic ? self.spoken : self.written }
  }

  let words: [Word]
  let milliseconds: Int
  /// The forms of all words, as they stand between the quotes of a JSON string.
  let json: [UInt8]

  init(_ text: String) {
    var words: [Word] = []
    var json: [UInt8] = []
    for word in text.split(separator: " ") {
      // About 150 words a minute: long words take longer, and a breath follows a full stop.
      let pause = word.last.map { ".?!".contains($0) } ?? false ? 350 : 0
      let spoken = word.lowercased().filter {
        $0.isLetter || $0.isNumber || $0 == "'" || $0 == "-"
      }
      words.append(
        Word(
          written: Self.append(String(word), to: &json), spoken: Self.append(spoken, to: &json),
          milliseconds: 130 + 50 * word.count + pause))
    }
    self.words = words
    self.json = json
    self.milliseconds = words.reduce(0) { $0 + $1.milliseconds }
  }

  private static func append(_ text: String, to json: inout [UInt8]) -> Form {
    let start = json.count
    var writer = JSONWriter()
    writer.string(text)
    json += writer.bytes.dropFirst().dropLast()
    return Form(
      start: UInt32(start), end: UInt32(json.count), characters: UInt32(text.count))
  }

  /// The text of a form, for formats that are not asked for by the thousand.
  func text(_ form: Form) -> String {
    let quoted = [UInt8(ascii: "\"")] + self.json[form.range] + [UInt8(ascii: "\"")]
    // Our own JSON; a string that could not be read would be a mistake of ours that tests see.
    return (try? JSONDocument(parsing: quoted))?.root.string ?? ""
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
