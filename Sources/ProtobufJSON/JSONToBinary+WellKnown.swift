internal import JSON
internal import Protobuf

extension JSONToBinary {
  /// Writes the fields of a message whose JSON form is its own.
  mutating func wellKnown(
    _ kind: WellKnownType, _ type: MessageSchema, _ value: JSONValue
  ) throws(ProtoJSONError) {
    switch kind {
    case .timestamp:
      try self.time(
        value, "a time from year 1 to 9999, such as \"2026-01-02T03:04:05.5Z\"", TimestampText.parse
      )
    case .duration:
      try self.time(
        value, "seconds of at most 10,000 years, such as \"-1.5s\"", DurationText.parse)
    case .fieldMask: try self.fieldMask(value)
    case .structure: try self.map(type.fields[0], value)
    case .list:
      guard value.kind == .array else { throw Self.wrongKind(value, "an array") }
      try self.field(type.fields[0], value)
    case .value: try self.anyValue(type, value)
    case .any: try self.any(value)
    case .wrapper: _ = try self.value(type.fields[0], value, .implicit)
    case .empty: try self.fields(type, value, isInAny: false)
    }
  }

  private mutating func time(
    _ value: JSONValue, _ expected: String,
    _ parse: (UnsafeBufferPointer<UInt8>) -> (seconds: Int64, nanoseconds: Int32)?
  ) throws(ProtoJSONError) {
    guard let time = value.withUTF8({ parse($0) }) else {
      throw Self.wrongKind(value, "a string")
    }
    guard let (seconds, nanoseconds) = time else {
      throw ProtoJSONError(.invalidText, "expected \(expected)", at: value.offset)
    }
    if seconds != 0 { self.out.write(Wire.Int64.self, 8, seconds) }
    if nanoseconds != 0 { self.out.write(Wire.Int32.self, 16, nanoseconds) }
  }

  private mutating func fieldMask(_ value: JSONValue) throws(ProtoJSONError) {
    guard let text = value.string else { throw Self.wrongKind(value, "a string") }
    for part in text.utf8.split(separator: UInt8(ascii: ",")) {
      guard let path = FieldMaskText.parse(part) else {
        throw ProtoJSONError(
          .invalidText, "expected paths of letters, digits and points with commas between",
          at: value.offset)
      }
      self.out.write(Wire.String.self, 10, path)
    }
  }

  private mutating func anyValue(
    _ type: MessageSchema, _ value: JSONValue
  ) throws(ProtoJSONError) {
    let index =
      switch value.kind {
      case .null: 0
      case .number: 1
      case .string: 2
      case .bool: 3
      case .object: 4
      case .array: 5
      }
    let field = type.fields[index]
    _ = try self.value(field, value, .explicit)
  }

  private mutating func any(_ value: JSONValue) throws(ProtoJSONError) {
    guard value.kind == .object else { throw Self.wrongKind(value, "an object") }
    if value.count == 0 { return }
    var url: JSONValue?
    for member in value.members where member.key.utf8Equals("@type") {
      guard url == nil else {
        throw ProtoJSONError(.duplicate, "@type is there twice", at: member.key.offset)
      }
      url = member.value
    }
    guard let url else {
      throw ProtoJSONError(
        .unknownType, "a google.protobuf.Any needs \"@type\"", at: value.offset)
    }
    guard let name = url.string else { throw Self.wrongKind(url, "a string") }
    let type: MessageSchema
    do throws(ProtoJSONError) {
      type = try self.pool.message(ofURL: name)
    } catch {
      throw error.at(url)
    }
    self.out.write(Wire.String.self, 10, name)
    self.out.varint(18)
    let start = self.out.begin()
    if type.wellKnown != nil {
      try self.wellKnownInAny(type, value)
    } else {
      try self.enter(value)
      try self.fields(type, value, isInAny: true)
      self.leave()
    }
    self.out.finish(start)
  }

  private mutating func wellKnownInAny(
    _ type: MessageSchema, _ object: JSONValue
  ) throws(ProtoJSONError) {
    var inner: JSONValue?
    for member in object.members where !member.key.utf8Equals("@type") {
      if member.key.utf8Equals("value") {
        guard inner == nil else {
          throw ProtoJSONError(.duplicate, "the value is there twice", at: member.key.offset)
        }
        inner = member.value
      } else if !self.options.ignoresUnknownNames {
        throw ProtoJSONError(
          .unknownName,
          "a google.protobuf.Any of \(type.name) has no \(ProtoJSONError.quoted(member.name))",
          at: member.key.offset)
      }
    }
    if let inner {
      do throws(ProtoJSONError) {
        try self.message(type, inner)
      } catch {
        throw error.within("value")
      }
    } else if type.wellKnown != .empty {
      throw ProtoJSONError(
        .unknownType, "a google.protobuf.Any of \(type.name) needs \"value\"", at: object.offset)
    }
  }
}
