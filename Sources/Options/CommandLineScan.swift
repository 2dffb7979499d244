/// The command line, taken apart; no value is looked at yet.
struct CommandLineScan {
  private let program: Program
  private(set) var command: Command?
  private(set) var arguments: [String] = []
  /// By option name, in order.
  private(set) var inputs: [String: [OptionInput]] = [:]
  private(set) var configurationFile: String?
  private(set) var printsConfiguration = false
  /// Set as soon as a text is asked for: the rest of the line is not looked at.
  private(set) var requestedText: Request?

  enum Request {
    case help(Command?)
    case version
    case completions(Shell)
  }

  init(_ program: Program, _ arguments: [String]) throws(OptionError) {
    self.program = program
    var rest = arguments[...]
    var isOption = true
    while self.requestedText == nil, let word = rest.popFirst() {
      if isOption, word == "--" {
        isOption = false
      } else if isOption, word == "-h" {
        self.requestedText = .help(self.command)
      } else if isOption, word.hasPrefix("--") {
        try self.takeOption(word.dropFirst(2), &rest)
      } else if isOption, word.hasPrefix("-"), let option = self.option(letter: word) {
        try self.takeShort(option, word.dropFirst(2), &rest)
      } else if isOption, word.hasPrefix("-"), self.isShortSpelling(word) {
        throw OptionError(message: "\(word) is not an option", remedy: "write -\(word)")
      } else {
        // A dash alone is no mark of an option: video ids and search words may begin with one.
        try self.takeWord(word, &rest)
      }
    }
  }

  private func isShortSpelling(_ word: String) -> Bool {
    let name = String(word.dropFirst().prefix { $0 != "=" })
    return self.names(of: self.command).contains(name)
  }

  /// The option whose letter follows the dash.
  private func option(letter word: String) -> OptionDeclaration? {
    guard let letter = word.dropFirst().first else { return nil }
    return self.program.options(of: self.command).first { $0.letter == letter }
  }

  /// `-d VALUE`, or `-dVALUE`.
  private mutating func takeShort(
    _ option: OptionDeclaration, _ attached: Substring, _ rest: inout ArraySlice<String>
  ) throws(OptionError) {
    let value = try self.value(
      of: option.name, attached.isEmpty ? nil : String(attached), option.placeholder, &rest)
    self.add(option, value, "--\(option.name) \(option.shown(value))")
  }

  private mutating func takeWord(
    _ word: String, _ rest: inout ArraySlice<String>
  ) throws(OptionError) {
    guard self.command == nil, !self.program.commands.isEmpty else {
      self.arguments.append(word)
      return
    }
    if let command = self.program.command(named: word) {
      self.command = command
    } else if word == "help" {
      let topic = rest.first { !$0.hasPrefix("-") }
      if let topic {
        self.requestedText = .help(try self.named(topic))
      } else {
        self.requestedText = .help(nil)
      }
    } else {
      _ = try self.named(word)
    }
  }

  private func named(_ word: String) throws(OptionError) -> Command {
    if let command = self.program.command(named: word) { return command }
    let names = self.program.commands.map(\.name)
    let remedy =
      if let close = Suggestion.closest(to: word, among: names) {
        "did you mean \(close)?"
      } else {
        "the commands are \(names.listed(last: "and")); see \(self.program.name) --help"
      }
    throw OptionError(message: "\(word) is not a command of \(self.program.name)", remedy: remedy)
  }

  private mutating func takeOption(
    _ word: Substring, _ rest: inout ArraySlice<String>
  ) throws(OptionError) {
    let equals = word.firstIndex(of: "=")
    let name = String(word[..<(equals ?? word.endIndex)])
    let attached = equals.map { String(word[word.index(after: $0)...]) }
    if let builtIn = BuiltIn(rawValue: name) {
      return try self.takeBuiltIn(builtIn, attached, &rest)
    }
    let options = self.program.options(of: self.command)
    if let option = options.first(where: { $0.name == name }) {
      if option.shape == .flag {
        let spelling = attached.map { "--\(name)=\($0)" } ?? "--\(name)"
        self.add(option, attached ?? "true", spelling)
      } else {
        let value = try self.value(of: name, attached, option.placeholder, &rest)
        self.add(option, value, "--\(name)\(attached == nil ? " " : "=")\(option.shown(value))")
      }
    } else if let option = options.first(where: { $0.shape == .flag && "no-\($0.name)" == name }) {
      guard attached == nil else {
        throw OptionError(
          option: option.name, origin: .flag, message: "--\(name) takes no value",
          remedy: "write --\(name) or --\(option.name)")
      }
      self.add(option, "false", "--\(name)")
    } else {
      throw self.unknown(name)
    }
  }

  private mutating func takeBuiltIn(
    _ builtIn: BuiltIn, _ attached: String?, _ rest: inout ArraySlice<String>
  ) throws(OptionError) {
    if let attached, builtIn.placeholder == nil {
      throw OptionError(
        option: builtIn.rawValue, origin: .flag,
        message: "--\(builtIn.rawValue)=\(attached): --\(builtIn.rawValue) takes no value",
        remedy: "leave the value out")
    }
    switch builtIn {
    case .help: self.requestedText = .help(self.command)
    case .version: self.requestedText = .version
    case .printConfig: self.printsConfiguration = true
    case .config:
      self.configurationFile = try self.value(of: builtIn.rawValue, attached, "FILE", &rest)
    case .completions:
      let name = try self.value(of: builtIn.rawValue, attached, "bash", &rest)
      guard let shell = Shell(rawValue: name) else {
        let problem = ValueProblem.noChoice(name, of: Shell.allCases.map(\.rawValue))
        throw OptionError(
          option: builtIn.rawValue, origin: .flag,
          message: "--completions \(name): \(problem.problem)", remedy: problem.remedy)
      }
      self.requestedText = .completions(shell)
    }
  }

  private func value(
    of name: String, _ attached: String?, _ placeholder: String,
    _ rest: inout ArraySlice<String>
  ) throws(OptionError) -> String {
    if let attached { return attached }
    // A value that looks like an option is nearly always a value that was forgotten.
    guard let value = rest.first, !value.hasPrefix("--") else {
      throw OptionError(
        option: name, origin: .flag, message: "--\(name) needs a value",
        remedy: "write --\(name) \(placeholder)"
          + (rest.isEmpty ? "" : ", or --\(name)=\(placeholder) for a value that begins with --"))
    }
    rest.removeFirst()
    return value
  }

  private mutating func add(_ option: OptionDeclaration, _ text: String, _ spelling: String) {
    self.inputs[option.name, default: []].append(
      OptionInput(option: option.name, text: text, origin: .flag, spelling: spelling))
  }

  private func names(of command: Command?) -> [String] {
    let options = self.program.options(of: command)
    return BuiltIn.allCases.map(\.rawValue) + options.map(\.name)
      + options.filter { $0.shape == .flag }.map { "no-\($0.name)" }
  }

  private func unknown(_ name: String) -> OptionError {
    let full = "--\(name)"
    let owners = self.program.commands.filter { self.names(of: $0).contains(name) }.map(\.name)
    if let command = self.command {
      let remedy =
        if let close = Suggestion.closest(to: name, among: self.names(of: command)) {
          "did you mean --\(close)?"
        } else if !owners.isEmpty {
          "it is one of \(owners.listed(last: "and")); see \(self.program.name) \(command.name) --help"
        } else {
          "see \(self.program.name) \(command.name) --help"
        }
      return OptionError(
        option: name, origin: .flag, message: "\(full) is not an option of \(command.name)",
        remedy: remedy)
    }
    if let owner = owners.first {
      return OptionError(
        option: name, origin: .flag, message: "\(full) belongs to \(owners.listed(last: "and"))",
        remedy: "write it after the command: \(self.program.name) \(owner) \(full)")
    }
    let candidates = self.names(of: nil) + self.program.commands.flatMap { self.names(of: $0) }
    let remedy =
      Suggestion.closest(to: name, among: candidates).map { "did you mean --\($0)?" }
      ?? "see \(self.program.name) --help"
    return OptionError(
      option: name, origin: .flag, message: "\(full) is not an option of \(self.program.name)",
      remedy: remedy)
  }
}
