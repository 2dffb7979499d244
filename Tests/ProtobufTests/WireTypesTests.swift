internal import Protobuf
internal import Testing

@Suite("Wire types")
struct WireTypesTests {
  /// What each field of `Scalars` looks like on the wire, byte by byte.
  private static let golden: [(String, [UInt8], Scalars)] = [
    (
      "double 1.5", [0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f],  // Field 1, eight bytes, little-endian
      .with { $0.aDouble = 1.5 }
    ),
    ("float -2", [0x15, 0, 0, 0, 0xc0], .with { $0.aFloat = -2 }),  // Field 2, four bytes
    ("int32 150", [0x18, 0x96, 0x01], .with { $0.anInt32 = 150 }),  // Field 3, varint
    (
      "int32 -1 is sign-extended to ten bytes",
      [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      .with { $0.anInt32 = -1 }
    ),
    (
      "int64 min", [0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
      .with { $0.anInt64 = .min }
    ),
    ("uint32 max", [0x28, 0xff, 0xff, 0xff, 0xff, 0x0f], .with { $0.aUint32 = .max }),
    (
      "uint64 max", [0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      .with { $0.aUint64 = .max }
    ),
    ("sint32 -1 is one byte", [0x38, 0x01], .with { $0.aSint32 = -1 }),
    ("sint32 min", [0x38, 0xff, 0xff, 0xff, 0xff, 0x0f], .with { $0.aSint32 = .min }),
    ("sint64 1", [0x40, 0x02], .with { $0.aSint64 = 1 }),
    ("fixed32", [0x4d, 0x78, 0x56, 0x34, 0x12], .with { $0.aFixed32 = 0x1234_5678 }),
    ("fixed64", [0x51, 8, 7, 6, 5, 4, 3, 2, 1], .with { $0.aFixed64 = 0x0102_0304_0506_0708 }),
    ("sfixed32 -1", [0x5d, 0xff, 0xff, 0xff, 0xff], .with { $0.aSfixed32 = -1 }),
    (
      "sfixed64 -2", [0x61, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      .with { $0.aSfixed64 = -2 }
    ),
    ("bool", [0x68, 0x01], .with { $0.aBool = true }),
    ("string", [0x72, 0x02, 0xc3, 0xa9], .with { $0.aString = "é" }),  // Field 14, length 2
    ("bytes", [0x7a, 0x03, 0, 0xff, 0x7f], .with { $0.someBytes = [0, 0xff, 0x7f] }),
    ("enum", [0x80, 0x01, 0x02], .with { $0.color = .green }),  // Field 16: a tag of two bytes
    (
      "negative enum", [0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      .with { $0.color = .dark }
    ),
    ("nothing", [], Scalars()),
  ]

  @Test("Each type is written and read as protobuf's encoding says", arguments: Self.golden)
  func encoding(_ name: String, _ bytes: [UInt8], _ message: Scalars) throws {
    #expect(message.encoded() == bytes)
    #expect(try Scalars(decoding: bytes) == message)
    #expect(try Scalars(decoding: bytes.span.bytes) == message)
  }

  @Test("Minus zero is not the default: its sign survives")
  func minusZero() throws {
    let message = Scalars.with {
      $0.aDouble = -0.0
      $0.aFloat = -0.0
    }
    let read = try Scalars(decoding: message.encoded())
    #expect(read.aDouble.sign == .minus && read.aFloat.sign == .minus)
  }

  @Test("NaN keeps its bits")
  func nan() throws {
    let signalling = Double(bitPattern: 0x7ff0_0000_0000_0001)
    let bytes = Scalars.with { $0.aDouble = signalling }.encoded()
    #expect(try Scalars(decoding: bytes).aDouble.bitPattern == signalling.bitPattern)
  }

  @Test("A number of more bits than its field keeps the low ones, as in other languages")
  func truncation() throws {
    // Field 3 (int32) and 5 (uint32): 2^32 + 7. Field 13 (bool): 2.
    let bytes: [UInt8] = [
      0x18, 0x87, 0x80, 0x80, 0x80, 0x10, 0x28, 0x87, 0x80, 0x80, 0x80, 0x10, 0x68, 0x02,
    ]
    let message = try Scalars(decoding: bytes)
    #expect(message.anInt32 == 7 && message.aUint32 == 7 && message.aBool)
  }

  @Test("A varint may be longer than it must")
  func overlongVarint() throws {
    #expect(try Scalars(decoding: [0x18, 0x81, 0x80, 0x00]).anInt32 == 1)
  }

  @Test("Optional fields tell a default from nothing")
  func presence() throws {
    let message = Optionals.with {
      $0.anInt32 = 0
      $0.aString = ""
      $0.aBool = false
      $0.color = .unspecified
      $0.someBytes = []
    }
    // Fields 3, 13, 14, 15 and 16, all zero or empty.
    let bytes: [UInt8] = [0x18, 0, 0x68, 0, 0x72, 0, 0x7a, 0, 0x80, 0x01, 0]
    #expect(message.encoded() == bytes)
    let read = try Optionals(decoding: bytes)
    #expect(read == message)
    #expect(read.anInt64 == nil && read.anInt32 == 0)
  }

  @Test("Repeated numbers are written packed, and read packed, one by one or mixed")
  func packed() throws {
    let message = Repeated.with { $0.anInt32 = [1, 150, 3] }
    #expect(message.encoded() == [0x1a, 0x04, 0x01, 0x96, 0x01, 0x03])  // Field 3, length 4
    #expect(try Repeated(decoding: message.encoded()) == message)
    let mixed: [UInt8] = [0x18, 0x01, 0x1a, 0x03, 0x96, 0x01, 0x03]
    #expect(try Repeated(decoding: mixed) == message)
  }

  @Test("packed = false is written one by one, and read packed as well")
  func unpacked() throws {
    let message = Repeated.with { $0.unpacked = [-1, 1] }
    #expect(message.encoded() == [0x90, 0x01, 0x01, 0x90, 0x01, 0x02])  // Field 18 twice
    #expect(try Repeated(decoding: [0x92, 0x01, 0x02, 0x01, 0x02]) == message)
  }

  @Test("Packed values that end in the middle of one are refused")
  func packedCut() {
    // Field 9 (fixed32) with three bytes.
    #expect(throws: ProtoError.truncated) { try Repeated(decoding: [0x4a, 3, 1, 2, 3]) }
  }

  @Test(
    "A nested message's length has as many bytes as it needs",
    arguments: [
      0, 1, 125, 126, 127, 128, 129, 16_379, 16_380, 16_381, 16_384, 2_097_146, 2_097_150,
      2_097_153,
    ])
  func widening(count: Int) throws {
    let inner = Scalars.with { $0.aString = String(repeating: "x", count: count) }
    let message = Repeated.with { $0.scalars = [inner, Scalars(), inner] }
    #expect(try Repeated(decoding: message.encoded()) == message)
  }

  @Test("Enums keep numbers that have no name, and aliases are the same value")
  func enums() throws {
    let message = try Scalars(decoding: [0x80, 0x01, 0x63])
    #expect(message.color == .unrecognized(99))
    #expect(message.encoded() == [0x80, 0x01, 0x63])
    #expect(Answer.true == .yes && Answer(rawValue: 1) == .yes)
    #expect(Color.allCases == [.unspecified, .red, .green, .dark])
    #expect(Color().rawValue == 0)
  }
}
