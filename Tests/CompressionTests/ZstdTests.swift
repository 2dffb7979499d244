internal import Compression
internal import Testing

@Suite("Zstandard")
struct ZstdTests {
  static let text = [UInt8]("all right oh good I see a few people here ".utf8)

  @Test("What is compressed comes back", arguments: [0, 1, 100, 1_000_000])
  func roundTrip(count: Int) throws {
    let bytes = (0..<count).map { Self.text[$0 % Self.text.count] }
    let compressed = Zstd.compress(bytes)
    #expect(try Zstd.decompress(compressed, maxBytes: count) == bytes)
    if count > 1000 { #expect(compressed.count < count / 100) }
  }

  @Test("More than the caller allows is refused, by what the frame states and by what comes out")
  func bomb() {
    let compressed = Zstd.compress([UInt8](repeating: 0, count: 10_000_000))
    #expect(compressed.count < 2000)
    #expect(throws: CompressionError.self) { try Zstd.decompress(compressed, maxBytes: 9_999_999) }
    // The same frame twice is one value of twice the size; only the first states how large it is.
    let error = #expect(throws: CompressionError.self) {
      try Zstd.decompress(compressed + compressed, maxBytes: 15_000_000)
    }
    #expect(error?.code == .tooLarge)
  }

  @Test("A frame cut at any byte, or with any byte changed, never gives a wrong value")
  func damaged() {
    let bytes = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 3) }
    let compressed = Zstd.compress(bytes)
    for count in 0..<compressed.count {
      #expect(
        (try? Zstd.decompress(Array(compressed[..<count]), maxBytes: 10_000)) == nil || count == 0)
    }
    for place in 0..<compressed.count {
      var changed = compressed
      changed[place] ^= 0x40
      if let result = try? Zstd.decompress(changed, maxBytes: 10_000) { #expect(result == bytes) }
    }
  }
}
