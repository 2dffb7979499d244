/// A value of a document: two words that refer to it, cheap to copy and to pass on.
///
/// Reading a value as something it is not gives nil, so a path reads as one line:
/// `root["videoDetails"]?["title"]?.string`.
public struct JSONValue: Sendable {
  @usableFromInline let storage: JSONStorage
  @usableFromInline let index: Int

  @inlinable
  init(storage: JSONStorage, index: Int) {
    self.storage = storage
    self.index = index
  }

  @inlinable var node: JSONNode { self.storage.nodes[self.index] }

  /// What the value is.
  @inlinable
  public var kind: JSONKind {
    switch self.node.kind {
    case .null: .null
    case .false, .true: .bool
    case .number: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  /// Where the value begins, in bytes from the start of the text; for messages to people.
  @inlinable
  public var offset: Int {
    let node = self.node
    return Int(node.offset) - (node.kind == .string ? 1 : 0)
  }

  /// The value's own text, as it came.
  public var encoded: [UInt8] {
    self.withEncoded { Array($0) }
  }

  /// Calls `body` with the value's own text, without a copy.
  @inlinable
  public func withEncoded<Result, E: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> Result
  ) throws(E) -> Result {
    let length = Int(self.node.length) + (self.node.kind == .string ? 2 : 0)
    let text = UnsafeBufferPointer(start: self.storage.text + self.offset, count: length)
    return try withExtendedLifetime(self.storage) { () throws(E) in try body(text) }
  }

  // MARK: Scalars

  /// Whether this is `null`.
  @inlinable public var isNull: Bool { self.node.kind == .null }

  /// A boolean's value.
  @inlinable
  public var bool: Bool? {
    switch self.node.kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// A string's text, with its escapes decoded.
  public var string: String? {
    self.withUTF8 { String(copying: UTF8Span(unchecked: $0.span)) }
  }

  /// Calls `body` with the UTF-8 of a string: the document's own bytes unless it has escapes. Nil for other kinds.
  @inlinable
  public func withUTF8<Result, E: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> Result
  ) throws(E) -> Result? {
    let node = self.node
    guard node.kind == .string else { return nil }
    let text = self.storage.slice(node)
    return try withExtendedLifetime(self.storage) { () throws(E) in
      guard node.flag else { return try body(text) }
      let decoded = JSONEscapes.decode(text)
      return try decoded.span.withUnsafeBufferPointer { (buffer) throws(E) in try body(buffer) }
    }
  }

  /// Whether this is a string with the same bytes of UTF-8 as `text`. Makes no copy, and decodes only escapes.
  ///
  /// Differs from comparing Swift strings, which takes composed and decomposed characters as equal.
  @inlinable
  public func utf8Equals(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { self.storage.isString(self.node, equalTo: $0) }
  }

  // MARK: Containers

  /// How many elements an array or members an object has; 0 for other kinds.
  @inlinable
  public var count: Int { self.node.count }

  /// The member of an object with that name; the last one if there are several. Nil for other kinds.
  ///
  /// Walks over the members without making strings. To read most members of a large object, go through
  /// ``members`` once instead.
  public subscript(name: String) -> JSONValue? {
    let node = self.node
    guard node.kind == .object else { return nil }
    var name = name
    return name.withUTF8 { wanted in
      var found: Int?
      var at = self.index + 1
      let end = Int(node.next)
      while at < end {
        if self.storage.isString(self.storage.nodes[at], equalTo: wanted) { found = at + 1 }
        at = Int(self.storage.nodes[at + 1].next)
      }
      return found.map { JSONValue(storage: self.storage, index: $0) }
    }
  }

  /// The element of an array at that place, from 0. Nil for other kinds and beyond the end.
  ///
  /// Walks from the first element: to read them all, use ``elements``.
  public subscript(position: Int) -> JSONValue? {
    let node = self.node
    guard node.kind == .array, position >= 0, position < node.count else { return nil }
    var at = self.index + 1
    for _ in 0..<position { at = Int(self.storage.nodes[at].next) }
    return JSONValue(storage: self.storage, index: at)
  }

  /// The elements of an array in order; empty for other kinds.
  @inlinable
  public var elements: JSONElements { JSONElements(self) }

  /// The members of an object in order, also those with the same name; empty for other kinds.
  @inlinable
  public var members: JSONMembers { JSONMembers(self) }
}

extension JSONValue: CustomStringConvertible {
  /// The kind and the size, and nothing of the content.
  public var description: String {
    switch self.kind {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string of \(self.node.length) bytes"
    case .array: "an array of \(self.count) elements"
    case .object: "an object of \(self.count) members"
    }
  }
}

extension JSONStorage {
  /// Whether a node is a string that stands for those bytes.
  @inlinable
  func isString(_ node: JSONNode, equalTo bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard node.kind == .string else { return false }
    let text = self.slice(node)
    if node.flag {
      // An escape is longer than what it stands for.
      return text.count > bytes.count && JSONEscapes.decode(text).elementsEqual(bytes)
    }
    return text.count == bytes.count && text.elementsEqual(bytes)
  }
}
