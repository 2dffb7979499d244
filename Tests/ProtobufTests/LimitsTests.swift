internal import Protobuf
internal import Testing

@Suite("Limits on input")
struct LimitsTests {
  /// A node with so many messages inside, one in the other.
  private static func chain(_ depth: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<depth {
      var writer = ProtoWriter()
      writer.write(Wire.Bytes.self, 18, bytes)  // Field 2, next
      bytes = writer.bytes()
    }
    return bytes
  }

  @Test("maxBytes bounds the whole message")
  func bytes() throws {
    let bytes: [UInt8] = [0x72, 2, 0x61, 0x62]
    _ = try Scalars(decoding: bytes, limits: ProtoLimits(maxBytes: 4))
    #expect(throws: ProtoError.sizeLimit) {
      try Scalars(decoding: bytes, limits: ProtoLimits(maxBytes: 3))
    }
  }

  @Test("maxDepth bounds messages inside of messages", arguments: [1, 2, 99, 100])
  func depth(depth: Int) throws {
    let limits = ProtoLimits(maxDepth: depth)
    _ = try Node(decoding: Self.chain(depth), limits: limits)
    #expect(throws: ProtoError.depthLimit) {
      try Node(decoding: Self.chain(depth + 1), limits: limits)
    }
  }

  @Test("The default depth is 100, and 10,000 levels are refused without a crash")
  func deep() throws {
    _ = try Node(decoding: Self.chain(100))
    #expect(throws: ProtoError.depthLimit) { try Node(decoding: Self.chain(10_000)) }
  }

  @Test("maxDepth bounds groups inside of unknown groups")
  func groups() throws {
    func groups(_ depth: Int) -> [UInt8] {
      // Field 100 begins and ends.
      Array(repeatElement([0xa3, 0x06], count: depth).joined())
        + Array(repeatElement([0xa4, 0x06], count: depth).joined())
    }
    _ = try Scalars(decoding: groups(100))
    #expect(throws: ProtoError.depthLimit) { try Scalars(decoding: groups(101)) }
    #expect(throws: ProtoError.depthLimit) { try Scalars(decoding: groups(100_000)) }
  }

  @Test("Levels that were left count no more")
  func siblings() throws {
    let message = Node.with { $0.children = Array(repeating: Node(), count: 1000) }
    _ = try Node(decoding: message.encoded(), limits: ProtoLimits(maxDepth: 1))
  }

  @Test("maxMessages bounds nested messages and map entries together")
  func messages() throws {
    let message = Everything.with {
      $0.node = .with { $0.children = [Node(), Node()] }
      $0.maps = .with { $0.text = ["a": "b", "c": "d"] }
    }
    // The node, its two children, the maps and their two entries.
    _ = try Everything(decoding: message.encoded(), limits: ProtoLimits(maxMessages: 6))
    #expect(throws: ProtoError.messageLimit) {
      try Everything(decoding: message.encoded(), limits: ProtoLimits(maxMessages: 5))
    }
  }

  @Test("Two bytes for each message do not get past the limit")
  func bomb() {
    #expect(ProtoLimits().maxMessages == 1_000_000)
    let bytes = Array(repeatElement([0x1a, 0] as [UInt8], count: 10_001).joined())
    #expect(throws: ProtoError.messageLimit) {
      try Node(decoding: bytes, limits: ProtoLimits(maxMessages: 10_000))
    }
  }
}
