internal import Base64
internal import JSON
internal import Protobuf

extension JSONToBinary {
  /// Writes a value of a field.
  ///
  /// - Returns: False where an enum's unknown name is left out.
  mutating func value(
    _ field: FieldSchema, _ value: JSONValue, _ form: Form
  ) throws(ProtoJSONError) -> Bool {
    switch field.type {
    case .int32: self.put(Wire.Int32.self, try Self.int32(value), field, form)
    case .sint32: self.put(Wire.SInt32.self, try Self.int32(value), field, form)
    case .sfixed32: self.put(Wire.SFixed32.self, try Self.int32(value), field, form)
    case .uint32: self.put(Wire.UInt32.self, try Self.uint32(value), field, form)
    case .fixed32: self.put(Wire.Fixed32.self, try Self.uint32(value), field, form)
    case .int64: self.put(Wire.Int64.self, try Self.int64(value), field, form)
    case .sint64: self.put(Wire.SInt64.self, try Self.int64(value), field, form)
    case .sfixed64: self.put(Wire.SFixed64.self, try Self.int64(value), field, form)
    case .uint64: self.put(Wire.UInt64.self, try Self.uint64(value), field, form)
    case .fixed64: self.put(Wire.Fixed64.self, try Self.uint64(value), field, form)
    case .bool:
      guard let flag = value.bool else { throw Self.wrongKind(value, "true or false") }
      self.put(Wire.Bool.self, flag, field, form)
    case .float: try self.float(field, value, form)
    case .double: try self.double(field, value, form)
    case .string: try self.string(field, value, form)
    case .bytes: try self.bytes(field, value, form)
    case .enum: return try self.enumeration(field, value, form)
    case .message:
      let type = try self.pool.message(of: field)
      self.out.varint(UInt64(field.number << 3 | 2))
      let start = self.out.begin()
      try self.message(type, value)
      self.out.finish(start)
    case .group, .unrecognized:
      throw ProtoJSONError(.unknownType, "groups have no JSON form", at: value.offset)
    }
    return true
  }

  /// Writes the key of a map's entry.
  mutating func mapKey(_ field: FieldSchema, _ key: JSONValue) throws(ProtoJSONError) {
    guard field.type == .bool else {
      _ = try self.value(field, key, .explicit)
      return
    }
    guard let flag = key.utf8Equals("true") ? true : key.utf8Equals("false") ? false : nil else {
      throw ProtoJSONError(.invalidText, "expected the key \"true\" or \"false\"", at: key.offset)
    }
    self.put(Wire.Bool.self, flag, field, .explicit)
  }

  private mutating func put<W: WireType>(
    _ wire: W.Type, _ value: W.Value, _ field: FieldSchema, _ form: Form
  ) {
    if form != .implicit || value != W.zero { self.putAlways(wire, value, field, form) }
  }

  private mutating func putAlways<W: WireType>(
    _ wire: W.Type, _ value: W.Value, _ field: FieldSchema, _ form: Form
  ) {
    if form != .packed { self.out.varint(UInt64(field.number << 3 | W.wireType)) }
    W.write(value, &self.out)
  }

  // MARK: Texts

  private mutating func string(
    _ field: FieldSchema, _ value: JSONValue, _ form: Form
  ) throws(ProtoJSONError) {
    let isString: Void? = value.withUTF8 { self.delimited($0, field, form) }
    if isString == nil { throw Self.wrongKind(value, "a string") }
  }

  private mutating func bytes(
    _ field: FieldSchema, _ value: JSONValue, _ form: Form
  ) throws(ProtoJSONError) {
    guard let bytes = value.withUTF8({ Base64.decode($0) }) else {
      throw Self.wrongKind(value, "a string of base64")
    }
    guard let bytes else {
      throw ProtoJSONError(.invalidText, "expected base64", at: value.offset)
    }
    bytes.withUnsafeBufferPointer { self.delimited($0, field, form) }
  }

  private mutating func delimited(
    _ bytes: UnsafeBufferPointer<UInt8>, _ field: FieldSchema, _ form: Form
  ) {
    if form == .implicit, bytes.isEmpty { return }
    self.out.varint(UInt64(field.number << 3 | 2))
    self.out.varint(UInt64(bytes.count))
    self.out.append(UnsafeRawBufferPointer(bytes))
  }

  private mutating func enumeration(
    _ field: FieldSchema, _ value: JSONValue, _ form: Form
  ) throws(ProtoJSONError) -> Bool {
    let type = try self.pool.enumeration(of: field)
    let number: Int32
    switch value.kind {
    case .null where type.isNull: number = 0
    case .number: number = try Self.int32(value)
    case .string:
      guard let named = type.number(named: value) else {
        if self.options.ignoresUnknownNames { return false }
        throw ProtoJSONError(
          .unknownName, "\(type.name) has no value of that name, but \(type.list)",
          at: value.offset)
      }
      number = named
    default: throw Self.wrongKind(value, "the name or number of an enum's value")
    }
    self.put(Wire.Int32.self, number, field, form)
    return true
  }

  // MARK: Numbers

  private mutating func float(
    _ field: FieldSchema, _ value: JSONValue, _ form: Form
  ) throws(ProtoJSONError) {
    let double = try Self.double(value)
    var float = Float(double)
    if double.isFinite, Self.isRoundedTwice(double) {
      // Only the digits themselves tell to which side it lies.
      float = value.withText { Float(String(decoding: $0, as: UTF8.self)) } ?? float
    }
    guard double.isFinite == float.isFinite else {
      throw ProtoJSONError(.outOfRange, "the number is too large for a float", at: value.offset)
    }
    // Minus zero is not the default.
    if form != .implicit || float.bitPattern != 0 {
      self.putAlways(Wire.Float.self, float, field, form)
    }
  }

  private mutating func double(
    _ field: FieldSchema, _ value: JSONValue, _ form: Form
  ) throws(ProtoJSONError) {
    let double = try Self.double(value)
    if form != .implicit || double.bitPattern != 0 {
      self.putAlways(Wire.Double.self, double, field, form)
    }
  }

  /// Whether a double is just between two floats, or would be one with fewer bits than others have.
  private static func isRoundedTwice(_ value: Double) -> Bool {
    value.bitPattern & 0x1fff_ffff == 0x1000_0000
      || value.magnitude < Double(Float.leastNormalMagnitude) && value != 0
  }

  private static func double(_ value: JSONValue) throws(ProtoJSONError) -> Double {
    switch value.kind {
    case .number: break
    case .string:
      if value.utf8Equals("NaN") { return .nan }
      if value.utf8Equals("Infinity") { return .infinity }
      if value.utf8Equals("-Infinity") { return -.infinity }
    default: throw Self.wrongKind(value, "a number, or a string with one")
    }
    try Self.checkNumber(value)
    guard let double = value.withText({ JSONNumber.double($0) }) else {
      throw ProtoJSONError(.outOfRange, "the number is too large for a double", at: value.offset)
    }
    return double
  }

  private static func int32(_ value: JSONValue) throws(ProtoJSONError) -> Int32 {
    guard let number = Int32(exactly: try Self.int64(value)) else {
      throw ProtoJSONError(.outOfRange, "the number does not fit into 32 bits", at: value.offset)
    }
    return number
  }

  private static func uint32(_ value: JSONValue) throws(ProtoJSONError) -> UInt32 {
    guard let number = UInt32(exactly: try Self.uint64(value)) else {
      throw ProtoJSONError(
        .outOfRange, "the number does not fit into 32 bits without a sign", at: value.offset)
    }
    return number
  }

  private static func int64(_ value: JSONValue) throws(ProtoJSONError) -> Int64 {
    let (isNegative, magnitude) = try Self.integer(value)
    guard magnitude <= (isNegative ? Int64.min.magnitude : Int64.max.magnitude) else {
      throw ProtoJSONError(.outOfRange, "the number does not fit into 64 bits", at: value.offset)
    }
    return Int64(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude)
  }

  private static func uint64(_ value: JSONValue) throws(ProtoJSONError) -> UInt64 {
    let (isNegative, magnitude) = try Self.integer(value)
    guard !isNegative || magnitude == 0 else {
      throw ProtoJSONError(.outOfRange, "the number must not be negative", at: value.offset)
    }
    return magnitude
  }

  /// An integer, also as `1e5` or `1.0`, but never a rounded one; as a number or a string.
  private static func integer(
    _ value: JSONValue
  ) throws(ProtoJSONError) -> (isNegative: Bool, magnitude: UInt64) {
    guard value.kind == .number || value.kind == .string else {
      throw Self.wrongKind(value, "an integer, or a string with one")
    }
    try Self.checkNumber(value)
    guard let integer = value.withText({ JSONNumber.integer($0) }) else {
      throw ProtoJSONError(
        .outOfRange, "the number is no integer of at most 64 bits", at: value.offset)
    }
    return integer
  }

  /// Checks that a string has a number as JSON writes it; numbers have been checked with the whole text.
  private static func checkNumber(_ value: JSONValue) throws(ProtoJSONError) {
    if value.kind == .string, !value.withText({ JSONNumber.isValid($0) }) {
      throw ProtoJSONError(.invalidText, "expected a number in the string", at: value.offset)
    }
  }
}

extension JSONValue {
  /// Calls `body` with a string's inside or the whole text of any other kind.
  fileprivate func withText<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    self.withUTF8(body) ?? self.withEncoded(body)
  }
}
