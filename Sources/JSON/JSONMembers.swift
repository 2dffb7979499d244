/// A member of an object.
public struct JSONMember: Sendable {
  /// The name as a value of kind string, for comparing without a copy: `member.key.utf8Equals("title")`.
  public let key: JSONValue
  /// The value.
  public let value: JSONValue

  @inlinable
  init(key: JSONValue, value: JSONValue) {
    self.key = key
    self.value = value
  }

  /// The name.
  public var name: String { self.key.string ?? "" }
}

/// The members of an object, in order.
public struct JSONMembers: Sequence, Sendable {
  /// Walks over the members.
  public struct Iterator: IteratorProtocol, Sendable {
    @usableFromInline let storage: JSONStorage
    @usableFromInline var at: Int
    @usableFromInline let end: Int

    @inlinable
    init(_ object: JSONValue) {
      self.storage = object.storage
      self.at = object.index + 1
      self.end = object.node.kind == .object ? Int(object.node.next) : self.at
    }

    /// The next member.
    @inlinable
    public mutating func next() -> JSONMember? {
      guard self.at < self.end else { return nil }
      let value = JSONValue(storage: self.storage, index: self.at + 1)
      defer { self.at = Int(value.node.next) }
      return JSONMember(key: JSONValue(storage: self.storage, index: self.at), value: value)
    }
  }

  @usableFromInline let object: JSONValue

  @inlinable
  init(_ object: JSONValue) { self.object = object }

  /// Starts at the first member.
  @inlinable
  public func makeIterator() -> Iterator { Iterator(self.object) }

  /// How many there are at least: all of them.
  @inlinable
  public var underestimatedCount: Int { self.object.kind == .object ? self.object.count : 0 }
}
