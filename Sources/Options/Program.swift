/// Everything an executable accepts, as one table.
///
/// From the table come parsing, checks, `--help`, `--version`, `--print-config`, `--config FILE` and
/// `--completions SHELL`.
public struct Program: Sendable {
  /// The executable's name.
  public let name: String
  /// Its version.
  public let version: String
  /// One sentence.
  public let summary: String
  /// More of it, as paragraphs.
  public let discussion: String
  /// What the names of environment variables begin with, such as `VERBATIM_`.
  public let environmentPrefix: String
  /// Positional arguments; a program with commands has none of its own.
  public let arguments: [Argument]
  /// Options for the program, and for all of its commands.
  public let groups: [OptionGroup]
  /// Subcommands; empty: the program itself is run.
  public let commands: [Command]
  /// Lines to try.
  public let examples: [Example]

  /// Declares a program. Names of options must be unique within what one command sees.
  public init(
    name: String, version: String, summary: String, discussion: String = "",
    environmentPrefix: String, arguments: [Argument] = [], groups: [OptionGroup] = [],
    commands: [Command] = [], examples: [Example] = []
  ) {
    precondition(
      arguments.isEmpty || commands.isEmpty, "\(name): arguments belong to a command or the program"
    )
    self.name = name
    self.version = version
    self.summary = summary
    self.discussion = discussion
    self.environmentPrefix = environmentPrefix
    self.arguments = arguments
    self.groups = groups
    self.commands = commands
    self.examples = examples
    for command in commands.map(Optional.some) + [nil] {
      var seen: Set<String> = Set(BuiltIn.allCases.map(\.rawValue))
      for option in self.options(of: command) {
        precondition(
          seen.insert(option.name).inserted, "\(name): --\(option.name) is declared twice")
      }
    }
  }

  /// Options that `command` sees: the program's and its own.
  func options(of command: Command?) -> [OptionDeclaration] {
    self.groups.flatMap(\.options).map(\.declaration) + (command?.options ?? [])
  }

  /// Every option of the program and its commands; a name that several commands use is there once.
  var everyOption: [OptionDeclaration] {
    var seen: Set<String> = []
    return (self.options(of: nil) + self.commands.flatMap(\.options))
      .filter { seen.insert($0.name).inserted }
  }

  func command(named name: String) -> Command? { self.commands.first { $0.name == name } }
}

/// What every program understands by itself.
enum BuiltIn: String, CaseIterable {
  case help
  case version
  case config
  case printConfig = "print-config"
  case completions

  var placeholder: String? {
    switch self {
    case .config: "FILE"
    case .completions: Shell.allCases.map(\.rawValue).joined(separator: "|")
    case .help, .version, .printConfig: nil
    }
  }

  var help: String {
    switch self {
    case .help: "Shows this text."
    case .version: "Shows the version."
    case .config: "Reads options from a file of lines `name = value`."
    case .printConfig: "Shows the value of every option and where it comes from, then ends."
    case .completions: "Prints a completion script for a shell, then ends."
    }
  }

  var completion: Completion {
    switch self {
    case .config: .file
    case .completions: .words(Shell.allCases.map(\.rawValue))
    case .help, .version, .printConfig: .nothing
    }
  }
}
