internal import Base64
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

  @Test("Both alphabets are read, the one asked for is written")
  func alphabets() {
    #expect(Base64.encode([0xfb, 0xef, 0xff]) == "++//")
    #expect(Base64.encode([0xfb, 0xef, 0xff], urlSafe: true) == "--__")
    #expect(Base64.decode("++//") == [0xfb, 0xef, 0xff])
    #expect(Base64.decode("--__") == [0xfb, 0xef, 0xff])
  }

  @Test("Bytes read back, whatever their number, alphabet and padding", arguments: 0..<70)
  func roundTrip(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 77 + 250) }
    for urlSafe in [true, false] {
      for padded in [true, false] {
        let text = Base64.encode(bytes, urlSafe: urlSafe, padded: padded)
        #expect(Base64.decode(text) == bytes)
        #expect(text.contains("=") == (padded && count % 3 != 0))
      }
    }
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
