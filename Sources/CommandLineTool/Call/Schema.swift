internal import Protobuf
internal import ProtobufJSON

/// What a server says of its services and messages.
struct Schema: Sendable {
  /// Something that has a name.
  enum Declaration {
    case service(ProtoServiceDescriptorProto)
    case method(ProtoMethodDescriptorProto)
    case message(ProtoDescriptorProto)
    case enumeration(ProtoEnumDescriptorProto)
  }

  /// A declaration with what is around it.
  struct Named {
    /// Full name.
    let name: String
    /// The file's path.
    let file: String
    let declaration: Declaration
  }

  /// For JSON.
  let pool: DescriptorPool
  private var named: [String: Named] = [:]

  init(_ files: [ProtoFileDescriptorProto]) {
    self.pool = DescriptorPool(files)
    for file in files {
      let package = file.package ?? ""
      let path = file.name ?? ""
      for message in file.messageType { self.add(message, package, path) }
      for item in file.enumType { self.add(item, package, path) }
      for service in file.service {
        let name = self.add(.service(service), package, service.name, path)
        for method in service.method { self.add(.method(method), name, method.name, path) }
      }
    }
  }

  /// What is called so. A field or an enum's value is found as what it is in.
  subscript(name: String) -> Named? { self.named[name] }

  /// The methods of a service; nil: there is no such service.
  func methods(of service: String) -> [ProtoMethodDescriptorProto]? {
    guard case .service(let proto)? = self.named[service]?.declaration else { return nil }
    return proto.method
  }

  /// A type's full name, from a descriptor, which has a dot in front.
  static func name(_ typeName: String?) -> String { String((typeName ?? "").drop { $0 == "." }) }

  private mutating func add(_ message: ProtoDescriptorProto, _ scope: String, _ file: String) {
    let name = self.add(.message(message), scope, message.name, file)
    for field in message.field { self.add(.message(message), name, field.name, file, as: name) }
    for oneof in message.oneofDecl { self.add(.message(message), name, oneof.name, file, as: name) }
    for nested in message.nestedType { self.add(nested, name, file) }
    for item in message.enumType { self.add(item, name, file) }
  }

  private mutating func add(_ item: ProtoEnumDescriptorProto, _ scope: String, _ file: String) {
    let name = self.add(.enumeration(item), scope, item.name, file)
    for value in item.value { self.add(.enumeration(item), scope, value.name, file, as: name) }
  }

  @discardableResult
  private mutating func add(
    _ declaration: Declaration, _ scope: String, _ name: String?, _ file: String,
    as owner: String? = nil
  ) -> String {
    let fullName = scope.isEmpty ? name ?? "" : scope + "." + (name ?? "")
    // What stands for itself wins over what is found as a part of it.
    if owner == nil || self.named[fullName] == nil {
      self.named[fullName] = Named(
        name: owner ?? fullName, file: file, declaration: declaration)
    }
    return fullName
  }
}
