/// What is known of an option without its type. Made by ``Option`` only.
public struct OptionDeclaration: Sendable {
  enum Shape: Equatable {
    /// `--name` and `--no-name`.
    case flag
    /// `--name VALUE`; the last one counts.
    case single
    /// `--name VALUE`, any number of times.
    case list(separator: Character?)
  }

  typealias ReadFile = (String) throws -> String

  let name: String
  /// The short spelling: `d` for `-d`.
  let letter: Character?
  let help: String
  let placeholder: String
  let shape: Shape
  let completion: Completion
  let defaultText: String?
  let defaultNote: String?
  let isSecretFile: Bool
  let redact: (@Sendable (String) -> String)?
  /// A `Box` of the option's type; nil: the option is required.
  let defaultValue: (any Sendable)?
  /// Turns what was given (at least one input, all of one origin) into a `Box` of the option's type.
  let resolve: @Sendable ([OptionInput], ReadFile) throws(OptionError) -> any Sendable

  init(
    name: String, letter: Character? = nil, help: String, placeholder: String, shape: Shape,
    completion: Completion,
    defaultText: String? = nil, defaultNote: String? = nil, isSecretFile: Bool = false,
    redact: (@Sendable (String) -> String)? = nil, defaultValue: (any Sendable)? = nil,
    resolve: @escaping @Sendable ([OptionInput], ReadFile) throws(OptionError) -> any Sendable
  ) {
    precondition(
      !name.isEmpty && !name.hasPrefix("-") && !name.hasPrefix("no-")
        && name.utf8.allSatisfy {
          $0 == 0x2d || (0x61...0x7a).contains($0) || (0x30...0x39).contains($0)
        },
      "the option name \(name) must be lower-case words joined by -, and must not begin with no-")
    precondition(
      letter.map { $0.isASCII && $0.isLetter && $0 != "h" && shape != .flag } ?? true,
      "--\(name): a short spelling is an ASCII letter, not h, and takes a value")
    self.name = name
    self.letter = letter
    self.help = help
    self.placeholder = placeholder
    self.shape = shape
    self.completion = completion
    self.defaultText = defaultText
    self.defaultNote = defaultNote
    self.isSecretFile = isSecretFile
    self.redact = redact
    self.defaultValue = defaultValue
    self.resolve = resolve
  }

  /// The text as messages may show it.
  func shown(_ text: String) -> String { self.redact?(text) ?? text }

  var isRequired: Bool { self.defaultValue == nil }

  /// The environment variable: `listen-address` is `PREFIX_LISTEN_ADDRESS`.
  func environmentName(prefix: String) -> String {
    prefix + String(self.name.map { $0 == "-" ? "_" : $0 }).uppercased()
  }
}

/// A value with its type kept: an optional put into `any Sendable` by itself would lose a level.
struct Box<Value: Sendable>: Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// One text that was given for an option, and where.
struct OptionInput: Sendable {
  let option: String
  let text: String
  let origin: OptionOrigin
  /// How it was given, for messages: `--listen x`, `PREFIX_LISTEN=x`, `listen = x`.
  let spelling: String

  func pieces(separatedBy separator: Character?) -> [OptionInput] {
    guard let separator = separator ?? self.origin.separatorOfWholeValues else { return [self] }
    return self.text.split(separator: separator, omittingEmptySubsequences: true)
      .map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
      .map {
        OptionInput(option: self.option, text: $0, origin: self.origin, spelling: self.spelling)
      }
  }
}

extension OptionOrigin {
  fileprivate var separatorOfWholeValues: Character? {
    if case .environment = self { "\n" } else { nil }
  }
}

extension Substring {
  func trimmingSpaces() -> String {
    var rest = self
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
  }
}
