/// A subcommand, such as `search` in `verbatim search`.
public struct Command: Sendable {
  /// The word on the command line.
  public let name: String
  /// One sentence.
  public let summary: String
  /// More of it, as paragraphs; shown in the command's own help.
  public let discussion: String
  /// In order. Only the last may stand for more or fewer than one.
  public let arguments: [Argument]
  /// Options of this command only.
  public let groups: [OptionGroup]
  /// Lines to try.
  public let examples: [Example]

  /// Declares a subcommand.
  public init(
    _ name: String, summary: String, discussion: String = "", arguments: [Argument] = [],
    groups: [OptionGroup] = [], examples: [Example] = []
  ) {
    for argument in arguments.dropLast() {
      precondition(
        argument.minimum == 1 && argument.maximum == 1,
        "\(name): only the last argument may stand for more or fewer than one")
    }
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.arguments = arguments
    self.groups = groups
    self.examples = examples
  }

  var options: [OptionDeclaration] { self.groups.flatMap(\.options).map(\.declaration) }
}
