/// Bytes of a fuzzer, read as decisions: what comes first steers, what is left is data.
struct ByteScript {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { self.rest = bytes[...] }

  var isEmpty: Bool { self.rest.isEmpty }

  /// The next byte; 0 at the end.
  mutating func byte() -> UInt8 { self.rest.popFirst() ?? 0 }

  /// So many bytes, or what is left.
  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { self.rest = self.rest.dropFirst(count) }
    return Array(self.rest.prefix(count))
  }

  /// All that is left.
  mutating func remainder() -> [UInt8] { self.bytes(self.rest.count) }
}
