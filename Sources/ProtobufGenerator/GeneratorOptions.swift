/// What the user asked for with `--swift_opt`; proto-spec/README.md describes each.
struct GeneratorOptions {
  enum Visibility: String {
    case `public`, package, `internal`
  }

  var visibility = Visibility.public
  var comments = true
  var keepUnknownFields = true
  var isRuntime = false
  var imports: [String] = []
  var prefixes: [String: String] = [:]

  /// - Parameter parameter: `Name=value` pairs with commas between.
  init(parameter: String) throws(GeneratorError) {
    for option in parameter.split(separator: ",") {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      let value = parts.count > 1 ? parts[1] : ""
      switch (parts[0], value) {
      case ("Visibility", _):
        guard let visibility = Visibility(rawValue: value) else {
          throw Self.unknown(option, "Visibility=public, package or internal")
        }
        self.visibility = visibility
      case ("Comments", "true"): self.comments = true
      case ("Comments", "false"): self.comments = false
      case ("UnknownFields", "keep"): self.keepUnknownFields = true
      case ("UnknownFields", "drop"): self.keepUnknownFields = false
      case ("Runtime", "self"): self.isRuntime = true
      case ("Import", _) where Naming.isIdentifier(value): self.imports.append(value)
      case ("Prefix", _):
        let pair = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard pair.count == 2, pair[1].isEmpty || Naming.isIdentifier(pair[1]) else {
          throw Self.unknown(option, "Prefix=proto.package:SwiftPrefix")
        }
        self.prefixes[pair[0]] = pair[1]
      default:
        throw Self.unknown(
          option,
          "Visibility=…, Comments=true|false, UnknownFields=keep|drop, Import=Module, "
            + "Prefix=proto.package:SwiftPrefix or Runtime=self")
      }
    }
  }

  private static func unknown(_ option: Substring, _ expected: String) -> GeneratorError {
    GeneratorError("unknown option '\(option)'; expected \(expected)")
  }
}
