internal import Protobuf

/// Names and relations of everything in one request.
final class Schema {
  /// One message.
  struct Message {
    /// With a dot in front, as field descriptors refer to it.
    let fullName: String
    /// With the names of the types around it.
    let swiftName: String
    let proto: ProtoDescriptorProto
    let isProto3: Bool
    let fileName: String
    /// Where its comments are in the file's source information.
    let path: [Int32]

    var isMapEntry: Bool { self.proto.options?.mapEntry ?? false }
  }

  private var messages: [String: Message] = [:]
  private var enums: [String: String] = [:]
  private var typeNames: Set<String> = []
  /// Swift names of the types that are not inside of others.
  private var outermostNames: Set<String> = []
  private var reachable: [String: Set<String>] = [:]
  private let prefixes: [String: String]

  init(_ files: [ProtoFileDescriptorProto], prefixes: [String: String]) {
    self.prefixes = prefixes
    for file in files {
      let prefix = self.prefix(file.package ?? "")
      let names = file.messageType.map { $0.name ?? "" } + file.enumType.map { $0.name ?? "" }
      for name in names { self.outermostNames.insert(Naming.type(prefix + name)) }
    }
    for file in files {
      let package = file.package ?? ""
      let scope = package.isEmpty ? "" : "." + package
      let prefix = self.prefix(package)
      for (i, message) in file.messageType.enumerated() {
        self.add(message, file, scope, prefix, "", [4, Int32(i)])
      }
      for item in file.enumType { self.add(item, scope, prefix, "") }
    }
  }

  private func add(
    _ message: ProtoDescriptorProto, _ file: ProtoFileDescriptorProto, _ scope: String,
    _ prefix: String, _ outer: String, _ path: [Int32]
  ) {
    let name = message.name ?? ""
    let fullName = scope + "." + name
    let own = self.ownName(prefix + name, isNested: !outer.isEmpty)
    let swiftName = outer.isEmpty ? own : outer + "." + own
    self.messages[fullName] = Message(
      fullName: fullName, swiftName: swiftName, proto: message, isProto3: file.syntax == "proto3",
      fileName: file.name ?? "", path: path)
    for (i, nested) in message.nestedType.enumerated() {
      self.add(nested, file, fullName, "", swiftName, path + [3, Int32(i)])
    }
    for item in message.enumType { self.add(item, fullName, "", swiftName) }
  }

  private func add(
    _ item: ProtoEnumDescriptorProto, _ scope: String, _ prefix: String, _ outer: String
  ) {
    let name = item.name ?? ""
    let own = self.ownName(prefix + name, isNested: !outer.isEmpty)
    self.enums[scope + "." + name] = outer.isEmpty ? own : outer + "." + own
  }

  // MARK: Names

  /// A type's name without those around it.
  private func ownName(_ name: String, isNested: Bool) -> String {
    var own = Naming.type(name)
    while isNested, self.isOutermost(own) { own += "_" }
    self.typeNames.insert(own)
    return own
  }

  /// Whether a type that is not inside of another has that Swift name. A nested type of the same name would hide it
  /// from the code around, which has no other name for it.
  func isOutermost(_ name: String) -> Bool { self.outermostNames.contains(name) }

  /// The part of a Swift name after the last dot.
  static func lastName(_ name: String) -> String {
    name.split(separator: ".").last.map(String.init) ?? name
  }

  /// What the Swift names of a package's types begin with.
  func prefix(_ package: String) -> String {
    if let given = self.prefixes[package] { return given }
    return switch package {
    case "google.protobuf": "Proto"
    case "google.protobuf.compiler": "ProtoCompiler"
    default: ""
    }
  }

  /// The stem of a service's Swift names: `GatewayService` with the prefix `Gateway` gives `Gateway`,
  /// so that its protocol is `GatewayService` and its client `GatewayClient`.
  func serviceBase(_ name: String, package: String) -> String {
    let stem = name.hasSuffix("Service") && name != "Service" ? String(name.dropLast(7)) : name
    let prefix = self.prefix(package)
    return stem.hasPrefix(prefix) ? stem : prefix + stem
  }

  /// A name of the standard library, the runtime or the RPC module, qualified only where the schema has a type of
  /// that name.
  func name(_ name: String, of module: String) -> String {
    self.typeNames.contains(name) ? module + "." + name : name
  }

  func message(_ fullName: String) throws(GeneratorError) -> Message {
    guard let message = self.messages[fullName] else {
      throw GeneratorError("message \(fullName.dropFirst()) is not described in the request")
    }
    return message
  }

  func enumName(_ fullName: String) throws(GeneratorError) -> String {
    guard let name = self.enums[fullName] else {
      throw GeneratorError("enum \(fullName.dropFirst()) is not described in the request")
    }
    return name
  }

  /// Refuses schemas in which two things would have the same Swift name.
  func checkNames(of files: [ProtoFileDescriptorProto]) throws(GeneratorError) {
    var claims = self.messages.values.filter { !$0.isMapEntry }.map {
      (swiftName: $0.swiftName, owner: "message \($0.fullName.dropFirst())")
    }
    claims += self.enums.map { ($0.value, "enum \($0.key.dropFirst())") }
    for file in files {
      let name = file.name ?? ""
      claims.append((Naming.file(name), "file \(name)"))
      let package = file.package ?? ""
      for service in file.service {
        let base = self.serviceBase(service.name ?? "", package: package)
        let owner = "service \(package.isEmpty ? "" : package + ".")\(service.name ?? "")"
        for suffix in ["Service", "Client", "Methods"] { claims.append((base + suffix, owner)) }
      }
    }
    var owners: [String: String] = [:]
    // In order, so that the same schema always gives the same error.
    for claim in claims.sorted(by: { $0.owner < $1.owner }) {
      if let other = owners.updateValue(claim.owner, forKey: claim.swiftName) {
        throw GeneratorError(
          "\(other) and \(claim.owner) would both be called \(claim.swiftName) in Swift; "
            + "set one package apart with the option Prefix=proto.package:SwiftPrefix")
      }
    }
  }

  // MARK: Relations

  /// Whether the message holds, without an array or map between, one of the same type through this field.
  func isRecursive(_ field: ProtoFieldDescriptorProto, in message: Message) -> Bool {
    guard field.type == .message, field.label != .repeated, let target = field.typeName else {
      return false
    }
    return target == message.fullName || self.reachable(from: target).contains(message.fullName)
  }

  private func reachable(from name: String) -> Set<String> {
    if let known = self.reachable[name] { return known }
    var seen: Set<String> = []
    var queue = [name]
    while let next = queue.popLast() {
      for field in self.messages[next]?.proto.field ?? []
      where field.type == .message && field.label != .repeated {
        if let target = field.typeName, seen.insert(target).inserted { queue.append(target) }
      }
    }
    self.reachable[name] = seen
    return seen
  }
}
