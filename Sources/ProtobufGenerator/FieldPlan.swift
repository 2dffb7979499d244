internal import Protobuf

/// How one field is declared, read and written.
struct FieldPlan {
  enum Shape {
    /// A scalar without presence.
    case singular
    /// A scalar with presence.
    case optional
    case message
    /// A message that may contain its own type, kept on the heap.
    case boxed
    case repeated
    case packed
    case messages
    /// With the wire types of key and value.
    case map(key: String, value: String)
    /// With its place among the message's oneofs.
    case oneof(Int)
  }

  /// The scalar's, enum's or message's own type.
  struct Scalar {
    let type: String
    let wire: String
    let wireType: UInt32
    let zero: String
  }

  let proto: ProtoFieldDescriptorProto
  /// Where its comments are in the file's source information.
  let path: [Int32]
  /// Name of the property or case.
  let name: String
  /// The property's whole type, but for a oneof's case: without `?`.
  let type: String
  let scalar: Scalar
  let shape: Shape

  var number: UInt32 { UInt32(truncatingIfNeeded: self.proto.number ?? 0) }
  var isMessage: Bool { self.proto.type == .message }

  func tag(_ wireType: UInt32) -> UInt32 { self.number << 3 | wireType }

  var tag: UInt32 {
    switch self.shape {
    case .packed, .map: self.tag(2)
    default: self.tag(self.scalar.wireType)
    }
  }

  /// The test for a value other than the default, as proto3 leaves those out.
  func isSet(_ value: String) -> String {
    switch self.proto.type ?? .int32 {
    case .string, .bytes: "!\(value).isEmpty"
    case .bool: value
    // Minus zero is not the default.
    case .float, .double: "\(value).bitPattern != 0"
    case .enum: "\(value).rawValue != 0"
    default: "\(value) != 0"
    }
  }
}

/// How one message is declared, read and written.
struct MessagePlan {
  struct Oneof {
    /// Name of the property.
    let name: String
    /// Name of the nested enum.
    let type: String
    let path: [Int32]
    var fields: [FieldPlan] = []
    var isRecursive = false
  }

  let message: Schema.Message
  private(set) var fields: [FieldPlan] = []
  /// By their places in the descriptor; those that proto3's `optional` makes have no fields.
  private(set) var oneofs: [Oneof] = []

  init(_ message: Schema.Message, _ schema: Schema) throws(GeneratorError) {
    self.message = message
    var used: Set<String> = []
    /// A name that no other member of the message has.
    func unique(_ name: String) -> String {
      var name = name
      while !used.insert(name).inserted { name += "_" }
      return name
    }
    let nested = Set(
      message.proto.nestedType.map { $0.name ?? "" } + message.proto.enumType.map { $0.name ?? "" })
    for (i, oneof) in message.proto.oneofDecl.enumerated() {
      let isReal = message.proto.field.contains { field in
        field.oneofIndex == Int32(i) && field.proto3Optional != true
      }
      let name = isReal ? unique(Naming.member(oneof.name ?? "")) : ""
      var type = Naming.capitalized(name) + "Oneof"
      while nested.contains(type) || schema.isOutermost(type) { type += "_" }
      self.oneofs.append(Oneof(name: name, type: type, path: message.path + [8, Int32(i)]))
    }
    for (i, proto) in message.proto.field.enumerated() {
      // Groups are kept as unknown fields.
      if proto.type == .group { continue }
      let field = try Self.field(
        proto, message.path + [2, Int32(i)], unique(Naming.member(proto.name ?? "")), message,
        schema)
      self.fields.append(field)
      if case .oneof(let index) = field.shape {
        guard self.oneofs.indices.contains(index) else {
          throw GeneratorError("\(message.fullName.dropFirst()) has a field of a oneof it has not")
        }
        self.oneofs[index].fields.append(field)
        if schema.isRecursive(proto, in: message) { self.oneofs[index].isRecursive = true }
      }
    }
  }

  private static func field(
    _ proto: ProtoFieldDescriptorProto, _ path: [Int32], _ name: String, _ message: Schema.Message,
    _ schema: Schema
  ) throws(GeneratorError) -> FieldPlan {
    let scalar = try FieldPlan.Scalar(proto, schema)
    var type = scalar.type
    let shape: FieldPlan.Shape
    if proto.label == .repeated, proto.type == .message {
      let target = try schema.message(proto.typeName ?? "")
      if target.isMapEntry {
        guard target.proto.field.count == 2 else {
          throw GeneratorError("map \(target.fullName.dropFirst()) is not of a key and a value")
        }
        let key = try FieldPlan.Scalar(target.proto.field[0], schema)
        let value = try FieldPlan.Scalar(target.proto.field[1], schema)
        type = "[\(key.type): \(value.type)]"
        shape = .map(key: key.wire, value: value.wire)
      } else {
        type = "[\(type)]"
        shape = .messages
      }
    } else if proto.label == .repeated {
      type = "[\(type)]"
      let isPacked = scalar.wireType != 2 && proto.options?.packed ?? message.isProto3
      shape = isPacked ? .packed : .repeated
    } else if let oneof = proto.oneofIndex, proto.proto3Optional != true {
      shape = .oneof(Int(oneof))
    } else if proto.type == .message {
      shape = schema.isRecursive(proto, in: message) ? .boxed : .message
    } else {
      shape = proto.proto3Optional == true || !message.isProto3 ? .optional : .singular
    }
    return FieldPlan(proto: proto, path: path, name: name, type: type, scalar: scalar, shape: shape)
  }
}

extension FieldPlan.Scalar {
  init(_ field: ProtoFieldDescriptorProto, _ schema: Schema) throws(GeneratorError) {
    func standard(_ type: String) -> String { schema.name(type, of: "Swift") }
    let wire = schema.name("Wire", of: "Protobuf")
    func number(_ type: String, _ name: String, _ wireType: UInt32) -> Self {
      Self(type: standard(type), wire: "\(wire).\(name)", wireType: wireType, zero: "0")
    }
    switch field.type ?? .int32 {
    case .double: self = number("Double", "Double", 1)
    case .float: self = number("Float", "Float", 5)
    case .int64: self = number("Int64", "Int64", 0)
    case .uint64: self = number("UInt64", "UInt64", 0)
    case .int32: self = number("Int32", "Int32", 0)
    case .uint32: self = number("UInt32", "UInt32", 0)
    case .sint32: self = number("Int32", "SInt32", 0)
    case .sint64: self = number("Int64", "SInt64", 0)
    case .fixed32: self = number("UInt32", "Fixed32", 5)
    case .fixed64: self = number("UInt64", "Fixed64", 1)
    case .sfixed32: self = number("Int32", "SFixed32", 5)
    case .sfixed64: self = number("Int64", "SFixed64", 1)
    case .bool:
      self = Self(type: standard("Bool"), wire: "\(wire).Bool", wireType: 0, zero: "false")
    case .string:
      self = Self(type: standard("String"), wire: "\(wire).String", wireType: 2, zero: "\"\"")
    case .bytes:
      self = Self(type: "[\(standard("UInt8"))]", wire: "\(wire).Bytes", wireType: 2, zero: "[]")
    case .enum:
      let name = try schema.enumName(field.typeName ?? "")
      self = Self(type: name, wire: "\(wire).Enum<\(name)>", wireType: 0, zero: "\(name)()")
    case .message:
      let name = try schema.message(field.typeName ?? "").swiftName
      self = Self(type: name, wire: "\(wire).Message<\(name)>", wireType: 2, zero: "\(name)()")
    case .group, .unrecognized:
      throw GeneratorError("field \(field.name ?? "") has a type that this plugin does not know")
    }
  }
}
