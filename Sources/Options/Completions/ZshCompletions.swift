/// The completion script for zsh, over `_arguments`.
struct ZshCompletions {
  private let program: Program

  init(_ program: Program) { self.program = program }

  var script: String {
    let function = "_\(self.program.name.shellName)"
    var lines = [
      "#compdef \(self.program.name)",
      "# zsh completion for \(self.program.name): put it into a folder of $fpath, as \(function)",
      "\(function)() {",
      "  local curcontext=\"$curcontext\" state line",
      "  typeset -A opt_args",
    ]
    if self.program.commands.isEmpty {
      lines += self.arguments(nil, indent: "  ", self.program.arguments.map(Self.argument))
    } else {
      lines += self.arguments(
        nil, indent: "  ", ["'1:command:->command'", "'*::argument:->argument'"])
      lines += ["  case $state in", "    command)", "      local -a commands=("]
      lines += self.program.commands.map {
        "        " + "\($0.name):\($0.summary.firstSentence)".shellQuoted
      }
      lines += [
        "      )", "      _describe command commands ;;", "    argument)", "      case $line[1] in",
      ]
      for command in self.program.commands {
        lines.append("        \(command.name))")
        lines += self.arguments(command, indent: "          ", command.arguments.map(Self.argument))
        lines.append("          ;;")
      }
      lines += ["      esac ;;", "  esac"]
    }
    lines += ["}", "if [ \"$funcstack[1]\" = \(function) ]; then", "  \(function) \"$@\"", "else"]
    lines += ["  compdef \(function) \(self.program.name)", "fi"]
    return lines.joined(separator: "\n") + "\n"
  }

  private func arguments(_ command: Command?, indent: String, _ rest: [String]) -> [String] {
    let flags = CompletedFlag.all(of: self.program, command).map(Self.flag)
    let parts = flags + rest
    let all = ["_arguments -C -s"] + parts.map { "  \($0)" }
    return all.enumerated().map { index, part in
      indent + part + (index < all.count - 1 ? " \\" : "")
    }
  }

  private static func flag(_ flag: CompletedFlag) -> String {
    var text = flag.isRepeated ? "*--\(flag.name)" : "--\(flag.name)"
    if flag.takesValue { text += "=" }
    text += "[\(Self.escaped(flag.help))]"
    if flag.takesValue { text += ":\(flag.name):\(Self.action(flag.completion))" }
    return text.shellQuoted
  }

  private static func argument(_ argument: Argument) -> String {
    let count = argument.maximum > 1 ? "*" : argument.minimum == 0 ? ":" : ""
    return "\(count):\(argument.name):\(Self.action(argument.completion))".shellQuoted
  }

  private static func action(_ completion: Completion) -> String {
    switch completion {
    case .nothing: " "
    case .file: "_files"
    case .folder: "_files -/"
    case .words(let words): "(\(words.joined(separator: " ")))"
    }
  }

  /// Colons and brackets mean something to `_arguments`.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      if "[]:\\".contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
    return escaped
  }
}
