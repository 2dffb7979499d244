internal import Protobuf

/// Names and relations of everything in one request.
final class Schema {
  final class MessageInfo {
    let fullName: String
    let swiftName: String
    let proto: ProtoDescriptorProto
    let file: ProtoFileDescriptorProto
    let path: [Int32]
    var isMapEntry: Bool { proto.options?.mapEntry ?? false }
    init(
      _ fullName: String, _ swiftName: String, _ proto: ProtoDescriptorProto,
      _ file: ProtoFileDescriptorProto, _ path: [Int32]
    ) {
      (self.fullName, self.swiftName, self.proto, self.file, self.path) = (
        fullName, swiftName, proto, file, path
      )
    }
  }

  var messages: [String: MessageInfo] = [:]
  var enums: [String: (swiftName: String, proto: ProtoEnumDescriptorProto)] = [:]
  private var typeNames: Set<String> = []
  private var reach: [String: Set<String>] = [:]
  private let prefixes: [String: String]

  init(_ files: [ProtoFileDescriptorProto], prefixes: [String: String]) {
    self.prefixes = prefixes
    for file in files {
      let package = file.package ?? ""
      let scope = package.isEmpty ? "" : "." + package
      for (i, message) in file.messageType.enumerated() {
        add(message, file, scope, prefix(package), "", [4, Int32(i)])
      }
      for item in file.enumType { add(item, scope, prefix(package), "") }
    }
  }

  func prefix(_ package: String) -> String {
    if let given = prefixes[package] { return given }
    switch package {
    case "google.protobuf": return "Proto"
    case "google.protobuf.compiler": return "ProtoCompiler"
    default: return ""
    }
  }

  /// The stem of a service's Swift names: `GatewayService` with the prefix `Gateway` gives `Gateway`,
  /// so that its protocol is `GatewayService` and its client `GatewayClient`.
  func serviceBase(_ name: String, package: String) -> String {
    let stem = name.hasSuffix("Service") && name != "Service" ? String(name.dropLast(7)) : name
    let prefix = prefix(package)
    return stem.hasPrefix(prefix) ? stem : prefix + stem
  }

  private func add(
    _ message: ProtoDescriptorProto, _ file: ProtoFileDescriptorProto, _ scope: String,
    _ prefix: String, _ outer: String, _ path: [Int32]
  ) {
    let name = message.name ?? ""
    let full = scope + "." + name
    let own = Naming.type(prefix + name)
    typeNames.insert(own)
    let swift = outer.isEmpty ? own : outer + "." + own
    messages[full] = MessageInfo(full, swift, message, file, path)
    for (i, nested) in message.nestedType.enumerated() {
      add(nested, file, full, "", swift, path + [3, Int32(i)])
    }
    for item in message.enumType { add(item, full, "", swift) }
  }

  private func add(
    _ item: ProtoEnumDescriptorProto, _ scope: String, _ prefix: String, _ outer: String
  ) {
    let own = Naming.type(prefix + (item.name ?? ""))
    typeNames.insert(own)
    enums[scope + "." + (item.name ?? "")] = (outer.isEmpty ? own : outer + "." + own, item)
  }

  /// A standard type's name, qualified only where the schema has a type of that name.
  func standard(_ name: String) -> String { typeNames.contains(name) ? "Swift." + name : name }

  /// Whether a value of the message holds, without an array or map between, one of the same type.
  func isRecursive(_ field: ProtoFieldDescriptorProto, in message: MessageInfo) -> Bool {
    guard field.type == .message, field.label != .repeated, let target = field.typeName else {
      return false
    }
    return target == message.fullName || reachable(target).contains(message.fullName)
  }

  private func reachable(_ name: String) -> Set<String> {
    if let known = reach[name] { return known }
    var seen: Set<String> = []
    var queue = [name]
    while let next = queue.popLast() {
      for field in messages[next]?.proto.field ?? []
      where field.type == .message && field.label != .repeated {
        if let target = field.typeName, seen.insert(target).inserted { queue.append(target) }
      }
    }
    reach[name] = seen
    return seen
  }
}

enum Naming {
  static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
    "deinit", "do", "else", "enum",
    "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import",
    "in", "init", "inout", "internal",
    "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public", "repeat",
    "rethrows", "return", "self",
    "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try",
    "typealias", "var", "where", "while", "_",
  ]
  /// Members that every generated message or enum has already.
  static let taken: Set<String> = [
    "init", "self", "encode", "encoded", "merge", "hash", "hashValue", "unknownFields", "protoName",
    "rawValue", "unrecognized", "none", "some",
  ]

  static func type(_ name: String) -> String {
    ["Type", "Protocol", "Self", "Any"].contains(name) ? name + "_" : name
  }

  /// `start_ms` becomes `startMs`; `HTTPServer` becomes `httpServer`.
  static func member(_ name: String) -> String {
    var words = name.split(separator: "_", omittingEmptySubsequences: true).map(String.init)
    if words.isEmpty { words = ["_"] }
    var first = words[0]
    if first.allSatisfy({ !$0.isLowercase }) {
      first = first.lowercased()
    } else {
      let capitals = first.prefix { $0.isUppercase }.count
      let cut = capitals > 1 ? capitals - 1 : capitals
      first = first.prefix(cut).lowercased() + first.dropFirst(cut)
    }
    var result = first
    for word in words.dropFirst() { result += word.prefix(1).uppercased() + word.dropFirst() }
    if result.first?.isNumber == true { result = "_" + result }
    if taken.contains(result) { return result + "_" }
    return keywords.contains(result) ? "`\(result)`" : result
  }

  /// `INDEX_STATE_READY` of `IndexState` becomes `ready`.
  static func enumCase(_ name: String, of item: String) -> String {
    var prefix = ""
    for c in item {
      if c.isUppercase, !prefix.isEmpty { prefix += "_" }
      prefix += c.uppercased()
    }
    prefix += "_"
    let short =
      name.hasPrefix(prefix) && name.count > prefix.count
      ? String(name.dropFirst(prefix.count)) : name
    return member(short.contains(where: \.isLowercase) ? short : short.lowercased())
  }

  static func capitalized(_ name: String) -> String {
    let plain = name.filter { $0 != "`" }
    return plain.prefix(1).uppercased() + plain.dropFirst()
  }

  /// `google/protobuf/any.proto` becomes `GoogleProtobufAnyFile`.
  static func file(_ path: String) -> String {
    var stem = Substring(path)
    if stem.hasSuffix(".proto") { stem = stem.dropLast(6) }
    return stem.split { !($0.isLetter || $0.isNumber) }.map {
      $0.prefix(1).uppercased() + $0.dropFirst()
    }.joined() + "File"
  }
}
