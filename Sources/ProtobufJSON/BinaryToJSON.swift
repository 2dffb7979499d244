internal import JSON
internal import Protobuf

/// Writes the JSON form of one encoded message. Its parts are in extensions by topic.
///
/// Each message is scanned once, into `entries`, because its fields may come in any order and more than once; what
/// is inside of its messages is passed over and scanned when it is their turn.
struct BinaryToJSON: ~Copyable {
  typealias Bytes = UnsafeBufferPointer<UInt8>

  /// A field's value, or all that one packed field holds.
  struct Entry {
    /// The field's place in its message.
    let field: Int
    /// What came before in the same message.
    let order: Int
    let isPacked: Bool
    let value: WireScanner.Value
  }

  let pool: DescriptorPool
  let options: ProtoJSONOptions
  var out: JSONWriter
  /// The entries of the messages that are being written, innermost last.
  var entries: [Entry] = []
  private var depthLeft: Int
  private var messagesLeft: Int
  private var valuesLeft: Int

  init(_ pool: DescriptorPool, _ options: ProtoJSONOptions, reservingCapacity capacity: Int) {
    self.pool = pool
    self.options = options
    self.out = JSONWriter(format: options.format, reservingCapacity: capacity)
    self.depthLeft = options.limits.maxDepth
    self.messagesLeft = options.limits.maxMessages
    self.valuesLeft = options.maxValues
  }

  /// Writes a message with its braces, or in the form that its type has instead.
  mutating func message(_ type: MessageSchema, _ bytes: Bytes) throws(ProtoJSONError) {
    try self.enter()
    if let wellKnown = type.wellKnown {
      try self.wellKnown(wellKnown, type, bytes)
    } else {
      self.out.beginObject()
      try self.members(type, bytes)
      self.out.endObject()
    }
    self.leave()
  }

  /// Writes the fields of a message as members.
  mutating func members(_ type: MessageSchema, _ bytes: Bytes) throws(ProtoJSONError) {
    let range = try self.scan(type, bytes)
    var start = range.lowerBound
    var written = 0
    while start < range.upperBound {
      let index = self.entries[start].field
      var end = start + 1
      while end < range.upperBound, self.entries[end].field == index { end += 1 }
      if self.options.includesDefaults { try self.defaults(type, written..<index) }
      written = index + 1
      let field = type.fields[index]
      do throws(ProtoJSONError) {
        try self.member(field, start..<end)
      } catch {
        throw error.within(field.jsonName)
      }
      start = end
    }
    if self.options.includesDefaults { try self.defaults(type, written..<type.fields.count) }
    self.entries.removeSubrange(range)
  }

  /// Writes a field whose values are those entries.
  private mutating func member(
    _ field: FieldSchema, _ range: Range<Int>
  ) throws(ProtoJSONError) {
    switch field.shape {
    case .repeated:
      self.key(field)
      try self.array(field, range)
    case .map:
      self.key(field)
      try self.map(field, range)
    case .singular:
      let last = self.entries[range.upperBound - 1].value
      guard field.hasPresence || self.options.includesDefaults || !field.isDefault(last) else {
        return
      }
      self.key(field)
      try self.singular(field, range)
    }
  }

  /// Writes a field of one value. The last counts; but a message sent in parts is the parts one after the other.
  mutating func singular(_ field: FieldSchema, _ range: Range<Int>) throws(ProtoJSONError) {
    guard field.type == .message, range.count > 1 else {
      return try self.value(field, self.entries[range.upperBound - 1].value)
    }
    let joined = self.entries[range].flatMap { Array($0.value.bytes) }
    try joined.withUnsafeBufferPointer { (bytes) throws(ProtoJSONError) in
      try self.value(field, WireScanner.Value(bytes: bytes))
    }
  }

  /// Writes the elements of a repeated field.
  mutating func array(_ field: FieldSchema, _ range: Range<Int>) throws(ProtoJSONError) {
    var place = 0
    self.out.beginArray()
    do throws(ProtoJSONError) {
      for i in range {
        let entry = self.entries[i]
        if entry.isPacked {
          try self.packed(field, entry.value.bytes, &place)
        } else {
          try self.value(field, entry.value)
          place += 1
        }
      }
    } catch {
      throw error.within(place)
    }
    self.out.endArray()
  }

  private mutating func packed(
    _ field: FieldSchema, _ bytes: Bytes, _ place: inout Int
  ) throws(ProtoJSONError) {
    var scanner = WireScanner(bytes)
    while !scanner.isAtEnd {
      try self.countValue()
      try self.value(field, scanner.value(field.wireType, depthLeft: 0))
      place += 1
    }
  }

  /// Writes fields that the message does not have.
  private mutating func defaults(
    _ type: MessageSchema, _ indexes: Range<Int>
  ) throws(ProtoJSONError) {
    for field in type.fields[indexes] where !field.hasPresence {
      try self.countValue()
      self.key(field)
      switch field.shape {
      case .singular: try self.value(field, WireScanner.Value())
      case .repeated: self.out.array { _ in }
      case .map: self.out.object { _ in }
      }
    }
  }

  private mutating func key(_ field: FieldSchema) {
    switch self.options.fieldNames {
    case .json: self.out.key(encoded: field.quotedJSONName)
    case .proto: self.out.key(encoded: field.quotedName)
    }
  }

  // MARK: Limits

  /// Goes into a message or entry.
  mutating func enter() throws(ProtoJSONError) {
    guard self.depthLeft > 0 else { throw ProtoJSONError(ProtoError.depthLimit) }
    guard self.messagesLeft > 0 else { throw ProtoJSONError(ProtoError.messageLimit) }
    self.depthLeft -= 1
    self.messagesLeft -= 1
  }

  mutating func leave() { self.depthLeft += 1 }

  private mutating func countValue() throws(ProtoJSONError) {
    guard self.valuesLeft > 0 else {
      throw ProtoJSONError(
        .countLimit, "more than \(self.options.maxValues) values (maxValues)")
    }
    self.valuesLeft -= 1
  }

  func checkSize() throws(ProtoJSONError) {
    guard self.out.bytes.count <= self.options.limits.maxBytes else {
      throw ProtoJSONError(
        .sizeLimit, "the text has more than \(self.options.limits.maxBytes) bytes (maxBytes)")
    }
  }
}

// MARK: Scanning

extension BinaryToJSON {
  /// The member of a oneof that counts so far.
  private struct Choice {
    var field: Int
    /// Its first entry; what members of the oneof came before are void.
    var since: Int
  }

  /// Adds the fields of a message to `entries`: in the order of the schema, without those that a later member of
  /// their oneof has replaced.
  ///
  /// - Returns: Where they are; the caller removes them.
  mutating func scan(_ type: MessageSchema, _ bytes: Bytes) throws(ProtoJSONError) -> Range<Int> {
    let start = self.entries.count
    var scanner = WireScanner(bytes)
    var isSorted = true
    var last = 0
    var choices: [Int: Choice] = [:]
    var isReplaced = false
    while !scanner.isAtEnd {
      let tag = try scanner.tag()
      let value = try scanner.value(tag, depthLeft: self.depthLeft)
      guard let index = type.index(of: tag >> 3) else { continue }
      let field = type.fields[index]
      let isPacked = tag & 7 == 2 && field.wireType != 2 && field.shape == .repeated
      // A known number with another wire type is an unknown field.
      guard isPacked || tag & 7 == field.wireType else { continue }
      try self.countValue()
      let order = self.entries.count - start
      if let oneof = field.oneof, choices[oneof]?.field != index {
        if choices.updateValue(Choice(field: index, since: order), forKey: oneof) != nil {
          isReplaced = true
        }
      }
      self.entries.append(Entry(field: index, order: order, isPacked: isPacked, value: value))
      if index < last { isSorted = false }
      last = index
    }
    if isReplaced {
      let kept = self.entries[start...].filter { entry in
        type.fields[entry.field].oneof.flatMap { choices[$0] }.map { entry.order >= $0.since }
          ?? true
      }
      self.entries.replaceSubrange(start..., with: kept)
    }
    if !isSorted {
      self.entries[start...].sort { ($0.field, $0.order) < ($1.field, $1.order) }
    }
    return start..<self.entries.count
  }
}
