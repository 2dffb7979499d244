#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Writes the binary form in one pass into one growing buffer.
///
/// A nested message gets one byte for its length, which is widened in place when it turns out to be 128 bytes or
/// more. That beats a first pass that measures, and needs half the generated code.
/// One writer, emptied with ``removeAll()``, can serve a connection for its life.
public struct ProtoWriter: ~Copyable {
  /// The least memory a writer has.
  private static let minCapacity = 64

  @usableFromInline var base: UnsafeMutablePointer<UInt8>
  @usableFromInline var p: UnsafeMutablePointer<UInt8>
  @usableFromInline var end: UnsafeMutablePointer<UInt8>

  /// Creates a writer with room for `capacity` bytes; it grows as needed.
  public init(capacity: Int = 256) {
    let capacity = Swift.max(capacity, Self.minCapacity)
    self.base = Self.checked(malloc(capacity))
    self.p = self.base
    self.end = self.base + capacity
  }

  deinit { free(self.base) }

  /// How many bytes were written.
  @inlinable public var count: Int { self.p - self.base }

  /// Forgets what was written and keeps the memory.
  @inlinable
  public mutating func removeAll() { self.p = self.base }

  /// Takes back everything after the first `count` bytes.
  @inlinable
  public mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count, "cannot truncate to more than was written")
    self.p = self.base + count
  }

  /// A copy of what was written.
  @inlinable
  public func bytes() -> [UInt8] {
    [UInt8](UnsafeBufferPointer(start: self.base, count: self.count))
  }

  /// Calls `body` with what was written, without a copy.
  @inlinable
  public func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: self.base, count: self.count))
  }

  // MARK: Memory

  @inlinable @inline(__always)
  mutating func need(_ count: Int) {
    if self.end - self.p < count { self.grow(count) }
  }

  @usableFromInline @inline(never)
  mutating func grow(_ count: Int) {
    let used = self.count
    var capacity = (self.end - self.base) * 2
    while capacity - used < count { capacity *= 2 }
    self.base = Self.checked(realloc(self.base, capacity))
    self.p = self.base + used
    self.end = self.base + capacity
  }

  private static func checked(_ memory: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<UInt8> {
    guard let memory else { fatalError("out of memory") }
    return memory.assumingMemoryBound(to: UInt8.self)
  }

  // MARK: Values

  /// Writes a variable-length integer.
  @inlinable @inline(__always)
  public mutating func varint(_ value: UInt64) {
    self.need(10)
    self.uncheckedVarint(value)
  }

  /// The caller has made room with `need`.
  @inlinable @inline(__always)
  mutating func uncheckedVarint(_ value: UInt64) {
    var q = self.p
    var rest = value
    while rest >= 0x80 {
      q.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
      q += 1
      rest >>= 7
    }
    q.pointee = UInt8(truncatingIfNeeded: rest)
    self.p = q + 1
  }

  @inlinable @inline(__always)
  mutating func fixed<T: FixedWidthInteger>(_ value: T) {
    self.need(MemoryLayout<T>.size)
    UnsafeMutableRawPointer(self.p).storeBytes(of: value.littleEndian, as: T.self)
    self.p += MemoryLayout<T>.size
  }

  @inlinable @inline(__always)
  mutating func data(_ buffer: UnsafeBufferPointer<UInt8>) {
    self.need(buffer.count + 10)
    self.uncheckedVarint(UInt64(buffer.count))
    if let start = buffer.baseAddress { self.p.update(from: start, count: buffer.count) }
    self.p += buffer.count
  }

  @inlinable @inline(__always)
  mutating func string(_ value: String) {
    if value.utf8.withContiguousStorageIfAvailable({ self.data($0) }) == nil {
      var copy = value
      copy.withUTF8 { self.data($0) }
    }
  }

  /// Writes bytes that are in the binary form already.
  @inlinable
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    self.need(bytes.count)
    if let start = bytes.baseAddress, bytes.count > 0 {
      UnsafeMutableRawPointer(self.p).copyMemory(from: start, byteCount: bytes.count)
    }
    self.p += bytes.count
  }

  /// Begins a length-delimited value; what it returns goes to ``finish(_:)``.
  @inlinable @inline(__always)
  public mutating func begin() -> Int {
    self.need(1)
    self.p += 1
    return self.count
  }

  /// Ends a length-delimited value.
  @inlinable @inline(__always)
  public mutating func finish(_ start: Int) {
    let count = self.count - start
    if count < 0x80 {
      self.base[start - 1] = UInt8(truncatingIfNeeded: count)
    } else {
      self.widen(start, count)
    }
  }

  @usableFromInline @inline(never)
  mutating func widen(_ start: Int, _ count: Int) {
    let extra = (70 - UInt64(count).leadingZeroBitCount) / 7 - 1
    self.need(extra)
    memmove(self.base + start + extra, self.base + start, count)
    let last = self.p + extra
    self.p = self.base + start - 1
    self.uncheckedVarint(UInt64(count))
    self.p = last
  }
}
