import Compression
import Testing

@Suite("Zstandard")
struct ZstdTests {
  static let sizes = [0, 1, 100, 70_000, 5_000_000]

  @Test("What is compressed comes back", arguments: sizes, [1, 3, 19])
  func roundTrip(size: Int, level: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }
    let packed = Zstd.compress(bytes, level: level)
    let unpacked = try Zstd.decompress(packed, maxBytes: size)
    #expect(unpacked == bytes)
  }

  @Test("With a prefix that repeats the content, next to nothing is left")
  func prefix() throws {
    let bytes = (0..<50_000).map { _ in UInt8.random(in: 0...255) }
    // In other memory: zstd does not use the part of a prefix that is the input itself.
    let prefix = bytes + [1]
    let packed = Zstd.compress(bytes, prefix: prefix)
    #expect(packed.count < 200)
    let unpacked = try Zstd.decompress(packed, maxBytes: 50_000, prefix: prefix)
    #expect(unpacked == bytes)
    #expect(throws: CompressionError.self) {
      try Zstd.decompress(packed, maxBytes: 50_000, prefix: [1, 2, 3])
    }
  }

  @Test("One compressor makes many frames, each whole by itself")
  func compressor() throws {
    let compressor = ZstdCompressor(level: 1)
    let texts = (0..<20).map { Array(String(repeating: "text \($0) ", count: $0 * 50).utf8) }
    for (index, text) in texts.enumerated() {
      let prefix = index % 2 == 0 ? [] : texts[index - 1]
      let packed = compressor.compress(text, prefix: prefix)
      let unpacked = try Zstd.decompress(packed, maxBytes: 100_000, prefix: prefix)
      #expect(unpacked == text)
    }
  }

  @Test("A bomb is refused by what it states, before anything is decompressed")
  func statedBomb() {
    let packed = Zstd.compress([UInt8](repeating: 0, count: 50_000_000))
    #expect(packed.count < 10_000)
    #expect {
      try Zstd.decompress(packed, maxBytes: 1_000_000)
    } throws: { ($0 as? CompressionError)?.code == .tooLarge }
  }

  @Test("A bomb that hides behind a small first frame is refused by what comes out")
  func hiddenBomb() {
    let packed = Zstd.compress([1]) + Zstd.compress([UInt8](repeating: 0, count: 50_000_000))
    #expect {
      try Zstd.decompress(packed, maxBytes: 1_000_000)
    } throws: { ($0 as? CompressionError)?.code == .tooLarge }
  }

  @Test("Several frames are one content")
  func frames() throws {
    let packed = Zstd.compress(Array("one ".utf8)) + Zstd.compress(Array("two".utf8))
    #expect(try Zstd.decompress(packed, maxBytes: 100) == Array("one two".utf8))
  }

  @Test("Bytes that are cut, changed or no frame are malformed, and never crash")
  func damaged() {
    let packed = Zstd.compress(Array("a sentence that is said twice, a sentence".utf8))
    for cut in 0..<packed.count {
      #expect(throws: CompressionError.self) {
        try Zstd.decompress(Array(packed[..<cut]), maxBytes: 1000)
      }
    }
    for index in packed.indices {
      var changed = packed
      changed[index] ^= 0x55
      // The checksum notices; a change of an unused header bit may go unnoticed, but then the content is right.
      if let bytes = try? Zstd.decompress(changed, maxBytes: 1000) {
        #expect(bytes == Array("a sentence that is said twice, a sentence".utf8))
      }
    }
  }
}
