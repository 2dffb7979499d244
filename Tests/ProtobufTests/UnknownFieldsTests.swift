internal import Protobuf
internal import Testing

@Suite("Unknown fields")
struct UnknownFieldsTests {
  @Test("An older program hands on what it does not know", arguments: 1...20 as ClosedRange<UInt64>)
  func handedOn(seed: UInt64) throws {
    var messages = RandomMessages(seed: seed)
    for _ in 0..<10 {
      guard let message = messages.everything().scalars else { continue }
      let old = try OldScalars(decoding: message.encoded())
      #expect(old.anInt32 == message.anInt32)
      #expect(try Scalars(decoding: old.encoded()) == message, "seed \(seed)")
    }
  }

  @Test("Each wire type is kept as it came, groups included")
  func wireTypes() throws {
    let bytes: [UInt8] = [
      0xa0, 0x06, 0x96, 0x01,  // Field 100, varint
      0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8,  // Field 100, eight bytes
      0xa2, 0x06, 2, 0x61, 0x62,  // Field 100, length 2
      0xa3, 0x06, 0x08, 1, 0x13, 0x14, 0xa4, 0x06,  // Group 100 with a field and group 2
      0xa5, 0x06, 1, 2, 3, 4,  // Field 100, four bytes
    ]
    let message = try Scalars(decoding: bytes)
    #expect(message.unknownFields.bytes == bytes)
    #expect(message.encoded() == bytes)
    #expect(message != Scalars())
  }

  @Test("A known number with another wire type is an unknown field")
  func otherWireType() throws {
    // Field 3 is an int32; this one has a length.
    let message = try Scalars(decoding: [0x1a, 1, 0x61])
    #expect(message.anInt32 == 0 && message.unknownFields.bytes == [0x1a, 1, 0x61])
  }
}
