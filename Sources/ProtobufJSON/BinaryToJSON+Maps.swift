internal import JSON
internal import Protobuf

extension BinaryToJSON {
  /// What makes two entries of a map the same.
  private enum Key: Hashable {
    case number(UInt64)
    case bytes([UInt8])
  }

  /// Writes a map. Of entries with the same key the last counts, in its own place.
  mutating func map(_ field: FieldSchema, _ range: Range<Int>) throws(ProtoJSONError) {
    let type = try self.pool.message(of: field)
    guard type.isEntry else {
      throw ProtoJSONError(.unknownType, "\(type.name) is not the entry of a map")
    }
    let last = range.count > 1 ? try self.lastEntries(type, range) : nil
    self.out.beginObject()
    for (place, i) in range.enumerated() where last?.contains(i) ?? true {
      do throws(ProtoJSONError) {
        try self.entry(type, self.entries[i].value.bytes)
      } catch {
        throw error.within(place)
      }
    }
    self.out.endObject()
  }

  private mutating func lastEntries(
    _ type: MessageSchema, _ range: Range<Int>
  ) throws(ProtoJSONError) -> Set<Int> {
    var last: [Key: Int] = [:]
    for i in range {
      let parts = try self.scan(type, self.entries[i].value.bytes)
      let value = self.entry(parts, 0).last?.value ?? WireScanner.Value()
      let field = type.fields[0]
      let key: Key =
        switch field.type {
        case .string: .bytes(Array(value.bytes))
        case .int32, .uint32, .sint32: .number(UInt64(UInt32(truncatingIfNeeded: value.bits)))
        case .bool: .number(value.bits == 0 ? 0 : 1)
        default: .number(value.bits)
        }
      last[key] = i
      self.entries.removeSubrange(parts)
    }
    return Set(last.values)
  }

  private mutating func entry(_ type: MessageSchema, _ bytes: Bytes) throws(ProtoJSONError) {
    try self.enter()
    let parts = try self.scan(type, bytes)
    let key = self.entry(parts, 0).last?.value ?? WireScanner.Value()
    try self.mapKey(type.fields[0], key)
    let values = self.entry(parts, 1)
    if values.isEmpty {
      try self.value(type.fields[1], WireScanner.Value())
    } else {
      try self.singular(type.fields[1], values.indices)
    }
    self.entries.removeSubrange(parts)
    self.leave()
  }

  /// The values of an entry's field.
  private func entry(_ parts: Range<Int>, _ field: Int) -> ArraySlice<Entry> {
    let all = self.entries[parts]
    let split = all.firstIndex { $0.field == 1 } ?? all.endIndex
    return field == 0 ? all[..<split] : all[split...]
  }
}
