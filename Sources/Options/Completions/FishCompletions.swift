/// The completion script for fish: one `complete` line for each flag of each command.
struct FishCompletions {
  private let program: Program

  init(_ program: Program) { self.program = program }

  var script: String {
    let name = self.program.name
    var lines = [
      "# fish completion for \(name): put it into ~/.config/fish/completions/\(name).fish",
      "complete -c \(name) -f",
    ]
    let global = CompletedFlag.all(of: self.program, nil)
    lines += global.map { Self.line(name, $0, condition: nil) }
    if self.program.commands.isEmpty {
      lines += Self.arguments(name, self.program.arguments, condition: nil)
    }
    let shared = Set(global.map(\.name))
    for command in self.program.commands {
      lines.append(
        "complete -c \(name) -n __fish_use_subcommand -a \(command.name) -d "
          + Self.quoted(command.summary.firstSentence))
      let condition = "__fish_seen_subcommand_from \(command.name)"
      lines += CompletedFlag.all(of: self.program, command).filter { !shared.contains($0.name) }
        .map { Self.line(name, $0, condition: condition) }
      lines += Self.arguments(name, command.arguments, condition: condition)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ program: String, _ flag: CompletedFlag, condition: String?) -> String {
    var line = "complete -c \(program)"
    if let condition { line += " -n \(Self.quoted(condition))" }
    if flag.name == BuiltIn.help.rawValue { line += " -s h" }
    line += " -l \(flag.name) -d \(Self.quoted(flag.help))"
    if flag.takesValue { line += " -r" + Self.offer(flag.completion) }
    return line
  }

  private static func arguments(
    _ program: String, _ arguments: [Argument], condition: String?
  ) -> [String] {
    guard let completion = arguments.last?.completion, completion != .nothing else { return [] }
    let when = condition.map { " -n \(Self.quoted($0))" } ?? ""
    return ["complete -c \(program)\(when)\(Self.offer(completion))"]
  }

  private static func offer(_ completion: Completion) -> String {
    switch completion {
    case .nothing: ""
    case .file: " -F"
    case .folder: " -a '(__fish_complete_directories)'"
    case .words(let words): " -a \(Self.quoted(words.joined(separator: " ")))"
    }
  }

  /// In single quotes; fish escapes inside them with a backslash.
  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
