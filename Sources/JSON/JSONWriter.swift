/// Writes JSON text piece by piece into bytes that it keeps.
///
/// Commas, colons and escapes are its business; balanced containers and a key before each value of an object are
/// the caller's:
///
///     var writer = JSONWriter()
///     writer.object { writer in
///       writer.member("title", title)
///       writer.key("segments")
///       writer.array { writer in for segment in segments { writer.string(segment) } }
///     }
///
/// For JSON Lines, call ``endLine()`` after each value of the top level.
public struct JSONWriter: Sendable {
  /// How the text is laid out.
  public enum Format: Sendable, Hashable {
    /// Without any space.
    case compact
    /// One value a line, two spaces a level; for people.
    case indented
  }

  /// What was written so far.
  public internal(set) var bytes: [UInt8] = []
  /// How the text is laid out.
  public let format: Format
  /// Containers that are open.
  public private(set) var depth = 0
  /// Whether a value came before in this container.
  private var needsComma = false
  /// Whether a key waits for its value.
  private var followsKey = false

  /// Creates a writer with room for `capacity` bytes.
  public init(format: Format = .compact, reservingCapacity capacity: Int = 0) {
    self.format = format
    self.bytes.reserveCapacity(capacity)
  }

  /// What was written so far, as text.
  public var text: String { String(decoding: self.bytes, as: UTF8.self) }

  /// Forgets what was written and keeps the memory.
  public mutating func removeAll() {
    self.bytes.removeAll(keepingCapacity: true)
    self.depth = 0
    self.needsComma = false
    self.followsKey = false
  }

  // MARK: Containers

  /// Writes an object whose members `body` writes.
  public mutating func object<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
    self.beginObject()
    try body(&self)
    self.endObject()
  }

  /// Writes an array whose elements `body` writes.
  public mutating func array<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
    self.beginArray()
    try body(&self)
    self.endArray()
  }

  /// Begins an object.
  public mutating func beginObject() { self.begin(UInt8(ascii: "{")) }
  /// Ends an object.
  public mutating func endObject() { self.end(UInt8(ascii: "}")) }
  /// Begins an array.
  public mutating func beginArray() { self.begin(UInt8(ascii: "[")) }
  /// Ends an array.
  public mutating func endArray() { self.end(UInt8(ascii: "]")) }

  /// Ends a value of the top level with a line feed, so that another can follow (JSON Lines).
  ///
  /// Each value is one line if the format is compact: line feeds inside strings are escaped.
  public mutating func endLine() {
    precondition(self.depth == 0, "endLine() inside of an open object or array")
    self.bytes.append(UInt8(ascii: "\n"))
    self.needsComma = false
  }

  /// Writes a member's name; its value comes next.
  public mutating func key(_ name: String) {
    self.prepare()
    self.escaped(name)
    self.endKey()
  }

  /// Writes a member's name, which must be valid UTF-8; its value comes next.
  package mutating func key(validUTF8 name: UnsafeBufferPointer<UInt8>) {
    self.prepare()
    self.escaped(name)
    self.endKey()
  }

  /// Writes a member's name that has its quotes and escapes already; its value comes next.
  package mutating func key(encoded name: [UInt8]) {
    self.prepare()
    self.bytes.append(contentsOf: name)
    self.endKey()
  }

  // MARK: Values

  /// Writes a string.
  public mutating func string(_ value: String) {
    self.prepare()
    self.escaped(value)
    self.needsComma = true
  }

  /// Writes a string given as UTF-8; bytes that are not become U+FFFD.
  public mutating func string(utf8 value: UnsafeBufferPointer<UInt8>) {
    do {
      _ = try UTF8Span(validating: value.span)
    } catch {
      return self.string(String(decoding: value, as: UTF8.self))
    }
    self.string(validUTF8: value)
  }

  /// Writes a string given as UTF-8 that has been checked.
  package mutating func string(validUTF8 value: UnsafeBufferPointer<UInt8>) {
    self.prepare()
    self.escaped(value)
    self.needsComma = true
  }

  /// Writes an integer. Readers that keep numbers as doubles, such as JavaScript, lose digits beyond 2⁵³.
  @inlinable
  public mutating func integer<T: FixedWidthInteger>(_ value: T) {
    if T.bitWidth <= 64 {
      self.integer(UInt64(truncatingIfNeeded: value.magnitude), isNegative: value < 0)
    } else {
      self.encoded(String(value).utf8)
    }
  }

  /// Writes an integer in quotes, which keeps all its digits with every reader.
  @inlinable
  package mutating func quotedInteger<T: FixedWidthInteger>(_ value: T) {
    self.quotedInteger(UInt64(truncatingIfNeeded: value.magnitude), isNegative: value < 0)
  }

  @usableFromInline
  mutating func integer(_ magnitude: UInt64, isNegative: Bool) {
    self.prepare()
    self.digits(magnitude, isNegative: isNegative)
    self.needsComma = true
  }

  @usableFromInline
  package mutating func quotedInteger(_ magnitude: UInt64, isNegative: Bool) {
    self.prepare()
    self.bytes.append(UInt8(ascii: "\""))
    self.digits(magnitude, isNegative: isNegative)
    self.bytes.append(UInt8(ascii: "\""))
    self.needsComma = true
  }

  /// Writes a number that reads back as the same double; `null` for infinity and NaN, which JSON does not have.
  public mutating func double(_ value: Double) {
    guard value.isFinite else { return self.null() }
    self.prepare()
    // Swift's shortest form that reads back the same, whose exponents are JSON's too.
    self.bytes.append(contentsOf: value.description.utf8)
    self.needsComma = true
  }

  /// Writes a boolean.
  public mutating func bool(_ value: Bool) {
    self.prepare()
    self.append(value ? "true" : "false")
    self.needsComma = true
  }

  /// Writes null.
  public mutating func null() {
    self.prepare()
    self.append("null")
    self.needsComma = true
  }

  /// Writes a value that is JSON already. It is taken as it is.
  public mutating func encoded(_ json: some Sequence<UInt8>) {
    self.prepare()
    self.bytes.append(contentsOf: json)
    self.needsComma = true
  }

  /// Writes a value of a document, in this writer's format.
  ///
  /// Goes as deep as the value does, which its document's limits have bounded.
  public mutating func value(_ value: JSONValue) {
    switch value.kind {
    case .object:
      self.beginObject()
      for member in value.members {
        _ = member.key.withUTF8 { self.key(validUTF8: $0) }
        self.value(member.value)
      }
      self.endObject()
    case .array:
      self.beginArray()
      for element in value.elements { self.value(element) }
      self.endArray()
    case .null, .bool, .number, .string:
      self.prepare()
      value.withEncoded { self.bytes.append(contentsOf: $0) }
      self.needsComma = true
    }
  }

  // MARK: Members

  /// Writes a member with a string.
  public mutating func member(_ name: String, _ value: String) {
    self.key(name)
    self.string(value)
  }

  /// Writes a member with an integer.
  public mutating func member(_ name: String, _ value: some FixedWidthInteger) {
    self.key(name)
    self.integer(value)
  }

  /// Writes a member with a double; see ``double(_:)``.
  public mutating func member(_ name: String, _ value: Double) {
    self.key(name)
    self.double(value)
  }

  /// Writes a member with a boolean.
  public mutating func member(_ name: String, _ value: Bool) {
    self.key(name)
    self.bool(value)
  }

  // MARK: Layout

  private mutating func begin(_ bracket: UInt8) {
    self.prepare()
    self.bytes.append(bracket)
    self.depth += 1
    self.needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    precondition(self.depth > 0 && !self.followsKey, "an object or array ends that has not begun")
    self.depth -= 1
    // `needsComma` is false only in an empty container, whose brackets stay together.
    if self.format == .indented, self.needsComma { self.newLine() }
    self.bytes.append(bracket)
    self.needsComma = true
  }

  /// What comes between the value before and the one that follows.
  private mutating func prepare() {
    if self.followsKey {
      self.followsKey = false
      return
    }
    if self.needsComma { self.bytes.append(UInt8(ascii: ",")) }
    if self.format == .indented, self.depth > 0 { self.newLine() }
  }

  private mutating func endKey() {
    self.bytes.append(UInt8(ascii: ":"))
    if self.format == .indented { self.bytes.append(UInt8(ascii: " ")) }
    self.followsKey = true
  }

  private mutating func newLine() {
    self.bytes.append(UInt8(ascii: "\n"))
    self.bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * self.depth))
  }
}
