// Values of four and eight bytes.
extension Wire {
  /// `fixed32`.
  public enum Fixed32: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 5 }
    @inlinable public static var zero: Swift.UInt32 { 0 }
    @inlinable public static var fixedSize: Swift.Int { 4 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.UInt32 {
      try reader.fixed(Swift.UInt32.self)
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.UInt32, _ writer: inout ProtoWriter) {
      writer.fixed(value)
    }
  }

  /// `fixed64`.
  public enum Fixed64: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 1 }
    @inlinable public static var zero: Swift.UInt64 { 0 }
    @inlinable public static var fixedSize: Swift.Int { 8 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.UInt64 {
      try reader.fixed(Swift.UInt64.self)
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.UInt64, _ writer: inout ProtoWriter) {
      writer.fixed(value)
    }
  }

  /// `sfixed32`.
  public enum SFixed32: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 5 }
    @inlinable public static var zero: Swift.Int32 { 0 }
    @inlinable public static var fixedSize: Swift.Int { 4 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Int32 {
      try reader.fixed(Swift.Int32.self)
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Int32, _ writer: inout ProtoWriter) {
      writer.fixed(value)
    }
  }

  /// `sfixed64`.
  public enum SFixed64: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 1 }
    @inlinable public static var zero: Swift.Int64 { 0 }
    @inlinable public static var fixedSize: Swift.Int { 8 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Int64 {
      try reader.fixed(Swift.Int64.self)
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Int64, _ writer: inout ProtoWriter) {
      writer.fixed(value)
    }
  }

  /// `float`.
  public enum Float: WireType {
    @inlinable public static var wireType: Swift.UInt32 { 5 }
    @inlinable public static var zero: Swift.Float { 0 }
    @inlinable public static var fixedSize: Swift.Int { 4 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Float {
      Swift.Float(bitPattern: try reader.fixed(Swift.UInt32.self))
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Float, _ writer: inout ProtoWriter) {
      writer.fixed(value.bitPattern)
    }
  }

  /// `double`.
  public enum Double: WireType {
    @inlinable public static var wireType: Swift.UInt32 { 1 }
    @inlinable public static var zero: Swift.Double { 0 }
    @inlinable public static var fixedSize: Swift.Int { 8 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Double {
      Swift.Double(bitPattern: try reader.fixed(Swift.UInt64.self))
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Double, _ writer: inout ProtoWriter) {
      writer.fixed(value.bitPattern)
    }
  }
}
