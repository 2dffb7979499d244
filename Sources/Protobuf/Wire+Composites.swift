// Strings, bytes, enums and messages.
extension Wire {
  /// `string`: UTF-8.
  public enum String: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 2 }
    @inlinable public static var zero: Swift.String { "" }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.String {
      try reader.string()
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.String, _ writer: inout ProtoWriter) {
      writer.string(value)
    }
  }

  /// `bytes`.
  public enum Bytes: WireType {
    @inlinable public static var wireType: Swift.UInt32 { 2 }
    @inlinable public static var zero: [Swift.UInt8] { [] }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> [Swift.UInt8] {
      [Swift.UInt8](try reader.slice())
    }

    @inlinable @inline(__always)
    public static func write(_ value: [Swift.UInt8], _ writer: inout ProtoWriter) {
      value.withUnsafeBufferPointer { writer.data($0) }
    }
  }

  /// An enum.
  public enum Enum<E: ProtoEnum>: WireType {
    @inlinable public static var wireType: Swift.UInt32 { 0 }
    @inlinable public static var zero: E { E() }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> E {
      E(rawValue: Swift.Int32(truncatingIfNeeded: try reader.varint()))
    }

    @inlinable @inline(__always)
    public static func write(_ value: E, _ writer: inout ProtoWriter) {
      writer.varint(Swift.UInt64(bitPattern: Swift.Int64(value.rawValue)))
    }
  }

  /// A message as a map's value.
  public enum Message<M: ProtoMessage>: WireType {
    @inlinable public static var wireType: Swift.UInt32 { 2 }
    @inlinable public static var zero: M { M() }

    @inlinable
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> M {
      var value = M()
      try reader.message(&value)
      return value
    }

    @inlinable
    public static func merge(_ value: inout M, _ reader: inout ProtoReader) throws(ProtoError) {
      try reader.message(&value)
    }

    @inlinable
    public static func write(_ value: M, _ writer: inout ProtoWriter) {
      let start = writer.begin()
      value.encode(to: &writer)
      writer.finish(start)
    }
  }
}
