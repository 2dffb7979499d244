extension Program {
  /// Reads the command line, the environment and the configuration file, in this order of precedence.
  ///
  /// An environment variable that is empty counts as not set: that is what `${NAME:-}` in a compose
  /// file or an unset CI variable makes of it.
  ///
  /// - Parameters:
  ///   - arguments: The command line without the executable's name.
  ///   - environment: All variables; those of other names are not looked at.
  ///   - readFile: The text of a file. What it throws is shown with the path.
  ///   - width: Columns for the help.
  /// - Returns: A value for every option of the program and of the command given.
  /// - Throws: ``OptionError`` for a mistake; ``RequestedText`` when a text was asked for instead.
  public func parse(
    arguments: [String], environment: [String: String], readFile: (String) throws -> String,
    width: Int = HelpText.defaultWidth
  ) throws -> OptionValues {
    let scan = try CommandLineScan(self, arguments)
    switch scan.requestedText {
    case .help(let command):
      throw RequestedText(text: HelpText(self, width: width).text(for: command))
    case .version: throw RequestedText(text: "\(self.name) \(self.version)\n")
    case .completions(let shell): throw RequestedText(text: shell.script(for: self))
    case nil: break
    }
    let (path, file) = try self.configurationFile(scan, environment, readFile)
    // Set once for one program, the variable is there for all that are started from the same shell.
    let isFromEnvironment = scan.configurationFile == nil
    let inputs =
      try file.map { file throws(OptionError) in
        try self.inputs(of: file, isFromEnvironment: isFromEnvironment)
      } ?? [:]
    var settings: [Setting] = []
    for option in self.options(of: scan.command) {
      let given =
        scan.inputs[option.name] ?? self.input(for: option, in: environment).map { [$0] }
        ?? inputs[option.name] ?? []
      let value = given.isEmpty ? option.defaultValue : try option.resolve(given, readFile)
      settings.append(Setting(declaration: option, inputs: given, value: value))
    }
    if scan.printsConfiguration {
      throw RequestedText(
        text: PrintedConfiguration(self, settings: settings, file: path, environment: environment)
          .text)
    }
    if let missing = settings.first(where: { $0.value == nil }) {
      throw self.missing(missing.declaration)
    }
    if scan.command == nil, !self.commands.isEmpty {
      throw OptionError(
        message: "a command is missing",
        remedy:
          "it is one of \(self.commands.map(\.name).listed(last: "or")); see \(self.name) --help")
    }
    let declared = scan.command?.arguments ?? self.arguments
    try self.check(scan.arguments, declared, scan.command)
    return OptionValues(
      command: scan.command?.name, arguments: scan.arguments, declared: declared,
      configurationFile: path,
      settings: Dictionary(settings.map { ($0.declaration.name, $0) }) { $1 })
  }

  private func configurationFile(
    _ scan: CommandLineScan, _ environment: [String: String], _ readFile: (String) throws -> String
  ) throws(OptionError) -> (path: String?, file: ConfigurationFile?) {
    let variable = self.environmentPrefix + "CONFIG"
    let fromEnvironment = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    guard let path = scan.configurationFile ?? fromEnvironment else { return (nil, nil) }
    let text: String
    do {
      text = try readFile(path)
    } catch {
      let spelling = scan.configurationFile == nil ? "\(variable)=\(path)" : "--config \(path)"
      throw OptionError(
        option: BuiltIn.config.rawValue,
        origin: scan.configurationFile == nil ? .environment(variable: variable) : .flag,
        message: "\(spelling): \(error)", remedy: "name a file that can be read")
    }
    return (path, try ConfigurationFile(path: path, text: text))
  }

  /// What the file gives, by option. Every key must be an option of the program or of one of its commands.
  private func inputs(
    of file: ConfigurationFile, isFromEnvironment: Bool
  ) throws(OptionError) -> [String: [OptionInput]] {
    let options = self.everyOption
    var inputs: [String: [OptionInput]] = [:]
    for entry in file.entries {
      let origin = OptionOrigin.file(path: file.path, line: entry.line)
      guard let option = options.first(where: { $0.name == entry.name }) else {
        let hint = isFromEnvironment ? " (\(self.environmentPrefix)CONFIG names the file)" : ""
        throw self.unknownKey(entry, origin, options.map(\.name), hint)
      }
      if case .list = option.shape {
        // Several lines are several values.
      } else if case .file(_, let line) = inputs[entry.name]?.first?.origin {
        throw OptionError(
          option: entry.name, origin: origin,
          message: "\(file.path), line \(entry.line): \(entry.name) is already set in line \(line)",
          remedy: "remove one of the two")
      }
      inputs[entry.name, default: []].append(
        OptionInput(
          option: entry.name, text: entry.value, origin: origin,
          spelling: "\(entry.name) = \(option.shown(entry.value))"))
    }
    return inputs
  }

  private func unknownKey(
    _ entry: ConfigurationFile.Entry, _ origin: OptionOrigin, _ names: [String], _ hint: String
  ) -> OptionError {
    let problem: String
    let remedy: String
    if BuiltIn(rawValue: entry.name) != nil {
      problem = "\(entry.name) works on the command line only"
      remedy = "remove the line"
    } else {
      problem = "\(entry.name) is not an option of \(self.name)"
      remedy =
        Suggestion.closest(to: entry.name, among: names).map { "did you mean \($0)?" }
        ?? "see \(self.name) --help"
    }
    return OptionError(
      option: entry.name, origin: origin, message: "\(origin): \(problem)", remedy: remedy + hint)
  }

  private func input(
    for option: OptionDeclaration, in environment: [String: String]
  ) -> OptionInput? {
    let variable = option.environmentName(prefix: self.environmentPrefix)
    guard let text = environment[variable], !text.isEmpty else { return nil }
    return OptionInput(
      option: option.name, text: text, origin: .environment(variable: variable),
      spelling: "\(variable)=\(option.shown(text))")
  }

  private func missing(_ option: OptionDeclaration) -> OptionError {
    OptionError(
      option: option.name, message: "--\(option.name) is required",
      remedy: "write --\(option.name) \(option.placeholder), set "
        + "\(option.environmentName(prefix: self.environmentPrefix)), or write "
        + "`\(option.name) = \(option.placeholder)` in the file of --config")
  }

  private func check(
    _ arguments: [String], _ declared: [Argument], _ command: Command?
  ) throws(OptionError) {
    let minimum = declared.reduce(0) { $0 + $1.minimum }
    let name = [self.name, command?.name].compactMap { $0 }.joined(separator: " ")
    let usage = ([name] + declared.map(\.usage)).joined(separator: " ")
    if arguments.count < minimum {
      let missing = declared[min(arguments.count, declared.count - 1)]
      throw OptionError(message: "\(name) needs \(missing.name)", remedy: "write \(usage)")
    }
    // The sum may overflow: an argument without a limit stands for Int.max.
    let maximum = declared.reduce(0) {
      $0.addingReportingOverflow($1.maximum).overflow ? Int.max : $0 + $1.maximum
    }
    if arguments.count > maximum {
      throw OptionError(
        message: "\(name): \(arguments[maximum]) is one argument too many", remedy: "write \(usage)"
      )
    }
  }
}
