/// The completion script for bash: one function with a case for each command and option.
struct BashCompletions {
  private let program: Program

  init(_ program: Program) { self.program = program }

  var script: String {
    let function = "_\(self.program.name.shellName)_complete"
    let commands = self.program.commands.map(\.name)
    var lines = [
      "# bash completion for \(self.program.name): source this, or put it into a file of",
      "# ~/.local/share/bash-completion/completions/ named \(self.program.name)",
      "\(function)() {",
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= word",
      "  COMPREPLY=()",
    ]
    if !commands.isEmpty {
      lines += [
        "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do",
        "    case \"$word\" in \(commands.joined(separator: "|"))) command=$word; break ;; esac",
        "  done",
      ]
    }
    lines.append("  case \"$command\" in")
    for command in self.program.commands { lines += self.branch(command.name, command) }
    lines += self.branch("*", nil)
    lines += ["  esac", "}", "complete -F \(function) \(self.program.name)"]
    return lines.joined(separator: "\n") + "\n"
  }

  private func branch(_ pattern: String, _ command: Command?) -> [String] {
    let flags = CompletedFlag.all(of: self.program, command)
    var lines = ["    \(pattern))", "      case \"$previous\" in"]
    for flag in flags where flag.takesValue {
      lines.append("        --\(flag.name)) \(Self.reply(flag.completion)); return ;;")
    }
    lines.append("      esac")
    let names = flags.map { "--\($0.name)" }.joined(separator: " ")
    let words = command == nil ? self.program.commands.map(\.name) : []
    let arguments = command?.arguments ?? self.program.arguments
    let other =
      words.isEmpty ? Self.reply(arguments.last?.completion ?? .nothing) : Self.reply(.words(words))
    lines += [
      "      case \"$current\" in",
      "        -*) \(Self.reply(.words([names]))) ;;",
      "        *) \(other) ;;",
      "      esac ;;",
    ]
    return lines
  }

  private static func reply(_ completion: Completion) -> String {
    switch completion {
    case .nothing: ":"
    case .file: "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"))"
    case .folder: "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\"))"
    case .words(let words):
      "COMPREPLY=($(compgen -W \(words.joined(separator: " ").shellQuoted) -- \"$current\"))"
    }
  }
}
