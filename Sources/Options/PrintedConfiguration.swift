/// What `--print-config` shows: a configuration file that would give the same values, each with its origin.
struct PrintedConfiguration {
  private let program: Program
  private let settings: [Setting]
  private let file: String?
  private let environment: [String: String]

  init(_ program: Program, settings: [Setting], file: String?, environment: [String: String]) {
    self.program = program
    self.settings = settings
    self.file = file
    self.environment = environment
  }

  var text: String {
    var rows: [(value: String, origin: String)] = []
    for setting in self.settings { rows += self.rows(of: setting) }
    let column = rows.map(\.value.count).filter { $0 <= 60 }.max() ?? 0
    var lines = ["# \(self.program.name) \(self.program.version)"]
    if let file { lines.append("# configuration file: \(file)") }
    for row in rows {
      let space = String(repeating: " ", count: max(0, column - row.value.count))
      lines.append("\(row.value)\(space)  # \(row.origin)")
    }
    lines += self.unknownVariables.map {
      "# \($0) is set, and is no option of \(self.program.name)"
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func rows(of setting: Setting) -> [(value: String, origin: String)] {
    let option = setting.declaration
    guard let last = setting.inputs.last else {
      let note = option.isRequired ? "not set, and required" : option.defaultNote ?? "not set"
      return [
        option.defaultText.map { ("\(option.name) = \(ConfigurationFile.quoted($0))", "default") }
          ?? ("# \(option.name) =", note)
      ]
    }
    var inputs = [last]
    if case .list(let separator) = option.shape {
      inputs = setting.inputs.flatMap { $0.pieces(separatedBy: separator) }
      if separator != nil {
        let values = inputs.map { option.shown($0.text) }.joined(separator: ", ")
        return [
          ("\(option.name) = \(ConfigurationFile.quoted(values))", "\(last.origin)")
        ]
      }
    }
    return inputs.map { input in
      let value = ConfigurationFile.quoted(option.shown(input.text))
      let note = option.isSecretFile ? ", content not shown" : ""
      return ("\(option.name) = \(value)", "\(input.origin)\(note)")
    }
  }

  /// Variables with our prefix that name nothing: often a slip of the pen.
  private var unknownVariables: [String] {
    let prefix = self.program.environmentPrefix
    var known = Set(self.program.everyOption.map { $0.environmentName(prefix: prefix) })
    known.insert(prefix + "CONFIG")
    return self.environment.keys.filter { $0.hasPrefix(prefix) && !known.contains($0) }.sorted()
  }
}
