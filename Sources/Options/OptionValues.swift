/// What was asked for: a value for every option, the command and the arguments.
public struct OptionValues: Sendable {
  /// The subcommand's name; nil when the program has none.
  public let command: String?
  /// The positional arguments, in order; their number is within what was declared.
  public let arguments: [String]
  /// The configuration file that was read.
  public let configurationFile: String?

  private let declared: [Argument]
  private let settings: [String: Setting]

  init(
    command: String?, arguments: [String], declared: [Argument], configurationFile: String?,
    settings: [String: Setting]
  ) {
    self.command = command
    self.arguments = arguments
    self.declared = declared
    self.configurationFile = configurationFile
    self.settings = settings
  }

  /// The value of an option. It must be one of the program or of the command that was given.
  public subscript<Value>(option: Option<Value>) -> Value {
    guard let box = self.settings[option.name]?.value as? Box<Value> else {
      preconditionFailure(
        "--\(option.name) is not declared for \(self.command ?? "this program"), or with another type"
      )
    }
    return box.value
  }

  /// The values given for a positional argument; they are as many as it declares.
  public subscript(argument: Argument) -> [String] {
    guard let index = self.declared.firstIndex(of: argument) else {
      preconditionFailure("\(argument.name) is not declared for \(self.command ?? "this program")")
    }
    let isLast = index == self.declared.count - 1
    return Array(self.arguments.dropFirst(index).prefix(isLast ? Int.max : 1))
  }

  /// Where the value of an option came from.
  public func origin(of option: some OptionKey) -> OptionOrigin {
    self.settings[option.name]?.inputs.last?.origin ?? .default
  }

  /// An error about an option that parsed by itself but does not fit the rest.
  ///
  /// It names the option as it was given, and where.
  public func mistake(_ option: some OptionKey, _ problem: String, remedy: String) -> OptionError {
    guard let input = self.settings[option.name]?.inputs.last else {
      return OptionError(
        option: option.name, origin: .default, message: "--\(option.name): \(problem)",
        remedy: remedy)
    }
    return OptionError(input, problem: problem, remedy: remedy)
  }
}

/// What is known of one option after parsing.
struct Setting: Sendable {
  let declaration: OptionDeclaration
  /// Empty: the default counts.
  let inputs: [OptionInput]
  /// A `Box`; nil only while a required value is missing.
  let value: (any Sendable)?
}
