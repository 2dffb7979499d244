internal import Protobuf

extension FilePrinter {
  mutating func message(_ message: Schema.Message) throws(GeneratorError) {
    let plan = try MessagePlan(message, self.schema)
    let name = Schema.lastName(message.swiftName)
    self.documentation(message.path, deprecated: message.proto.options?.deprecated)
    try self.block("\(self.access)struct \(name): \(self.runtime("ProtoMessage"))") {
      (p: inout FilePrinter) throws(GeneratorError) in
      p.out.line("\(p.access)static let protoName = \"\(message.fullName.dropFirst())\"")
      p.out.short(
        "\(p.access)static var protoFile: \(p.runtime("ProtoFile"))",
        "\(Naming.file(message.fileName)).file")
      p.out.line()
      p.properties(plan)
      p.out.line()
      p.out.line("\(p.access)init() {}")
      p.out.line()
      p.oneofs(plan)
      for (i, item) in message.proto.enumType.enumerated() {
        try p.enumeration(item, scope: message.fullName, message.path + [4, Int32(i)])
      }
      for nested in message.proto.nestedType where nested.options?.mapEntry != true {
        try p.message(p.schema.message(message.fullName + "." + (nested.name ?? "")))
      }
      p.merge(plan)
      p.out.line()
      p.encode(plan)
    }
    self.out.line()
  }

  private mutating func properties(_ plan: MessagePlan) {
    var seen: Set<Int> = []
    for field in plan.fields {
      if case .oneof(let index) = field.shape {
        guard seen.insert(index).inserted else { continue }
        let oneof = plan.oneofs[index]
        self.documentation(oneof.path)
        self.out.line("\(self.access)var \(oneof.name): \(oneof.type)?")
        continue
      }
      self.documentation(field.path, deprecated: field.proto.options?.deprecated)
      let declaration = "\(self.access)var \(field.name): \(field.type)"
      switch field.shape {
      case .singular: self.out.line("\(declaration) = \(field.scalar.zero)")
      case .optional, .message: self.out.line("\(declaration)?")
      case .boxed: self.out.line("@\(self.runtime("ProtoBoxed")) \(declaration)?")
      case .repeated, .packed, .messages: self.out.line("\(declaration) = []")
      case .map: self.out.line("\(declaration) = [:]")
      case .oneof: break
      }
    }
    if self.options.keepUnknownFields {
      self.out.line("\(self.access)var unknownFields = \(self.runtime("ProtoUnknown"))()")
    }
  }

  private mutating func oneofs(_ plan: MessagePlan) {
    for oneof in plan.oneofs where !oneof.fields.isEmpty {
      let indirect = oneof.isRecursive ? "indirect " : ""
      self.out.line("/// The values of `\(oneof.name.filter { $0 != "`" })`.")
      let protocols = self.standard("Sendable") + ", " + self.standard("Hashable")
      self.out.line("\(self.access)\(indirect)enum \(oneof.type): \(protocols) {")
      self.out.indent()
      for field in oneof.fields {
        self.documentation(field.path, deprecated: field.proto.options?.deprecated)
        self.out.line("case \(field.name)(\(field.type))")
      }
      self.out.outdent()
      self.out.line("}")
      self.out.line()
    }
  }

  // Fields are written as `self.name`: one may be called as a parameter or a local variable.

  private mutating func merge(_ plan: MessagePlan) {
    let error = self.runtime("ProtoError")
    self.out.call(
      "\(self.access)mutating func merge",
      ["from reader: inout \(self.runtime("ProtoReader"))"], " throws(\(error)) {")
    self.out.indent()
    self.out.line("while true {")
    self.out.indent()
    self.out.line("let tag = try reader.tag()")
    self.out.line("switch tag {")
    self.out.line("case 0: return")
    for field in plan.fields {
      let target = "self.\(field.name)"
      let wire = "\(field.scalar.wire).self"
      switch field.shape {
      case .singular, .optional:
        self.out.arm("case \(field.tag)", "\(target) = try reader.read(\(wire))")
      case .repeated where field.scalar.wireType == 2:
        self.out.arm("case \(field.tag)", "try reader.append(\(wire), to: &\(target))")
      case .repeated, .packed:
        // Either form is read, whichever the schema says.
        self.out.arm("case \(field.tag(2))", "try reader.packed(\(wire), to: &\(target))")
        self.out.arm(
          "case \(field.tag(field.scalar.wireType))", "try reader.append(\(wire), to: &\(target))")
      case .message, .boxed:
        self.out.arm("case \(field.tag)", "try reader.message(&\(target))")
      case .messages:
        self.out.arm("case \(field.tag)", "try reader.message(appendTo: &\(target))")
      case .map(let key, let value):
        self.out.arm(
          "case \(field.tag)", "try reader.map(\(key).self, \(value).self, to: &\(target))")
      case .oneof(let index):
        let oneof = "self.\(plan.oneofs[index].name)"
        guard field.isMessage else {
          self.out.arm("case \(field.tag)", "\(oneof) = .\(field.name)(try reader.read(\(wire)))")
          continue
        }
        self.out.line("case \(field.tag):")
        self.out.indented { out in
          out.line("var value = \(field.scalar.zero)")
          out.short("if case .\(field.name)(let old) = \(oneof)", "value = old")
          out.line("try reader.message(&value)")
          out.line("\(oneof) = .\(field.name)(value)")
        }
      }
    }
    let keep = self.options.keepUnknownFields
    self.out.line(
      keep
        ? "default: try reader.unknown(tag, to: &self.unknownFields)"
        : "default: try reader.skip(tag)")
    self.out.line("}")
    for _ in 0..<2 {
      self.out.outdent()
      self.out.line("}")
    }
  }

  private mutating func encode(_ plan: MessagePlan) {
    self.out.line(
      "\(self.access)func encode(to writer: inout \(self.runtime("ProtoWriter"))) {")
    self.out.indent()
    var seen: Set<Int> = []
    for field in plan.fields.sorted(by: { $0.number < $1.number }) {
      let value = "self.\(field.name)"
      let wire = "\(field.scalar.wire).self"
      switch field.shape {
      case .singular:
        self.out.short(
          "if \(field.isSet(value))", "writer.write(\(wire), \(field.tag), \(value))")
      case .optional:
        self.out.short("if let value = \(value)", "writer.write(\(wire), \(field.tag), value)")
      case .message, .boxed:
        self.out.short("if let value = \(value)", "writer.message(\(field.tag), value)")
      case .repeated: self.out.call("writer.write", [wire, "\(field.tag)", value])
      case .packed: self.out.call("writer.packed", [wire, "\(field.tag)", value])
      case .messages: self.out.call("writer.messages", ["\(field.tag)", value])
      case .map(let key, let item):
        self.out.call("writer.map", ["\(key).self", "\(item).self", "\(field.tag)", value])
      case .oneof(let index):
        guard seen.insert(index).inserted else { continue }
        self.out.line("switch self.\(plan.oneofs[index].name) {")
        for member in plan.oneofs[index].fields {
          self.out.arm(
            "case .\(member.name)(let value)",
            member.isMessage
              ? "writer.message(\(member.tag), value)"
              : "writer.write(\(member.scalar.wire).self, \(member.tag), value)")
        }
        self.out.line("case nil: break")
        self.out.line("}")
      }
    }
    if self.options.keepUnknownFields { self.out.line("writer.unknown(self.unknownFields)") }
    self.out.outdent()
    self.out.line("}")
  }
}
