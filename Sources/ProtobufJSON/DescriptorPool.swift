public import Protobuf

/// Message and enum types that are found by name, made from file descriptors while the program runs.
///
/// What it is good for is JSON: ``json(from:as:options:)`` and ``binary(fromJSON:as:options:)`` convert any message
/// whose file is in the pool, also one that this program has no Swift type for. Making a pool costs some
/// microseconds for each type, so keep it.
///
/// Descriptors may come from a peer (a reflection service): types that are not well-formed are left out or
/// treated as ordinary ones, and a field whose type is not in the pool fails where it is used.
public final class DescriptorPool: Sendable {
  /// Of `MessageSchema` and `FieldSchema`: types refer to each other by their places here.
  let messages: [MessageSchema]
  let enums: [EnumSchema]
  private let messageIndexes: [String: Int]

  /// Creates a pool of the types in those files.
  ///
  /// Files that are imported are not added by themselves.
  public init(_ files: [ProtoFileDescriptorProto]) {
    var collected = Collected()
    for file in files {
      let package = file.package ?? ""
      for message in file.messageType {
        collected.add(message, scope: package, isProto3: file.syntax == "proto3")
      }
      for item in file.enumType { collected.add(item, scope: package) }
    }
    self.messages = collected.messages.map { found in
      MessageSchema(
        found.name, found.proto, isProto3: found.isProto3,
        messageIndexes: collected.messageIndexes, enumIndexes: collected.enumIndexes,
        isMapEntry: { collected.messages[$0].proto.options?.mapEntry ?? false })
    }
    self.enums = collected.enums
    self.messageIndexes = collected.messageIndexes
  }

  /// Creates a pool of the types in files that generated code embeds, and in all that they import.
  ///
  /// - Throws: ``ProtoError`` only where a ``ProtoFile`` was not made by the generator.
  public convenience init(_ files: [ProtoFile]) throws(ProtoError) {
    try self.init(descriptorSet: ProtoFile.descriptorSet(of: files))
  }

  /// Creates a pool of the types in an encoded `google.protobuf.FileDescriptorSet`, as a reflection service or
  /// `protoc --descriptor_set_out --include_imports` gives it.
  ///
  /// - Throws: ``ProtoError`` where the bytes are not one.
  public convenience init(descriptorSet bytes: [UInt8], limits: ProtoLimits = ProtoLimits())
    throws(ProtoError)
  {
    self.init(try ProtoFileDescriptorSet(decoding: bytes, limits: limits).file)
  }

  /// Whether there is a message of that full name, such as `google.protobuf.Timestamp`.
  public func contains(_ type: String) -> Bool { self.messageIndexes[type] != nil }

  /// The message of that full name.
  func message(_ name: String) throws(ProtoJSONError) -> MessageSchema {
    guard let index = self.messageIndexes[name] else {
      throw ProtoJSONError(
        .unknownType, "no message \(ProtoJSONError.quoted(name)) in the pool; add its file")
    }
    return self.messages[index]
  }

  /// The message that a `google.protobuf.Any` names: `type.googleapis.com/google.protobuf.Timestamp`.
  func message(ofURL url: String) throws(ProtoJSONError) -> MessageSchema {
    guard let slash = url.lastIndex(of: "/") else {
      throw ProtoJSONError(
        .unknownType, "the type URL of a google.protobuf.Any has no '/' before the type's name")
    }
    return try self.message(String(url[url.index(after: slash)...]))
  }

  /// The message that a field holds.
  func message(of field: FieldSchema) throws(ProtoJSONError) -> MessageSchema {
    guard let index = field.target else { throw Self.missing(field) }
    return self.messages[index]
  }

  /// The enum that a field holds.
  func enumeration(of field: FieldSchema) throws(ProtoJSONError) -> EnumSchema {
    guard let index = field.target else { throw Self.missing(field) }
    return self.enums[index]
  }

  private static func missing(_ field: FieldSchema) -> ProtoJSONError {
    ProtoJSONError(
      .unknownType, "no type \(ProtoJSONError.quoted(field.typeName)) in the pool; add its file")
  }
}

/// All types of a pool by name, before their fields can refer to each other.
private struct Collected {
  struct Message {
    let name: String
    let proto: ProtoDescriptorProto
    let isProto3: Bool
  }

  var messages: [Message] = []
  var enums: [EnumSchema] = []
  var messageIndexes: [String: Int] = [:]
  var enumIndexes: [String: Int] = [:]

  /// Adds a message and all types inside it; goes as deep as the descriptor, whose decoding was bounded.
  mutating func add(_ proto: ProtoDescriptorProto, scope: String, isProto3: Bool) {
    let name = Self.join(scope, proto.name)
    self.messageIndexes[name] = self.messages.count
    self.messages.append(Message(name: name, proto: proto, isProto3: isProto3))
    for nested in proto.nestedType { self.add(nested, scope: name, isProto3: isProto3) }
    for item in proto.enumType { self.add(item, scope: name) }
  }

  mutating func add(_ proto: ProtoEnumDescriptorProto, scope: String) {
    let name = Self.join(scope, proto.name)
    self.enumIndexes[name] = self.enums.count
    self.enums.append(EnumSchema(name, proto))
  }

  private static func join(_ scope: String, _ name: String?) -> String {
    scope.isEmpty ? name ?? "" : scope + "." + (name ?? "")
  }
}
