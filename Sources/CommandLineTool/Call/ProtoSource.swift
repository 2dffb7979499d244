internal import Protobuf

/// Declarations as text of a .proto file.
///
/// Types have their full names, so that each can be looked up by what is printed.
struct ProtoSource {
  private(set) var lines: [String] = []
  private var indent = 0

  /// The text of one declaration.
  static func lines(of declaration: Schema.Declaration) -> [String] {
    var source = ProtoSource()
    switch declaration {
    case .service(let service): source.service(service)
    case .method(let method): source.method(method)
    case .message(let message): source.message(message)
    case .enumeration(let item): source.enumeration(item)
    }
    return source.lines
  }

  private mutating func line(_ text: String) {
    self.lines.append(String(repeating: "  ", count: self.indent) + text)
  }

  private mutating func block(_ head: String, _ body: (inout ProtoSource) -> Void) {
    let count = self.lines.count
    self.line(head + " {")
    self.indent += 1
    body(&self)
    self.indent -= 1
    if self.lines.count == count + 1 {
      self.lines[count] += "}"
    } else {
      self.line("}")
    }
  }

  private mutating func service(_ service: ProtoServiceDescriptorProto) {
    self.block("service \(service.name ?? "")") { source in
      if service.options?.deprecated == true { source.line("option deprecated = true;") }
      for method in service.method { source.method(method) }
    }
  }

  private mutating func method(_ method: ProtoMethodDescriptorProto) {
    func type(_ name: String?, _ isStream: Bool?) -> String {
      (isStream == true ? "stream " : "") + Schema.name(name)
    }
    var options: [String] = []
    if method.options?.deprecated == true { options.append("option deprecated = true;") }
    switch method.options?.idempotencyLevel {
    case .noSideEffects: options.append("option idempotency_level = NO_SIDE_EFFECTS;")
    case .idempotent: options.append("option idempotency_level = IDEMPOTENT;")
    case .idempotencyUnknown, .unrecognized, nil: break
    }
    let head =
      "rpc \(method.name ?? "")(\(type(method.inputType, method.clientStreaming)))"
      + " returns (\(type(method.outputType, method.serverStreaming)))"
    if options.isEmpty {
      self.line(head + ";")
    } else {
      self.block(head) { source in
        for option in options { source.line(option) }
      }
    }
  }

  private mutating func message(_ message: ProtoDescriptorProto) {
    self.block("message \(message.name ?? "")") { source in
      if message.options?.deprecated == true { source.line("option deprecated = true;") }
      var oneofs: Set<Int32> = []
      for field in message.field {
        guard let index = field.oneofIndex, field.proto3Optional != true else {
          source.field(field, message)
          continue
        }
        guard oneofs.insert(index).inserted else { continue }
        let oneof =
          message.oneofDecl.indices.contains(Int(index)) ? message.oneofDecl[Int(index)] : nil
        source.block("oneof \(oneof?.name ?? "")") { source in
          for field in message.field where field.oneofIndex == index {
            source.field(field, message)
          }
        }
      }
      source.reserved(
        message.reservedRange.map { (Int64($0.start ?? 0), Int64($0.end ?? 0) - 1) },
        message.reservedName)
      for item in message.enumType { source.enumeration(item) }
      for nested in message.nestedType where nested.options?.mapEntry != true {
        source.message(nested)
      }
    }
  }

  private mutating func field(
    _ field: ProtoFieldDescriptorProto, _ message: ProtoDescriptorProto
  ) {
    let entry = message.nestedType.first {
      $0.options?.mapEntry == true && Schema.name(field.typeName).hasSuffix("." + ($0.name ?? ""))
    }
    var type = Self.type(of: field)
    if let entry, let key = entry.field.first, let value = entry.field.last {
      type = "map<\(Self.type(of: key)), \(Self.type(of: value))>"
    } else if field.label == .repeated {
      type = "repeated \(type)"
    } else if field.proto3Optional == true {
      type = "optional \(type)"
    }
    let deprecated = field.options?.deprecated == true ? " [deprecated = true]" : ""
    self.line("\(type) \(field.name ?? "") = \(field.number ?? 0)\(deprecated);")
  }

  private static func type(of field: ProtoFieldDescriptorProto) -> String {
    switch field.type {
    case .message, .enum, .group: Schema.name(field.typeName)
    case .unrecognized(let number): "type\(number)"
    case let type?: "\(type)"
    case nil: Schema.name(field.typeName)
    }
  }

  private mutating func enumeration(_ item: ProtoEnumDescriptorProto) {
    self.block("enum \(item.name ?? "")") { source in
      if item.options?.allowAlias == true { source.line("option allow_alias = true;") }
      for value in item.value { source.line("\(value.name ?? "") = \(value.number ?? 0);") }
      source.reserved(
        item.reservedRange.map { (Int64($0.start ?? 0), Int64($0.end ?? 0)) }, item.reservedName)
    }
  }

  /// - Parameter ranges: First and last.
  private mutating func reserved(_ ranges: [(Int64, Int64)], _ names: [String]) {
    if !ranges.isEmpty {
      let list = ranges.map { $0.0 == $0.1 ? "\($0.0)" : "\($0.0) to \($0.1)" }
      self.line("reserved \(list.joined(separator: ", "));")
    }
    if !names.isEmpty {
      self.line("reserved \(names.map { "\"\($0)\"" }.joined(separator: ", "));")
    }
  }
}
