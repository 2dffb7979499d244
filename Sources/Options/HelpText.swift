/// The text of `--help`, wrapped to a width.
public struct HelpText {
  /// Where the terminal does not say.
  public static let defaultWidth = 80

  private static let widths = 40...110
  private static let indent = 2
  /// A name longer than this stands on a line of its own.
  private static let maxNameColumn = 32

  private let program: Program
  private let width: Int

  init(_ program: Program, width: Int) {
    self.program = program
    self.width = min(max(width, Self.widths.lowerBound), Self.widths.upperBound)
  }

  func text(for command: Command?) -> String {
    let program = self.program
    var sections: [String] = []
    let name = [program.name, command?.name].compactMap { $0 }.joined(separator: " ")
    let summary = command?.summary ?? program.summary
    sections.append(TextWrapping.wrap("\(name): \(summary)", width: self.width))
    sections.append("Usage: " + self.usage(command, name))
    for paragraph in (command?.discussion ?? program.discussion).paragraphs {
      sections.append(TextWrapping.wrap(paragraph, width: self.width))
    }
    if command == nil, !program.commands.isEmpty {
      sections.append(self.table("Commands", program.commands.map { ($0.name, [$0.summary]) }))
    }
    let arguments = command?.arguments ?? program.arguments
    if !arguments.isEmpty {
      sections.append(self.table("Arguments", arguments.map { ($0.usage, [$0.help]) }))
    }
    let groups = (command?.groups ?? []) + program.groups
    var tables = groups.map { ($0.title, $0.options.map { self.row($0.declaration) }) }
    tables.append(("General", BuiltIn.allCases.map(self.row)))
    // One column for all options; the eye runs down it.
    let column = self.column(for: tables.flatMap(\.1))
    for (title, rows) in tables where !rows.isEmpty {
      sections.append(self.table(title, rows, column: column))
    }
    let examples = command?.examples ?? program.examples
    if !examples.isEmpty {
      let lines = examples.map { "  \($0.line)\n" + self.indented($0.meaning, by: 6) }
      sections.append("Examples:\n" + lines.joined(separator: "\n"))
    }
    sections.append(
      TextWrapping.wrap(
        "A flag wins over its environment variable, that over the file of --config, and that over the default."
          + (command == nil && !program.commands.isEmpty
            ? " See also: \(program.name) COMMAND --help" : ""),
        width: self.width))
    return sections.joined(separator: "\n\n") + "\n"
  }

  private func usage(_ command: Command?, _ name: String) -> String {
    var words = [name]
    if command == nil, !self.program.commands.isEmpty { words.append("COMMAND") }
    words.append("[OPTIONS]")
    words += (command?.arguments ?? self.program.arguments).map(\.usage)
    return words.joined(separator: " ")
  }

  private func row(_ option: OptionDeclaration) -> Row {
    let short = option.letter.map { "-\($0), " } ?? ""
    let name =
      option.shape == .flag
      ? "--[no-]\(option.name)" : "\(short)--\(option.name) \(option.placeholder)"
    var notes: [String] = []
    if case .list(let separator) = option.shape {
      notes.append(separator.map { "repeat it, or separate with \($0)" } ?? "may be repeated")
    }
    if option.isRequired {
      notes.append("required")
    } else if let text = option.defaultText ?? option.defaultNote {
      notes.append("default: \(text)")
    }
    notes.append(option.environmentName(prefix: self.program.environmentPrefix))
    return (name, [option.help, "[" + notes.joined(separator: "; ") + "]"])
  }

  private func row(_ builtIn: BuiltIn) -> Row {
    let flag = builtIn == .help ? "-h, --help" : "--\(builtIn.rawValue)"
    let name = [flag, builtIn.placeholder].compactMap { $0 }.joined(separator: " ")
    let variable = builtIn == .config ? ["[\(self.program.environmentPrefix)CONFIG]"] : []
    return (name, [builtIn.help] + variable)
  }

  private typealias Row = (name: String, texts: [String])

  /// Where the second column begins; 0: a narrow terminal has room for one only.
  private func column(for rows: [Row]) -> Int {
    let needed = (rows.map(\.name.count).max() ?? 0) + Self.indent + 2
    return self.width < 60 ? 0 : min(Self.maxNameColumn, needed)
  }

  /// A title, and rows of a name and its paragraphs in a second column.
  private func table(_ title: String, _ rows: [Row], column: Int? = nil) -> String {
    let column = column ?? self.column(for: rows)
    var lines = ["\(title):"]
    for row in rows {
      let first = String(repeating: " ", count: Self.indent) + row.name
      let texts = row.texts.map { self.indented($0, by: column == 0 ? 6 : column) }
      let text = texts.joined(separator: "\n")
      if column > 0, first.count + 2 <= column {
        lines.append(first + text.dropFirst(first.count))
      } else {
        lines += [first, text]
      }
    }
    return lines.joined(separator: "\n")
  }

  private func indented(_ text: String, by indent: Int) -> String {
    TextWrapping.wrap(text, width: self.width, indent: indent)
  }
}

enum TextWrapping {
  /// Breaks a paragraph between words; a word longer than a line stays whole.
  static func wrap(_ text: String, width: Int, indent: Int = 0) -> String {
    let space = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty, indent + line.count + 1 + word.count > width {
        lines.append(space + line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    if !line.isEmpty { lines.append(space + line) }
    return lines.joined(separator: "\n")
  }
}

extension String {
  /// Parts between empty lines.
  fileprivate var paragraphs: [String] {
    var paragraphs: [[Substring]] = [[]]
    for line in self.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.allSatisfy(\.isWhitespace) {
        paragraphs.append([])
      } else {
        paragraphs[paragraphs.count - 1].append(line)
      }
    }
    return paragraphs.filter { !$0.isEmpty }.map { $0.joined(separator: " ") }
  }
}
