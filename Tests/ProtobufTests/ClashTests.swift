internal import Protobuf
internal import Testing

@Suite("Schemas whose names clash")
struct ClashTests {
  @Test("Types with names of Swift and of the runtime compile and read back")
  func types() throws { #expect(try ClashChecks.typesRoundTrip()) }

  @Test("Members with names of other members, variables and words of the language read back")
  func members() throws { #expect(try ClashChecks.membersRoundTrip()) }

  @Test("Oneofs with such names read back")
  func oneofs() throws { #expect(try ClashChecks.oneofsRoundTrip()) }

  @Test("Enums with such names have all their cases")
  func enums() { #expect(ClashChecks.caseNumbers == Array(0...15)) }

  @Test("A service with such methods compiles")
  func service() { #expect(ClashChecks.serviceName == "verbatim.testing.clashes.Clash") }

  @Test("Code generated with UnknownFields=drop passes over what it does not know")
  func dropped() throws {
    let bytes: [UInt8] = [0xa0, 0x06, 0x96, 0x01, 0xa3, 0x06, 0xa4, 0x06]
    #expect(try ClashChecks.unknownFields(bytes).isEmpty)
  }
}
