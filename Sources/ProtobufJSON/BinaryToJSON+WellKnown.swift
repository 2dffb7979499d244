internal import JSON
internal import Protobuf

extension BinaryToJSON {
  /// Writes a message whose JSON form is its own.
  mutating func wellKnown(
    _ kind: WellKnownType, _ type: MessageSchema, _ bytes: Bytes
  ) throws(ProtoJSONError) {
    let range = try self.scan(type, bytes)
    let first = self.last(0, range)
    let second = self.last(1, range)
    switch kind {
    case .timestamp, .duration:
      let seconds = Int64(bitPattern: first.bits)
      let nanoseconds = Int32(truncatingIfNeeded: second.bits)
      let text =
        kind == .timestamp
        ? TimestampText.format(seconds, nanoseconds) : DurationText.format(seconds, nanoseconds)
      guard let text else { throw ProtoJSONError(.outOfRange, "\(type.name) is out of range") }
      self.out.string(text)
    case .fieldMask: try self.fieldMask(range)
    case .structure: try self.map(type.fields[0], range)
    case .list: try self.array(type.fields[0], range)
    case .value: try self.anyValue(type, range)
    case .any: try self.any(first.bytes, second.bytes)
    case .wrapper: try self.value(type.fields[0], first)
    case .empty: self.out.object { _ in }
    }
    self.entries.removeSubrange(range)
  }

  /// The last value of a field; its default if there is none.
  private func last(_ field: Int, _ range: Range<Int>) -> WireScanner.Value {
    self.entries[range].last { $0.field == field }?.value ?? WireScanner.Value()
  }

  private mutating func fieldMask(_ range: Range<Int>) throws(ProtoJSONError) {
    var paths: [String] = []
    for i in range {
      let path = String(decoding: try Self.checked(self.entries[i].value.bytes), as: UTF8.self)
      guard let text = FieldMaskText.format(path) else {
        throw ProtoJSONError(
          .notRepresentable, "a path of the field mask would not read back as the same")
      }
      paths.append(text)
    }
    self.out.string(paths.joined(separator: ","))
  }

  private mutating func anyValue(
    _ type: MessageSchema, _ range: Range<Int>
  ) throws(ProtoJSONError) {
    guard !range.isEmpty else {
      throw ProtoJSONError(.notRepresentable, "google.protobuf.Value of no kind")
    }
    // One oneof has all fields, so that what is left is one field.
    let field = type.fields[self.entries[range.lowerBound].field]
    if field.type == .double {
      let number = Double(bitPattern: self.entries[range.upperBound - 1].value.bits)
      guard number.isFinite else {
        throw ProtoJSONError(.notRepresentable, "google.protobuf.Value cannot be \(number)")
      }
    }
    try self.singular(field, range)
  }

  private mutating func any(_ url: Bytes, _ bytes: Bytes) throws(ProtoJSONError) {
    if url.isEmpty, bytes.isEmpty { return self.out.object { _ in } }
    let url = String(decoding: try Self.checked(url), as: UTF8.self)
    let type = try self.pool.message(ofURL: url)
    self.out.beginObject()
    self.out.member("@type", url)
    if type.wellKnown != nil {
      self.out.key("value")
      try self.message(type, bytes)
    } else {
      try self.enter()
      try self.members(type, bytes)
      self.leave()
    }
    self.out.endObject()
  }
}
