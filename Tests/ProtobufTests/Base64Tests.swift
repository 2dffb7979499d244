internal import Protobuf
internal import Testing

@Suite("Base64")
struct Base64Tests {
  @Test(
    "The examples of RFC 4648",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func examples(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(text.utf8))
    let unpadded = String(encoded.prefix { $0 != "=" })
    #expect(Base64.decode(unpadded) == Array(text.utf8))
  }

  @Test("Both alphabets are read, the standard one is written")
  func alphabets() {
    #expect(Base64.encode([0xfb, 0xef, 0xff]) == "++//")
    #expect(Base64.decode("++//") == [0xfb, 0xef, 0xff])
    #expect(Base64.decode("--__") == [0xfb, 0xef, 0xff])
  }

  @Test("Random bytes read back", arguments: 0..<70)
  func roundTrip(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    #expect(Base64.decode(Base64.encode(bytes)) == bytes)
  }

  @Test(
    "Everything else is refused",
    arguments: [
      "A", "=", "A=", "AA=", "A===", "AAA==", "AAAA=", "AA==AA==", "A A=", "AA\n=", "AA*=", "é",
      "=AAA",
    ])
  func refused(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
