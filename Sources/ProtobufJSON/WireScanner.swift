internal import Protobuf

/// Reads tags and values of the binary form where no Swift type says what they are.
///
/// What goes wrong is thrown as the mapping's own error, because that is who calls it.
/// Holds a pointer: it must not outlive the closure that gave it.
struct WireScanner {
  /// A value as found on the wire.
  struct Value {
    /// A number's bits; 0 for what has bytes.
    var bits: UInt64 = 0
    var bytes = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  }

  private var rest: UnsafeBufferPointer<UInt8>.SubSequence

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.rest = bytes[...] }

  var isAtEnd: Bool { self.rest.isEmpty }

  mutating func tag() throws(ProtoJSONError) -> UInt32 {
    let tag = try self.varint()
    guard tag >= 8, tag <= UInt64(UInt32.max) else { throw ProtoJSONError(ProtoError.invalidTag) }
    return UInt32(tag)
  }

  /// The value after a tag. Groups are passed over.
  ///
  /// - Parameter depthLeft: Groups inside of groups that may come.
  mutating func value(_ tag: UInt32, depthLeft: Int) throws(ProtoJSONError) -> Value {
    switch tag & 7 {
    case 0: return Value(bits: try self.varint())
    case 1: return Value(bits: try self.fixed(8))
    case 5: return Value(bits: try self.fixed(4))
    case 2:
      let count = try self.varint()
      guard count <= UInt64(self.rest.count) else { throw ProtoJSONError(ProtoError.truncated) }
      let bytes = UnsafeBufferPointer(rebasing: self.rest.prefix(Int(count)))
      self.rest = self.rest.dropFirst(Int(count))
      return Value(bytes: bytes)
    case 3:
      guard depthLeft > 0 else { throw ProtoJSONError(ProtoError.depthLimit) }
      while true {
        let inner = try self.tag()
        if inner & 7 == 4 {
          guard inner >> 3 == tag >> 3 else { throw ProtoJSONError(ProtoError.groupMismatch) }
          return Value()
        }
        _ = try self.value(inner, depthLeft: depthLeft - 1)
      }
    default: throw ProtoJSONError(ProtoError.groupMismatch)
    }
  }

  private mutating func varint() throws(ProtoJSONError) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try self.byte()
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
      shift += 7
      if shift > 63 { throw ProtoJSONError(ProtoError.malformedVarint) }
    }
  }

  private mutating func fixed(_ size: UInt64) throws(ProtoJSONError) -> UInt64 {
    var value: UInt64 = 0
    for i in 0..<size { value |= UInt64(try self.byte()) << (8 * i) }
    return value
  }

  private mutating func byte() throws(ProtoJSONError) -> UInt8 {
    guard let byte = self.rest.popFirst() else { throw ProtoJSONError(ProtoError.truncated) }
    return byte
  }
}
