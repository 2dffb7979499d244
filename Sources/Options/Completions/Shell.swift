/// A shell that completes command lines.
enum Shell: String, CaseIterable {
  case bash
  case zsh
  case fish

  /// A script that the shell reads to complete the program's command line.
  func script(for program: Program) -> String {
    switch self {
    case .bash: BashCompletions(program).script
    case .zsh: ZshCompletions(program).script
    case .fish: FishCompletions(program).script
    }
  }
}

/// One flag as a shell sees it.
struct CompletedFlag {
  /// Without dashes.
  let name: String
  let help: String
  let takesValue: Bool
  let isRepeated: Bool
  let completion: Completion

  /// What a command, or the program before any command, understands.
  static func all(of program: Program, _ command: Command?) -> [CompletedFlag] {
    var flags: [CompletedFlag] = []
    for option in (command?.options ?? []) + program.options(of: nil) {
      var isRepeated = false
      if case .list = option.shape { isRepeated = true }
      flags.append(
        CompletedFlag(
          name: option.name, help: option.help.firstSentence, takesValue: option.shape != .flag,
          isRepeated: isRepeated, completion: option.completion))
      if option.shape == .flag {
        flags.append(
          CompletedFlag(
            name: "no-\(option.name)", help: "The opposite of --\(option.name)", takesValue: false,
            isRepeated: false, completion: .nothing))
      }
    }
    return flags
      + BuiltIn.allCases.map {
        CompletedFlag(
          name: $0.rawValue, help: $0.help.firstSentence, takesValue: $0.placeholder != nil,
          isRepeated: false, completion: $0.completion)
      }
  }
}

extension String {
  /// Up to the first full stop, without it: completions have room for a few words.
  var firstSentence: String {
    guard let end = self.range(of: ". ") else {
      return self.hasSuffix(".") ? String(self.dropLast()) : self
    }
    return String(self[..<end])
  }

  private func range(of text: String) -> String.Index? {
    self.indices.first { self[$0...].hasPrefix(text) }
  }

  /// In single quotes, as bash and zsh take everything.
  var shellQuoted: String { "'" + self.replacing("'", with: #"'\''"#) + "'" }

  /// A name that a shell function may have.
  var shellName: String { String(self.map { $0.isLetter || $0.isNumber ? $0 : "_" }) }
}
