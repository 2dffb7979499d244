// Integers of variable length.
extension Wire {
  /// `int32`: ten bytes where it is negative.
  public enum Int32: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 0 }
    @inlinable public static var zero: Swift.Int32 { 0 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Int32 {
      Swift.Int32(truncatingIfNeeded: try reader.varint())
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Int32, _ writer: inout ProtoWriter) {
      writer.varint(Swift.UInt64(bitPattern: Swift.Int64(value)))
    }
  }

  /// `int64`: ten bytes where it is negative.
  public enum Int64: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 0 }
    @inlinable public static var zero: Swift.Int64 { 0 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Int64 {
      Swift.Int64(bitPattern: try reader.varint())
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Int64, _ writer: inout ProtoWriter) {
      writer.varint(Swift.UInt64(bitPattern: value))
    }
  }

  /// `uint32`.
  public enum UInt32: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 0 }
    @inlinable public static var zero: Swift.UInt32 { 0 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.UInt32 {
      Swift.UInt32(truncatingIfNeeded: try reader.varint())
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.UInt32, _ writer: inout ProtoWriter) {
      writer.varint(Swift.UInt64(value))
    }
  }

  /// `uint64`.
  public enum UInt64: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 0 }
    @inlinable public static var zero: Swift.UInt64 { 0 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.UInt64 {
      try reader.varint()
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.UInt64, _ writer: inout ProtoWriter) {
      writer.varint(value)
    }
  }

  /// `sint32`: zigzag, short where it is near 0.
  public enum SInt32: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 0 }
    @inlinable public static var zero: Swift.Int32 { 0 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Int32 {
      let raw = Swift.UInt32(truncatingIfNeeded: try reader.varint())
      return Swift.Int32(bitPattern: raw >> 1) ^ -Swift.Int32(bitPattern: raw & 1)
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Int32, _ writer: inout ProtoWriter) {
      writer.varint(Swift.UInt64(Swift.UInt32(bitPattern: (value << 1) ^ (value >> 31))))
    }
  }

  /// `sint64`: zigzag, short where it is near 0.
  public enum SInt64: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 0 }
    @inlinable public static var zero: Swift.Int64 { 0 }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Int64 {
      let raw = try reader.varint()
      return Swift.Int64(bitPattern: raw >> 1) ^ -Swift.Int64(bitPattern: raw & 1)
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Int64, _ writer: inout ProtoWriter) {
      writer.varint(Swift.UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
  }

  /// `bool`.
  public enum Bool: WireMapKey {
    @inlinable public static var wireType: Swift.UInt32 { 0 }
    @inlinable public static var zero: Swift.Bool { false }

    @inlinable @inline(__always)
    public static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Swift.Bool {
      try reader.varint() != 0
    }

    @inlinable @inline(__always)
    public static func write(_ value: Swift.Bool, _ writer: inout ProtoWriter) {
      writer.varint(value ? 1 : 0)
    }

    @inlinable
    public static func precedes(_ a: Swift.Bool, _ b: Swift.Bool) -> Swift.Bool { !a && b }
  }
}
