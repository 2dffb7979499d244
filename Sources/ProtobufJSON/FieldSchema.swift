internal import JSON
internal import Protobuf

/// What JSON mapping knows of one field.
///
/// A class: it is looked at for every value, and a struct of its size would be copied each time.
final class FieldSchema: Sendable {
  enum Shape {
    case singular
    case repeated
    case map
  }

  let number: UInt32
  /// As in the .proto file.
  let name: String
  let jsonName: String
  /// The two names as members begin: in quotes, without the colon.
  let quotedName: [UInt8]
  let quotedJSONName: [UInt8]
  let type: ProtoFieldDescriptorProto.Type_
  let shape: Shape
  /// Whether many values are written as one field.
  let isPacked: Bool
  /// Whether an explicit default differs from nothing.
  let hasPresence: Bool
  /// The oneof's place in the message, if it is in one.
  let oneof: Int?
  /// Full name of the message or enum.
  let typeName: String
  /// The message's or enum's place in the pool.
  let target: Int?
  /// Whether `null` is a value of the field, and not its absence.
  let takesNull: Bool

  /// Nil for what has no JSON form (groups) or is no field.
  init?(
    _ proto: ProtoFieldDescriptorProto, isProto3: Bool, messageIndexes: [String: Int],
    enumIndexes: [String: Int], isMapEntry: (Int) -> Bool
  ) {
    guard let number = proto.number, number >= 1, number < 1 << 29 else { return nil }
    self.number = UInt32(number)
    self.name = proto.name ?? ""
    self.jsonName = proto.jsonName ?? Self.camelCase(self.name)
    self.quotedName = Self.quoted(self.name)
    self.quotedJSONName = Self.quoted(self.jsonName)
    self.typeName = String((proto.typeName ?? "").drop { $0 == "." })
    self.type = proto.type ?? .int32
    let isPackable: Bool
    switch self.type {
    case .group, .unrecognized: return nil
    case .message:
      self.target = messageIndexes[self.typeName]
      isPackable = false
    case .enum:
      self.target = enumIndexes[self.typeName]
      isPackable = true
    case .string, .bytes:
      self.target = nil
      isPackable = false
    default:
      self.target = nil
      isPackable = true
    }
    if proto.label == .repeated {
      let isMap = self.type == .message && self.target.map(isMapEntry) == true
      self.shape = isMap ? .map : .repeated
    } else {
      self.shape = .singular
    }
    self.isPacked = self.shape == .repeated && isPackable && (proto.options?.packed ?? isProto3)
    self.hasPresence =
      self.shape == .singular && (self.type == .message || proto.oneofIndex != nil || !isProto3)
    self.oneof =
      proto.proto3Optional == true ? nil : proto.oneofIndex.flatMap { $0 >= 0 ? Int($0) : nil }
    self.takesNull =
      self.typeName == "google.protobuf.Value" || self.typeName == "google.protobuf.NullValue"
  }

  var wireType: UInt32 {
    switch self.type {
    case .double, .fixed64, .sfixed64: 1
    case .float, .fixed32, .sfixed32: 5
    case .string, .bytes, .message: 2
    default: 0
    }
  }

  /// What protoc does where a descriptor has no JSON name.
  private static func camelCase(_ name: String) -> String {
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    return words.dropFirst().reduce(String(words.first ?? "")) {
      $0 + $1.prefix(1).uppercased() + $1.dropFirst()
    }
  }

  /// A name that protoc has checked has nothing to escape; one from elsewhere may.
  private static func quoted(_ name: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.string(name)
    return writer.bytes
  }
}
