/// Reads the binary form.
///
/// Generated code makes the calls; `ProtoMessage.init(decoding:)` makes the reader. Pointers stay inside: every step
/// compares with the end first. A stored `RawSpan` instead was slower by a tenth when this was written (Swift 6.3).
public struct ProtoReader: ~Copyable {
  @usableFromInline var p: UnsafePointer<UInt8>
  @usableFromInline var end: UnsafePointer<UInt8>
  /// Levels and messages that may still come.
  @usableFromInline var depthLeft: Int
  @usableFromInline var messagesLeft: Int
  /// The tag that was read last, for errors.
  @usableFromInline var lastTag: UInt32 = 0

  @inlinable
  init(start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, limits: ProtoLimits) {
    self.p = start
    self.end = end
    self.depthLeft = limits.maxDepth
    self.messagesLeft = limits.maxMessages
  }

  /// The next field's tag (number << 3 | wire type), or 0 at the end of the message.
  @inlinable @inline(__always)
  public mutating func tag() throws(ProtoError) -> UInt32 {
    if self.p == self.end { return 0 }
    let raw = try self.varint()
    guard raw <= UInt64(UInt32.max), raw >= 8 else { throw .invalidTag }
    let tag = UInt32(truncatingIfNeeded: raw)
    self.lastTag = tag
    return tag
  }

  /// A variable-length integer, at most ten bytes.
  @inlinable @inline(__always)
  public mutating func varint() throws(ProtoError) -> UInt64 {
    if self.p < self.end {
      let byte = self.p.pointee
      if byte < 0x80 {
        self.p += 1
        return UInt64(byte)
      }
    }
    return try self.longVarint()
  }

  @inlinable @inline(never)
  mutating func longVarint() throws(ProtoError) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard self.p < self.end else { throw .truncated }
      let byte = self.p.pointee
      self.p += 1
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
      shift += 7
      if shift > 63 { throw .malformedVarint }
    }
  }

  @inlinable @inline(__always)
  mutating func fixed<T: FixedWidthInteger>(_ type: T.Type) throws(ProtoError) -> T {
    guard self.end - self.p >= MemoryLayout<T>.size else { throw .truncated }
    let value = UnsafeRawPointer(self.p).loadUnaligned(as: T.self)
    self.p += MemoryLayout<T>.size
    return T(littleEndian: value)
  }

  /// A length, which the rest of this message has.
  @inlinable @inline(__always)
  mutating func length() throws(ProtoError) -> Int {
    let count = try self.varint()
    guard count <= UInt64(self.end - self.p) else { throw .truncated }
    return Int(truncatingIfNeeded: count)
  }

  @inlinable @inline(__always)
  mutating func slice() throws(ProtoError) -> UnsafeBufferPointer<UInt8> {
    let count = try self.length()
    let buffer = UnsafeBufferPointer(start: self.p, count: count)
    self.p += count
    return buffer
  }

  @inlinable @inline(__always)
  mutating func string() throws(ProtoError) -> String {
    let buffer = try self.slice()
    do {
      // Half again as fast as String(validating:as:) with Swift 6.3.
      return String(copying: try UTF8Span(validating: buffer.span))
    } catch {
      throw .invalidUTF8
    }
  }

  /// Goes into a length-delimited part: gives the end of what is around it, for `leave`.
  @inlinable @inline(__always)
  mutating func enter() throws(ProtoError) -> UnsafePointer<UInt8> {
    let count = try self.length()
    guard self.depthLeft > 0 else { throw .depthLimit }
    guard self.messagesLeft > 0 else { throw .messageLimit }
    self.messagesLeft -= 1
    self.depthLeft -= 1
    let outer = self.end
    self.end = self.p + count
    return outer
  }

  @inlinable @inline(__always)
  mutating func leave(_ outer: UnsafePointer<UInt8>) {
    self.end = outer
    self.depthLeft += 1
  }

  /// Passes over a field whose tag was read.
  @inlinable @inline(never)
  public mutating func skip(_ tag: UInt32) throws(ProtoError) {
    switch tag & 7 {
    case 0: _ = try self.varint()
    case 1: _ = try self.fixed(UInt64.self)
    case 2: _ = try self.slice()
    case 5: _ = try self.fixed(UInt32.self)
    case 3:
      guard self.depthLeft > 0 else { throw .depthLimit }
      self.depthLeft -= 1
      while true {
        let inner = try self.tag()
        if inner == 0 { throw .truncated }
        if inner & 7 == 4 {
          guard inner >> 3 == tag >> 3 else { throw .groupMismatch }
          break
        }
        try self.skip(inner)
      }
      self.depthLeft += 1
    default: throw .groupMismatch
    }
  }
}
