/// How one field type looks on the wire.
///
/// Each is an empty enum in ``Wire``, used as a type argument only, so that the calls in generated code specialize to
/// straight code.
public protocol WireType {
  /// What a field of the type holds.
  associatedtype Value: Sendable & Hashable
  /// The low three bits of the tag.
  static var wireType: UInt32 { get }
  /// The value of a field that is not there.
  static var zero: Value { get }
  /// Bytes of a fixed-size value, else 0.
  static var fixedSize: Int { get }
  /// Reads a value.
  static func read(_ reader: inout ProtoReader) throws(ProtoError) -> Value
  /// Reads over a value that is there: only messages differ from `read`.
  static func merge(_ value: inout Value, _ reader: inout ProtoReader) throws(ProtoError)
  /// Writes a value without its tag.
  static func write(_ value: Value, _ writer: inout ProtoWriter)
}

extension WireType {
  /// Not of a fixed size.
  @inlinable public static var fixedSize: Int { 0 }

  /// Replaces the value.
  @inlinable
  public static func merge(_ value: inout Value, _ reader: inout ProtoReader) throws(ProtoError) {
    value = try self.read(&reader)
  }
}

/// A type that can be a map's key.
public protocol WireMapKey: WireType {
  /// The order in which a map's entries are written.
  static func precedes(_ a: Value, _ b: Value) -> Bool
}

extension WireMapKey where Value: Comparable {
  /// The order of the values.
  @inlinable
  public static func precedes(_ a: Value, _ b: Value) -> Bool { a < b }
}

/// The field types of protobuf, by the names that .proto files give them.
public enum Wire {}
