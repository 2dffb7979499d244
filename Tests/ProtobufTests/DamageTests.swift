internal import Protobuf
internal import TestRandom
internal import Testing

@Suite("Damaged input")
struct DamageTests {
  @Test(
    "Cut at any byte, a message is refused as cut or is a whole prefix of itself",
    arguments: 1...4 as ClosedRange<UInt64>)
  func truncated(seed: UInt64) throws {
    var messages = RandomMessages(seed: seed)
    var bytes = messages.everything(depth: 0).encoded()
    // Fields of the outermost message: only between them can a cut message be whole.
    bytes += Everything.with { $0.scalars = .with { $0.aString = "the end" } }.encoded()
    var whole = 0
    for count in 0..<bytes.count {
      do {
        _ = try Everything(decoding: Array(bytes[..<count]))
        whole += 1
      } catch {
        #expect(error.code == .truncated, "cut at \(count); seed \(seed)")
      }
    }
    #expect(whole <= 9, "one for each outermost field and one for nothing; seed \(seed)")
  }

  @Test(
    "Each field of a message cut at any byte is refused", arguments: 1...5 as ClosedRange<UInt64>)
  func truncatedFields(seed: UInt64) throws {
    var messages = RandomMessages(seed: seed)
    let message = messages.everything(depth: 0)
    let inner = message.encoded()
    // In one length-delimited field, whose length promises all of it.
    let bytes = Everything.with { $0.parts = [message] }.encoded()
    for count in 1..<inner.count where inner.count > 1 {
      #expect(throws: ProtoError.truncated) { try Everything(decoding: Array(bytes[..<count])) }
    }
  }

  @Test(
    "Random damage never crashes, and what is accepted encodes to the same again",
    arguments: 1...8 as ClosedRange<UInt64>)
  func mutated(seed: UInt64) throws {
    var messages = RandomMessages(seed: seed)
    var random = SeededRandom(seed: seed)
    var accepted = 0
    var refused = 0
    for _ in 0..<60 {
      let original = messages.everything(depth: 0).encoded()
      for _ in 0..<8 where !original.isEmpty {
        var bytes = original
        for _ in 0...random.below(3) {
          let at = random.below(bytes.count)
          switch random.below(3) {
          case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
          case 1 where bytes.count > 1: bytes.remove(at: at)
          default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
          }
        }
        do throws(ProtoError) {
          let message = try Everything(decoding: bytes)
          let again = message.encoded()
          accepted += 1
          #expect(try Everything(decoding: again).encoded() == again, "seed \(seed)")
        } catch {
          refused += 1
        }
      }
    }
    #expect(accepted > 20 && refused > 20, "the damage tests nothing; seed \(seed)")
  }

  @Test(
    "What is not protobuf is refused, with the reason",
    arguments: [
      ([0x00], .invalidTag),  // Field number 0
      ([0x07], .invalidTag),  // Field number 0 with wire type 7
      ([0x80, 0x80, 0x80, 0x80, 0x10, 0], .invalidTag),  // Field number 2^29
      ([0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], .malformedVarint),
      ([0x18], .truncated),
      ([0x18, 0x80], .truncated),
      ([0x09, 1, 2, 3], .truncated),
      ([0x72, 5, 0x61], .truncated),
      // Length 2^64 - 1
      ([0x72, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], .truncated),
      ([0x72, 2, 0xc3, 0x28], .invalidUTF8),
      ([0x72, 3, 0xed, 0xa0, 0x80], .invalidUTF8),  // A surrogate
      ([0x72, 2, 0xc0, 0x80], .invalidUTF8),  // An overlong 0
      ([0x1e], .groupMismatch),  // Wire type 6
      ([0x1f], .groupMismatch),  // Wire type 7
      ([0x1c], .groupMismatch),  // The end of a group that has not begun
      ([0xa3, 0x06, 0xac, 0x06], .groupMismatch),  // Group 100 that ends as 101
      ([0xa3, 0x06, 0x08, 0x01], .truncated),  // A group without an end
    ] as [([UInt8], ProtoError.Code)])
  func refused(bytes: [UInt8], code: ProtoError.Code) {
    #expect(throws: ProtoError(code)) { try Scalars(decoding: bytes) }
  }

  @Test("An error names the innermost message and the field")
  func place() throws {
    // Everything.parts[0].scalars.a_string is not UTF-8.
    let scalars: [UInt8] = [0x72, 1, 0xff]
    let part = [0x0a, UInt8(scalars.count)] + scalars
    let bytes = [0xc2, 0x3e, UInt8(part.count)] + part
    let error = try #require(throws: ProtoError.self) { try Everything(decoding: bytes) }
    #expect(error.messageName == "verbatim.testing.Scalars" && error.fieldNumber == 14)
    #expect(
      error.description
        == "protobuf: a string is not UTF-8, in verbatim.testing.Scalars at field 14")

    // A map's entry has no name that anybody knows: the error is in the map's field.
    let inMap = try #require(throws: ProtoError.self) {
      try Maps(decoding: [0x0a, 3, 0x0a, 1, 0xff])
    }
    #expect(inMap.messageName == "verbatim.testing.Maps" && inMap.fieldNumber == 1)
  }

  @Test("After an error the message has what came before it")
  func partial() {
    var message = Scalars()
    let bytes: [UInt8] = [0x18, 7, 0x72, 5]
    #expect(throws: ProtoError.truncated) {
      try bytes.withUnsafeBytes { try message.merge(decoding: $0) }
    }
    #expect(message.anInt32 == 7)
  }
}
