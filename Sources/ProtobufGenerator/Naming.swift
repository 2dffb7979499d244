/// Swift names of what .proto files name.
enum Naming {
  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
    "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
    "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil",
    "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return",
    "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try",
    "typealias", "var", "where", "while", "_",
  ]

  /// Members that every generated message or enum has already, or that Swift gives a meaning.
  private static let takenMembers: Set<String> = [
    "init", "self", "encode", "encoded", "merge", "hash", "hashValue", "unknownFields", "protoName",
    "protoFile", "rawValue", "unrecognized", "allCases", "none", "some", "with",
  ]

  /// Members that generated services, clients or method lists have already.
  private static let takenMethods: Set<String> = [
    "init", "self", "service", "serviceName", "protoFile", "handlers", "channel",
  ]

  static func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
        || $0 == 0x5f
    }
  }

  /// Swift's own words, which no nested type may be called, and the modules whose names generated code puts before
  /// those of their types.
  private static let takenTypes: Set<String> = [
    "Type", "Protocol", "Self", "Any", "Swift", "Protobuf", "RPC",
  ]

  static func type(_ name: String) -> String {
    self.takenTypes.contains(name) ? name + "_" : name
  }

  /// `start_ms` becomes `startMs`; `HTTPServer` becomes `httpServer`.
  static func member(_ name: String) -> String { self.escaped(self.camel(name), self.takenMembers) }

  /// `ListVideos` becomes `listVideos`.
  static func method(_ name: String) -> String { self.escaped(self.camel(name), self.takenMethods) }

  private static func escaped(_ name: String, _ taken: Set<String>) -> String {
    if taken.contains(name) { return name + "_" }
    return self.keywords.contains(name) ? "`\(name)`" : name
  }

  private static func camel(_ name: String) -> String {
    let words = name.split(separator: "_").map(String.init)
    guard var first = words.first else { return "_" }
    if first.allSatisfy({ !$0.isLowercase }) {
      first = first.lowercased()
    } else {
      // The last capital of a row begins the next word.
      let capitals = first.prefix { $0.isUppercase }.count
      let cut = capitals > 1 ? capitals - 1 : capitals
      first = first.prefix(cut).lowercased() + first.dropFirst(cut)
    }
    var result = first
    for word in words.dropFirst() { result += word.prefix(1).uppercased() + word.dropFirst() }
    return result.first?.isNumber == true ? "_" + result : result
  }

  /// `INDEX_STATE_READY` of `IndexState` becomes `ready`.
  static func enumCase(_ name: String, of item: String) -> String {
    var prefix = ""
    for character in item {
      if character.isUppercase, !prefix.isEmpty { prefix += "_" }
      prefix += character.uppercased()
    }
    prefix += "_"
    let hasPrefix = name.hasPrefix(prefix) && name.count > prefix.count
    let short = hasPrefix ? String(name.dropFirst(prefix.count)) : name
    return self.member(short.contains(where: \.isLowercase) ? short : short.lowercased())
  }

  /// `audience` becomes `Audience`.
  static func capitalized(_ name: String) -> String {
    let plain = name.filter { $0 != "`" }
    return plain.prefix(1).uppercased() + plain.dropFirst()
  }

  /// `google/protobuf/any.proto` becomes `GoogleProtobufAnyFile`.
  static func file(_ path: String) -> String {
    let stem = path.hasSuffix(".proto") ? path.dropLast(6) : path[...]
    let words = stem.split { !($0.isLetter || $0.isNumber) }
    let name = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "File"
    return name.first?.isNumber == true ? "_" + name : name
  }
}
