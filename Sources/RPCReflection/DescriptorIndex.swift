internal import Protobuf

/// The files of a server's services, and where each name is declared.
struct DescriptorIndex: Sendable {
  private struct File {
    let encoded: [UInt8]
    let imports: [String]
  }

  private var files: [String: File] = [:]
  /// The file of each service, method, message, field, oneof, enum and enum value.
  private var declarations: [String: String] = [:]
  /// The file of each extension, by the message that is extended; every message has an entry.
  private var extensions: [String: [Int32: String]] = [:]

  /// Of the files and all that they import.
  init(_ files: [ProtoFile]) throws(ProtoError) {
    for file in ProtoFile.closure(of: files) {
      let bytes = file.descriptorBytes
      let proto = try ProtoFileDescriptorProto(decoding: bytes)
      self.files[file.name] = File(encoded: bytes, imports: proto.dependency)
      self.add(proto, as: file.name)
    }
  }

  func contains(file name: String) -> Bool { self.files[name] != nil }

  func encodedFile(_ name: String) -> [UInt8]? { self.files[name]?.encoded }

  func file(declaring name: String) -> String? { self.declarations[name] }

  /// The file of each extension by number. Nil: there is no such message.
  func extensions(of message: String) -> [Int32: String]? { self.extensions[message] }

  /// A file and its imports, direct and indirect, that are not in `sent`; they are there afterwards.
  func closure(of name: String, except sent: inout Set<String>) -> [String] {
    var names: [String] = []
    var waiting = [name]
    while let next = waiting.popLast() {
      guard let file = self.files[next], sent.insert(next).inserted else { continue }
      names.append(next)
      waiting += file.imports.reversed()
    }
    return names
  }

  // MARK: Names

  private mutating func add(_ proto: ProtoFileDescriptorProto, as file: String) {
    let package = proto.package ?? ""
    for message in proto.messageType { self.add(message, package, file) }
    for item in proto.enumType { self.add(item, package, file) }
    for item in proto.`extension` { self.add(extension: item, package, file) }
    for service in proto.service {
      let name = Self.join(package, service.name)
      self.declarations[name] = file
      for method in service.method { self.declarations[Self.join(name, method.name)] = file }
    }
  }

  private mutating func add(_ message: ProtoDescriptorProto, _ scope: String, _ file: String) {
    let name = Self.join(scope, message.name)
    self.declarations[name] = file
    // The file of an extension may have come before.
    if self.extensions[name] == nil { self.extensions[name] = [:] }
    for field in message.field { self.declarations[Self.join(name, field.name)] = file }
    for oneof in message.oneofDecl { self.declarations[Self.join(name, oneof.name)] = file }
    for nested in message.nestedType { self.add(nested, name, file) }
    for item in message.enumType { self.add(item, name, file) }
    for item in message.`extension` { self.add(extension: item, name, file) }
  }

  private mutating func add(_ item: ProtoEnumDescriptorProto, _ scope: String, _ file: String) {
    self.declarations[Self.join(scope, item.name)] = file
    // The names of an enum's values are beside the enum, not inside it, as in C++.
    for value in item.value { self.declarations[Self.join(scope, value.name)] = file }
  }

  private mutating func add(
    extension item: ProtoFieldDescriptorProto, _ scope: String, _ file: String
  ) {
    self.declarations[Self.join(scope, item.name)] = file
    let message = String((item.extendee ?? "").drop { $0 == "." })
    self.extensions[message, default: [:]][item.number ?? 0] = file
  }

  private static func join(_ scope: String, _ name: String?) -> String {
    scope.isEmpty ? name ?? "" : scope + "." + (name ?? "")
  }
}
