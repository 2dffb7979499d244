/// One option of a program: its name, its type, its default, and what it means.
///
/// The same value is declared in a ``Program`` and used as the key to read the result:
///
///     let listen = Option(
///       "listen", parse: .text, default: "127.0.0.1:7400", placeholder: "HOST:PORT",
///       help: "Where to listen.")
///     let values = try program.parse(arguments: arguments, environment: environment, readFile: read)
///     values[listen]  // String
///
/// An option called `listen` is the flag `--listen`, the environment variable `PREFIX_LISTEN` and the
/// key `listen` of the configuration file. What is given by flag wins over the environment, that over
/// the file, and that over the default. A list given in one place replaces one given in a lower place.
public struct Option<Value: Sendable>: OptionKey {
  public let declaration: OptionDeclaration

  init(_ declaration: OptionDeclaration) { self.declaration = declaration }

  /// An option that always has a value.
  ///
  /// - Parameters:
  ///   - name: Lower-case words joined by `-`; no `no-` in front.
  ///   - parser: What is accepted. With ``ValueParser/boolean`` it is a flag without a value, and
  ///     `--no-name` turns it off.
  ///   - default: The value when nobody says otherwise.
  ///   - placeholder: What stands for the value in the help; nil: the parser's own.
  ///   - help: What it means, in whole sentences.
  ///   - redact: Makes a given value fit to be shown by `--print-config`; nil: it is no secret.
  public init(
    _ name: String, parse parser: ValueParser<Value>, default: Value, placeholder: String? = nil,
    help: String, redact: (@Sendable (String) -> String)? = nil
  ) {
    self.init(
      OptionDeclaration(
        name: name, help: help, placeholder: placeholder ?? parser.placeholder,
        shape: parser.isBoolean ? .flag : .single, completion: parser.completion,
        defaultText: parser.show(`default`), redact: redact, defaultValue: Box(`default`)
      ) { inputs, _ throws(OptionError) in Box(try parser.parse(inputs[inputs.count - 1])) })
  }

  /// An option that need not be given; its value is nil then.
  ///
  /// - Parameters:
  ///   - letter: A short spelling that the command line takes too, such as `d` for `-d`. Only for options of a command
  ///     whose arguments do not begin with a dash.
  ///   - defaultNote: What happens without it, for the help, such as `all`.
  public init<Parsed: Sendable>(
    _ name: String, letter: Character? = nil, parse parser: ValueParser<Parsed>,
    placeholder: String? = nil, defaultNote: String? = nil, help: String,
    redact: (@Sendable (String) -> String)? = nil
  ) where Value == Parsed? {
    self.init(
      OptionDeclaration(
        name: name, letter: letter, help: help, placeholder: placeholder ?? parser.placeholder,
        shape: parser.isBoolean ? .flag : .single, completion: parser.completion,
        defaultNote: defaultNote, redact: redact, defaultValue: Box(Parsed?.none)
      ) { inputs, _ throws(OptionError) in
        Box(Optional(try parser.parse(inputs[inputs.count - 1])))
      })
  }

  /// An option that must be given, by flag, environment or file.
  public static func required(
    _ name: String, parse parser: ValueParser<Value>, placeholder: String? = nil, help: String,
    redact: (@Sendable (String) -> String)? = nil
  ) -> Self {
    Self(
      OptionDeclaration(
        name: name, help: help, placeholder: placeholder ?? parser.placeholder,
        shape: parser.isBoolean ? .flag : .single, completion: parser.completion, redact: redact
      ) { inputs, _ throws(OptionError) in Box(try parser.parse(inputs[inputs.count - 1])) })
  }

  /// An option with any number of values: the flag is repeated, or values are separated.
  ///
  /// - Parameters:
  ///   - letter: A short spelling that the command line takes too, such as `H` for `-H`. Only for options of a command
  ///     whose arguments do not begin with a dash.
  ///   - separator: What separates values in one text, whichever place it comes from. Nil: a flag or a
  ///     line of the file is one value (the key may be repeated), and the environment has one per line.
  ///   - minimum: How many there must be.
  public static func list<Element: Sendable>(
    _ name: String, letter: Character? = nil, parse parser: ValueParser<Element>,
    default: [Element] = [], separator: Character? = ",", minimum: Int = 0,
    placeholder: String? = nil,
    defaultNote: String? = nil, help: String, redact: (@Sendable (String) -> String)? = nil
  ) -> Self where Value == [Element] {
    precondition(!parser.isBoolean, "--\(name): a list of booleans has no flag that reads well")
    let joint = separator.map { String($0) } ?? " "
    let shown = `default`.map(parser.show).joined(separator: joint)
    return Self(
      OptionDeclaration(
        name: name, letter: letter, help: help, placeholder: placeholder ?? parser.placeholder,
        shape: .list(separator: separator), completion: parser.completion,
        defaultText: shown.isEmpty ? nil : shown, defaultNote: defaultNote, redact: redact,
        defaultValue: `default`.count < minimum ? nil : Box(`default`)
      ) { inputs, _ throws(OptionError) in
        var elements: [Element] = []
        for input in inputs {
          for piece in input.pieces(separatedBy: separator) {
            elements.append(try parser.parse(piece))
          }
        }
        guard elements.count >= minimum else {
          throw OptionError(
            inputs[inputs.count - 1], problem: "at least \(minimum) must be given",
            remedy: "give --\(name) \(minimum) times")
        }
        return Box(elements)
      })
  }
}

extension Option where Value == Secret? {
  /// A secret that is kept in a file: `--name-file PATH`, `PREFIX_NAME_FILE`, `name-file = PATH`.
  ///
  /// The value is the content of the file, without the end of its last line. There is no flag for the
  /// secret itself: command lines and environments are readable by others.
  ///
  /// - Parameter name: Without the `-file`.
  public static func secretFile(_ name: String, help: String) -> Self {
    Self(
      OptionDeclaration(
        name: name + "-file", help: help, placeholder: "FILE", shape: .single, completion: .file,
        isSecretFile: true, defaultValue: Box(Secret?.none)
      ) { inputs, readFile throws(OptionError) in
        let input = inputs[inputs.count - 1]
        do {
          return Box(Optional(try Secret(fileContent: readFile(input.text))))
        } catch {
          throw OptionError(input, problem: "\(error)", remedy: "name a file that can be read")
        }
      })
  }
}

/// Any ``Option``, whatever the type of its value.
public protocol OptionKey: Sendable {
  /// What the table says of the option.
  var declaration: OptionDeclaration { get }
}

extension OptionKey {
  /// The option's name, without the dashes.
  public var name: String { self.declaration.name }
}
