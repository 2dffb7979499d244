/// Turns the text of an option into a value, and back for the help.
public struct ValueParser<Value: Sendable>: Sendable {
  let placeholder: String
  let completion: Completion
  let isBoolean: Bool
  let show: @Sendable (Value) -> String
  let convert: @Sendable (String) throws -> Value

  /// A parser of your own.
  ///
  /// - Parameters:
  ///   - placeholder: What stands for the value in the help, such as `HOST:PORT`.
  ///   - completion: What a shell may offer.
  ///   - show: The value as text that the parser accepts.
  ///   - convert: The value of a text. Throw a ``ValueProblem`` to say what is wrong and what to write
  ///     instead; of any other error the description is shown.
  public init(
    placeholder: String, completion: Completion = .nothing,
    show: @escaping @Sendable (Value) -> String = { "\($0)" },
    _ convert: @escaping @Sendable (String) throws -> Value
  ) {
    self.init(
      placeholder: placeholder, completion: completion, isBoolean: false, show: show,
      convert: convert)
  }

  init(
    placeholder: String, completion: Completion, isBoolean: Bool,
    show: @escaping @Sendable (Value) -> String,
    convert: @escaping @Sendable (String) throws -> Value
  ) {
    self.placeholder = placeholder
    self.completion = completion
    self.isBoolean = isBoolean
    self.show = show
    self.convert = convert
  }

  func parse(_ input: OptionInput) throws(OptionError) -> Value {
    do {
      return try self.convert(input.text)
    } catch let problem as ValueProblem {
      throw OptionError(input, problem: problem.problem, remedy: problem.remedy)
    } catch {
      throw OptionError(input, problem: "\(error)", remedy: "see --help")
    }
  }
}

/// What is wrong with a value, and what to write instead.
public struct ValueProblem: Error, Equatable {
  /// Reads on after the value: `not a whole number`.
  public let problem: String
  /// An instruction: `write a whole number from 1 to 65535`.
  public let remedy: String

  /// Describes a problem.
  public init(_ problem: String, remedy: String) {
    self.problem = problem
    self.remedy = remedy
  }
}

/// What a shell offers while a value is typed.
public enum Completion: Sendable, Equatable {
  /// Nothing.
  case nothing
  /// Names of files.
  case file
  /// Names of folders.
  case folder
  /// These words.
  case words([String])
}

extension ValueParser where Value == String {
  /// Any text.
  public static var text: Self { Self(placeholder: "TEXT") { $0 } }

  /// The path of a file; whether it exists is not looked at.
  public static var file: Self { .path(completion: .file, placeholder: "FILE") }

  /// The path of a folder; whether it exists is not looked at.
  public static var folder: Self { .path(completion: .folder, placeholder: "FOLDER") }

  private static func path(completion: Completion, placeholder: String) -> Self {
    Self(placeholder: placeholder, completion: completion) { text in
      guard !text.isEmpty else {
        throw ValueProblem("an empty path", remedy: "write a path, or leave the option out")
      }
      return text
    }
  }

  /// One of these words.
  public static func choice(_ words: [String]) -> Self {
    Self(placeholder: words.joined(separator: "|"), completion: .words(words)) { text in
      guard words.contains(text) else { throw ValueProblem.noChoice(text, of: words) }
      return text
    }
  }
}

extension ValueParser {
  /// One of these words, each with what it stands for.
  public static func choice(_ choices: [(word: String, value: Value)]) -> Self
  where Value: Equatable {
    let words = choices.map(\.word)
    return Self(
      placeholder: words.joined(separator: "|"), completion: .words(words),
      show: { value in choices.first { $0.value == value }?.word ?? "\(value)" }
    ) { text in
      guard let choice = choices.first(where: { $0.word == text }) else {
        throw ValueProblem.noChoice(text, of: words)
      }
      return choice.value
    }
  }

  /// One of the cases, by raw value.
  public static func choice(of type: Value.Type) -> Self
  where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    let words = Value.allCases.map(\.rawValue)
    return Self(
      placeholder: words.joined(separator: "|"), completion: .words(words), show: \.rawValue
    ) { text in
      guard let value = Value(rawValue: text) else { throw ValueProblem.noChoice(text, of: words) }
      return value
    }
  }

  /// A whole number in a range.
  public static func integer(_ range: ClosedRange<Value>) -> Self where Value: FixedWidthInteger {
    Self(placeholder: "N") { text in
      guard let value = Value(text), range.contains(value) else {
        throw ValueProblem(
          "not a whole number from \(range.lowerBound) to \(range.upperBound)",
          remedy: "write digits only, such as \(range.lowerBound)")
      }
      return value
    }
  }
}

extension ValueParser where Value == Double {
  /// A number in a range, with or without a fraction.
  public static func number(_ range: ClosedRange<Double>) -> Self {
    Self(placeholder: "NUMBER", show: Self.shortest) { text in
      guard let value = Double(text), range.contains(value) else {
        throw ValueProblem(
          "not a number from \(Self.shortest(range.lowerBound)) to \(Self.shortest(range.upperBound))",
          remedy: "write it like 0.5 or 3")
      }
      return value
    }
  }

  private static func shortest(_ number: Double) -> String {
    Int(exactly: number).map { String($0) } ?? String(number)
  }
}

extension ValueParser where Value == Bool {
  /// Yes or no. As a flag it needs no value: `--name`, `--no-name`.
  public static var boolean: Self {
    Self(
      placeholder: "", completion: .words(["true", "false"]), isBoolean: true,
      show: { $0 ? "true" : "false" }
    ) { text in
      switch text.lowercased() {
      case "true", "yes", "on", "1": true
      case "false", "no", "off", "0": false
      default: throw ValueProblem("not a yes or no", remedy: "write true or false")
      }
    }
  }
}

extension ValueProblem {
  static func noChoice(_ text: String, of words: [String]) -> Self {
    let remedy =
      if let close = Suggestion.closest(to: text, among: words) {
        "did you mean \(close)?"
      } else {
        "write \(words.listed(last: "or"))"
      }
    return Self("not one of \(words.joined(separator: ", "))", remedy: remedy)
  }
}
