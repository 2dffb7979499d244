/// A JSON text that was checked as a whole, and whose values are read in place.
///
/// Reading makes one pass over the text and notes where each value is; strings and numbers are decoded when they are
/// asked for. What it accepts is RFC 8259 and nothing more: no comments, no trailing commas, no byte order mark, no
/// text after the value, only valid UTF-8. Any value may be at the top.
///
/// - Numbers keep their text, so 64-bit integers are exact and an exponent may be of any size.
/// - Of members with the same name the last counts in lookups, as in JavaScript, Python and Go;
///   ``JSONValue/members`` has them all.
/// - Half surrogate pairs are refused unless the limits say otherwise.
///
/// A document is a reference to memory that all its values share; it is freed with the last of them.
public struct JSONDocument: Sendable {
  @usableFromInline let storage: JSONStorage

  /// Reads a text. The bytes are copied.
  ///
  /// - Throws: ``JSONError`` with the place of the first fault.
  public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits())
    throws(JSONError)
  {
    var parser = try JSONParser(bytes, limits)
    try parser.parse()
    self.storage = parser.finish()
  }

  /// Reads a text.
  ///
  /// - Throws: ``JSONError`` with the place of the first fault.
  public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try bytes.span.withUnsafeBytes { (raw: UnsafeRawBufferPointer) throws(JSONError) in
      try JSONDocument(parsing: raw, limits: limits)
    }
  }

  /// Reads a text.
  ///
  /// - Throws: ``JSONError`` with the place of the first fault, counted in bytes of UTF-8.
  public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }

  /// The value that is the whole text.
  @inlinable public var root: JSONValue { JSONValue(storage: self.storage, index: 0) }

  /// How many values and member names there are.
  public var nodeCount: Int { self.storage.nodeCount }
}
