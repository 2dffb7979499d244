internal import Protobuf

extension FilePrinter {
  /// - Parameter scope: Full name of what is around it, with a dot in front.
  mutating func enumeration(
    _ item: ProtoEnumDescriptorProto, scope: String, _ path: [Int32]
  ) throws(GeneratorError) {
    let int = self.standard("Int32")
    var byNumber: [Int32: String] = [:]
    var used: Set<String> = []
    var cases: [(name: String, number: Int32, path: [Int32], isDeprecated: Bool?)] = []
    var aliases: [(name: String, target: String)] = []
    for (i, value) in item.value.enumerated() {
      let number = value.number ?? 0
      var name = Naming.enumCase(value.name ?? "", of: item.name ?? "")
      while !used.insert(name).inserted { name += "_" }
      if let target = byNumber[number] {
        aliases.append((name, target))
      } else {
        byNumber[number] = name
        cases.append((name, number, path + [2, Int32(i)], value.options?.deprecated))
      }
    }
    // The grammar asks for one value at least; a request without any gives an enum of unrecognized numbers.
    let zero = (byNumber[0] ?? cases.first?.name).map { ".\($0)" } ?? ".unrecognized(0)"

    self.documentation(path, deprecated: item.options?.deprecated)
    let name = Schema.lastName(try self.schema.enumName(scope + "." + (item.name ?? "")))
    let protocols = self.runtime("ProtoEnum") + ", " + self.standard("CaseIterable")
    self.out.line("\(self.access)enum \(name): \(protocols) {")
    self.out.indent()
    for each in cases {
      self.documentation(each.path, deprecated: each.isDeprecated)
      self.out.line("case \(each.name)  // = \(each.number)")
    }
    self.out.line("/// A number that this schema has no name for.")
    self.out.line("case unrecognized(\(int))")
    self.out.line()
    for alias in aliases {
      self.out.line("/// Another name of `\(alias.target)`.")
      self.out.line("\(self.access)static var \(alias.name): Self { .\(alias.target) }")
    }
    self.out.line("/// The values that have names.")
    self.out.line("\(self.access)static var allCases: [Self] {")
    self.out.indented { $0.list("", cases.map { ".\($0.name)" }) }
    self.out.line("}")
    self.out.line()
    self.out.line("\(self.access)init() { self = \(zero) }")
    self.out.line()
    self.out.line("\(self.access)init(rawValue: \(int)) {")
    self.out.indented { out in
      out.line("switch rawValue {")
      for each in cases { out.line("case \(each.number): self = .\(each.name)") }
      out.line("default: self = .unrecognized(rawValue)")
      out.line("}")
    }
    self.out.line("}")
    self.out.line()
    self.out.line("\(self.access)var rawValue: \(int) {")
    self.out.indented { out in
      out.line("switch self {")
      for each in cases { out.line("case .\(each.name): \(each.number)") }
      out.line("case .unrecognized(let number): number")
      out.line("}")
    }
    self.out.line("}")
    self.out.outdent()
    self.out.line("}")
    self.out.line()
  }
}
