/// Options that belong together under one title in the help.
public struct OptionGroup: Sendable {
  /// The title, such as `Connection`.
  public let title: String
  /// In the order of the help.
  public let options: [any OptionKey]

  /// Makes a group.
  public init(_ title: String, _ options: [any OptionKey]) {
    self.title = title
    self.options = options
  }
}

/// A positional argument.
public struct Argument: Sendable, Hashable {
  /// In capitals, such as `URL`.
  public let name: String
  /// What it means.
  public let help: String
  /// How many must be given.
  public let minimum: Int
  /// How many may be given.
  public let maximum: Int
  /// What a shell may offer.
  public let completion: Completion

  /// Makes an argument. Only the last of a command may stand for more or fewer than one.
  public init(
    _ name: String, minimum: Int = 1, maximum: Int = 1, completion: Completion = .nothing,
    help: String
  ) {
    precondition(minimum >= 0 && maximum >= max(1, minimum), "\(name): counts are out of order")
    self.name = name
    self.help = help
    self.minimum = minimum
    self.maximum = maximum
    self.completion = completion
  }

  public static func == (left: Self, right: Self) -> Bool { left.name == right.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(self.name) }

  /// As the usage line shows it: `URL...`, `[JOB]`.
  var usage: String {
    let name = self.maximum > 1 ? "\(self.name)..." : self.name
    return self.minimum == 0 ? "[\(name)]" : name
  }
}

/// A line to try, and what it does.
public struct Example: Sendable {
  /// The whole command line.
  public let line: String
  /// What it does.
  public let meaning: String

  /// Makes an example.
  public init(_ line: String, _ meaning: String) {
    self.line = line
    self.meaning = meaning
  }
}
