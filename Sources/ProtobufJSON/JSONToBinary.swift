internal import JSON
internal import Protobuf

/// Writes the binary form of one message that is given as JSON. Its parts are in extensions by topic.
///
/// The text has been checked as a whole by then. Fields are written in the order of the text, which is as good as any
/// for a reader.
struct JSONToBinary: ~Copyable {
  /// How a value is put into the message.
  enum Form {
    /// As a field, but for a default that needs no field.
    case implicit
    /// As a field.
    case explicit
    /// Without a tag.
    case packed
  }

  let pool: DescriptorPool
  let options: ProtoJSONOptions
  var out: ProtoWriter
  private var depthLeft: Int
  private var messagesLeft: Int

  init(_ pool: DescriptorPool, _ options: ProtoJSONOptions, reservingCapacity capacity: Int) {
    self.pool = pool
    self.options = options
    self.out = ProtoWriter(capacity: capacity)
    self.depthLeft = options.limits.maxDepth
    self.messagesLeft = options.limits.maxMessages
  }

  /// Writes the fields of a message, given as an object or in the form that its type has instead.
  mutating func message(_ type: MessageSchema, _ value: JSONValue) throws(ProtoJSONError) {
    try self.enter(value)
    if let wellKnown = type.wellKnown {
      try self.wellKnown(wellKnown, type, value)
    } else {
      try self.fields(type, value, isInAny: false)
    }
    self.leave()
  }

  /// Writes the fields of a message that is given as an object.
  ///
  /// - Parameter isInAny: Whether the object has an `@type` besides, which was read already.
  mutating func fields(
    _ type: MessageSchema, _ value: JSONValue, isInAny: Bool
  ) throws(ProtoJSONError) {
    guard value.kind == .object else { throw Self.wrongKind(value, "an object") }
    var seen = SmallSet()
    var oneofs = SmallSet()
    var expected = 0
    for member in value.members {
      if isInAny, member.key.utf8Equals("@type") { continue }
      guard let index = type.index(of: member.key, expected: expected) else {
        if self.options.ignoresUnknownNames { continue }
        throw ProtoJSONError(
          .unknownName, "\(type.name) has no field \(ProtoJSONError.quoted(member.name))",
          at: member.key.offset)
      }
      expected = index + 1
      let field = type.fields[index]
      do throws(ProtoJSONError) {
        guard seen.insert(index) else {
          throw ProtoJSONError(.duplicate, "the field is there twice", at: member.key.offset)
        }
        if member.value.isNull, !field.takesNull || field.shape != .singular { continue }
        if let oneof = field.oneof, !oneofs.insert(oneof) {
          throw ProtoJSONError(
            .duplicate, "another field of the same oneof is there too", at: member.key.offset)
        }
        try self.field(field, member.value)
      } catch {
        throw error.within(field.jsonName)
      }
    }
  }

  /// Writes a field that is not null.
  mutating func field(_ field: FieldSchema, _ value: JSONValue) throws(ProtoJSONError) {
    switch field.shape {
    case .singular:
      _ = try self.value(field, value, field.hasPresence ? .explicit : .implicit)
    case .repeated: try self.array(field, value)
    case .map: try self.map(field, value)
    }
  }

  private mutating func array(_ field: FieldSchema, _ value: JSONValue) throws(ProtoJSONError) {
    guard value.kind == .array else { throw Self.wrongKind(value, "an array") }
    if value.count == 0 { return }
    var start: Int?
    if field.isPacked {
      self.out.varint(UInt64(field.number << 3 | 2))
      start = self.out.begin()
    }
    for (place, element) in value.elements.enumerated() {
      do throws(ProtoJSONError) {
        guard !element.isNull || field.takesNull else {
          throw Self.wrongKind(element, "a value, as null is only for whole fields")
        }
        _ = try self.value(field, element, field.isPacked ? .packed : .explicit)
      } catch {
        throw error.within(place)
      }
    }
    if let start { self.out.finish(start) }
  }

  mutating func map(_ field: FieldSchema, _ value: JSONValue) throws(ProtoJSONError) {
    guard value.kind == .object else { throw Self.wrongKind(value, "an object") }
    let type = try self.pool.message(of: field)
    guard type.isEntry else {
      throw ProtoJSONError(.unknownType, "\(type.name) is not the entry of a map")
    }
    var seen: Set<[UInt8]> = []
    for (place, member) in value.members.enumerated() {
      do throws(ProtoJSONError) {
        let isNew =
          value.count == 1 || seen.insert(member.key.withUTF8 { Array($0) } ?? []).inserted
        guard isNew else {
          throw ProtoJSONError(.duplicate, "the key is there twice", at: member.key.offset)
        }
        guard !member.value.isNull || type.fields[1].takesNull else {
          throw Self.wrongKind(member.value, "a value, as null is only for whole fields")
        }
        try self.entry(field, type, member)
      } catch {
        throw error.within(place)
      }
    }
  }

  private mutating func entry(
    _ field: FieldSchema, _ type: MessageSchema, _ member: JSONMember
  ) throws(ProtoJSONError) {
    try self.enter(member.value)
    let mark = self.out.count
    self.out.varint(UInt64(field.number << 3 | 2))
    let start = self.out.begin()
    try self.mapKey(type.fields[0], member.key)
    if try self.value(type.fields[1], member.value, .explicit) {
      self.out.finish(start)
    } else {
      self.out.truncate(to: mark)
    }
    self.leave()
  }

  // MARK: Limits and errors

  /// Goes into a message or entry.
  mutating func enter(_ value: JSONValue) throws(ProtoJSONError) {
    guard self.depthLeft > 0 else { throw ProtoJSONError(ProtoError.depthLimit).at(value) }
    guard self.messagesLeft > 0 else { throw ProtoJSONError(ProtoError.messageLimit).at(value) }
    self.depthLeft -= 1
    self.messagesLeft -= 1
  }

  mutating func leave() { self.depthLeft += 1 }

  static func wrongKind(_ value: JSONValue, _ expected: String) -> ProtoJSONError {
    let found =
      switch value.kind {
      case .null: "null"
      case .bool: "a boolean"
      case .number: "a number"
      case .string: "a string"
      case .array: "an array"
      case .object: "an object"
      }
    return ProtoJSONError(.wrongKind, "expected \(expected), found \(found)", at: value.offset)
  }
}
