internal import Protobuf

/// The messages whose JSON form is not an object of their fields.
enum WellKnownType {
  case timestamp, duration, fieldMask, structure, value, list, any, wrapper
  /// An object without members, but inside of an Any it is a value like the others.
  case empty

  /// Nil for all other messages, and for one that has such a name but not the fields.
  init?(_ name: String, _ fields: [FieldSchema]) {
    let prefix = "google.protobuf."
    guard name.hasPrefix(prefix) else { return nil }
    let known: Self? =
      switch name.dropFirst(prefix.count) {
      case "Timestamp": .timestamp
      case "Duration": .duration
      case "FieldMask": .fieldMask
      case "Struct": .structure
      case "Value": .value
      case "ListValue": .list
      case "Any": .any
      case "Empty": .empty
      case "BoolValue", "Int32Value", "Int64Value", "UInt32Value", "UInt64Value", "FloatValue",
        "DoubleValue", "StringValue", "BytesValue":
        .wrapper
      default: nil
      }
    guard let known, known.fits(fields) else { return nil }
    self = known
  }

  /// Whether those are the fields that the conversions rely on.
  private func fits(_ fields: [FieldSchema]) -> Bool {
    let types = fields.map(\.type)
    let shapes = fields.map(\.shape)
    let isNumbered = fields.enumerated().allSatisfy { $1.number == UInt32($0) + 1 }
    let isSingular = shapes.allSatisfy { $0 == .singular }
    let fits =
      switch self {
      case .timestamp, .duration: types == [.int64, .int32] && isSingular
      case .fieldMask: types == [.string] && shapes == [.repeated]
      case .structure: types == [.message] && shapes == [.map]
      case .value:
        types == [.enum, .double, .string, .bool, .message, .message] && isSingular
          && fields.allSatisfy { $0.oneof == 0 }
      case .list: types == [.message] && shapes == [.repeated]
      case .any: types == [.string, .bytes] && isSingular
      case .wrapper: types.count == 1 && types != [.message] && isSingular
      case .empty: types.isEmpty
      }
    return isNumbered && fits
  }
}
