/// A file of lines `name = value`.
///
///     # A comment.
///     listen = 127.0.0.1:7400      # a comment needs a space before it
///     greeting = "with \"quotes\", \n and \t"
///     pattern = 'taken # as it is'
///     fetcher = one:7410           # a list may have several lines
///     fetcher = two:7410
struct ConfigurationFile {
  struct Entry: Equatable {
    let name: String
    let value: String
    let line: Int
  }

  let path: String
  let entries: [Entry]

  init(path: String, text: String) throws(OptionError) {
    self.path = path
    var entries: [Entry] = []
    // A byte order mark is what some editors put first.
    let text =
      text.unicodeScalars.first == "\u{feff}" ? String(text.unicodeScalars.dropFirst()) : text
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let line = line.trimmingSpaces()
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let equals = line.firstIndex(of: "=") else {
        throw Self.mistake(
          path, index + 1, "\(line) is not `name = value`",
          remedy: line.hasPrefix("[")
            ? "leave sections out" : "write `name = value`, or # before a comment")
      }
      let name = line[..<equals].trimmingSpaces()
      guard !name.isEmpty else {
        throw Self.mistake(path, index + 1, "there is no name before the =", remedy: "write one")
      }
      let value = try Self.value(line[line.index(after: equals)...], path: path, line: index + 1)
      entries.append(Entry(name: name, value: value, line: index + 1))
    }
    self.entries = entries
  }

  private static func mistake(
    _ path: String, _ line: Int, _ problem: String, remedy: String
  ) -> OptionError {
    OptionError(
      origin: .file(path: path, line: line), message: "\(path), line \(line): \(problem)",
      remedy: remedy)
  }

  private static func value(
    _ text: Substring, path: String, line: Int
  ) throws(OptionError) -> String {
    let text = text.trimmingSpaces()[...]
    guard let quote = text.first, quote == "\"" || quote == "'" else {
      return Self.withoutComment(text)
    }
    var rest = text.dropFirst()
    var value = ""
    while let character = rest.popFirst() {
      if character == quote {
        let after = rest.trimmingSpaces()
        guard after.isEmpty || after.hasPrefix("#") else {
          throw Self.mistake(
            path, line, "there is text after the closing quote: \(after)",
            remedy: "quote all of the value")
        }
        return value
      }
      guard character == "\\", quote == "\"" else {
        value.append(character)
        continue
      }
      switch rest.popFirst() {
      case "n": value.append("\n")
      case "t": value.append("\t")
      case "\"": value.append("\"")
      case "\\": value.append("\\")
      case let other:
        throw Self.mistake(
          path, line, "\\\(other.map { String($0) } ?? "") means nothing here",
          remedy: #"write \n, \t, \" or \\, or use single quotes, which take everything as it is"#)
      }
    }
    throw Self.mistake(path, line, "the quote is not closed", remedy: "close it on the same line")
  }

  private static func withoutComment(_ text: Substring) -> String {
    var previous: Character = " "
    for index in text.indices {
      if text[index] == "#", previous.isWhitespace { return text[..<index].trimmingSpaces() }
      previous = text[index]
    }
    return text.trimmingSpaces()
  }

  /// A value as the file must spell it.
  static func quoted(_ value: String) -> String {
    let isPlain =
      !value.isEmpty && value == value[...].trimmingSpaces()
      && !value.contains { $0 == "#" || $0.isNewline || $0 == "\t" }
      && !value.hasPrefix("\"") && !value.hasPrefix("'")
    if isPlain { return value }
    var quoted = "\""
    for character in value {
      switch character {
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      default: quoted.append(character)
      }
    }
    return quoted + "\""
  }
}
