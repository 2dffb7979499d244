internal import Base64
internal import JSON
internal import Protobuf

extension FieldSchema {
  /// Whether a value is what the field has where it is not there.
  func isDefault(_ value: WireScanner.Value) -> Bool {
    switch self.type {
    case .string, .bytes: value.bytes.isEmpty
    // These take the low half of what comes.
    case .int32, .uint32, .sint32, .enum: UInt32(truncatingIfNeeded: value.bits) == 0
    default: value.bits == 0
    }
  }
}

extension BinaryToJSON {
  /// Writes a value of a field.
  mutating func value(
    _ field: FieldSchema, _ value: WireScanner.Value
  ) throws(ProtoJSONError) {
    try self.checkSize()
    let bits = value.bits
    switch field.type {
    case .int32, .sfixed32: self.out.integer(Int32(truncatingIfNeeded: bits))
    case .uint32, .fixed32: self.out.integer(UInt32(truncatingIfNeeded: bits))
    case .sint32: self.out.integer(Self.zigzag32(bits))
    // As strings: 64 bits do not go through JavaScript's numbers.
    case .int64, .sfixed64: self.out.quotedInteger(Int64(bitPattern: bits))
    case .uint64, .fixed64: self.out.quotedInteger(bits)
    case .sint64: self.out.quotedInteger(Self.zigzag64(bits))
    case .bool: self.out.bool(bits != 0)
    case .float: self.floatingPoint(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .double: self.floatingPoint(Double(bitPattern: bits))
    case .string: self.out.string(validUTF8: try Self.checked(value.bytes))
    case .bytes: self.out.string(Base64.encode(value.bytes))
    case .enum: try self.enumeration(field, Int32(truncatingIfNeeded: bits))
    case .message: try self.message(self.pool.message(of: field), value.bytes)
    case .group, .unrecognized:
      throw ProtoJSONError(.notRepresentable, "groups have no JSON form")
    }
  }

  /// Writes a map's key, which is a string whatever its type.
  mutating func mapKey(_ field: FieldSchema, _ value: WireScanner.Value) throws(ProtoJSONError) {
    let bits = value.bits
    switch field.type {
    case .string: self.out.key(validUTF8: try Self.checked(value.bytes))
    case .int32, .sfixed32: self.out.key(String(Int32(truncatingIfNeeded: bits)))
    case .uint32, .fixed32: self.out.key(String(UInt32(truncatingIfNeeded: bits)))
    case .sint32: self.out.key(String(Self.zigzag32(bits)))
    case .int64, .sfixed64: self.out.key(String(Int64(bitPattern: bits)))
    case .uint64, .fixed64: self.out.key(String(bits))
    case .sint64: self.out.key(String(Self.zigzag64(bits)))
    case .bool: self.out.key(bits != 0 ? "true" : "false")
    default: throw ProtoJSONError(.unknownType, "a map cannot have keys of this type")
    }
  }

  private mutating func enumeration(
    _ field: FieldSchema, _ number: Int32
  ) throws(ProtoJSONError) {
    let type = try self.pool.enumeration(of: field)
    if type.isNull {
      self.out.null()
    } else if let name = type.name(of: number) {
      self.out.string(name)
    } else {
      self.out.integer(number)
    }
  }

  private mutating func floatingPoint<F>(_ value: F)
  where F: BinaryFloatingPoint & LosslessStringConvertible {
    if value.isNaN {
      self.out.string("NaN")
    } else if value.isInfinite {
      self.out.string(value < 0 ? "-Infinity" : "Infinity")
    } else {
      // Swift's shortest form that reads back the same, whose exponents are JSON's too.
      self.out.encoded(value.description.utf8)
    }
  }

  static func checked(_ bytes: Bytes) throws(ProtoJSONError) -> Bytes {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw ProtoJSONError(ProtoError.invalidUTF8)
    }
    return bytes
  }

  private static func zigzag32(_ bits: UInt64) -> Int32 {
    let raw = UInt32(truncatingIfNeeded: bits)
    return Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1)
  }

  private static func zigzag64(_ bits: UInt64) -> Int64 {
    Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
  }
}
