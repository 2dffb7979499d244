import Compression
import Testing

@Suite("Gzip")
struct GzipTests {
  @Test("What is compressed comes back", arguments: [0, 1, 100, 16_384, 1_000_000])
  func roundTrip(size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    let compressed = Gzip.compress(bytes)
    #expect(try Gzip.decompress(compressed, maxBytes: size) == bytes)
    #expect(try Gzip.decompress(compressed + compressed, maxBytes: 2 * size) == bytes + bytes)
  }

  @Test("A bomb ends at the bound")
  func bomb() throws {
    let compressed = Gzip.compress([UInt8](repeating: 0, count: 5_000_000), level: 9)
    #expect(compressed.count < 10_000)
    let error = #expect(throws: CompressionError.self) {
      try Gzip.decompress(compressed, maxBytes: 4_999_999)
    }
    #expect(error?.code == .tooLarge)
    #expect(try Gzip.decompress(compressed, maxBytes: 5_000_000).count == 5_000_000)
  }

  @Test("Data that is cut short anywhere is an error")
  func cut() throws {
    let compressed = Gzip.compress((0..<300).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    for count in 0..<compressed.count {
      #expect(throws: CompressionError.self, "\(count)") {
        try Gzip.decompress(Array(compressed.prefix(count)), maxBytes: 1000)
      }
    }
  }

  @Test("Damaged data is an error or what it was, never something else")
  func damaged() throws {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let compressed = Gzip.compress(bytes)
    for place in compressed.indices {
      var damaged = compressed
      damaged[place] ^= 0x10
      // Some bytes of the header mean nothing; otherwise it is an error.
      do { #expect(try Gzip.decompress(damaged, maxBytes: 1000) == bytes) } catch { continue }
    }
    #expect(throws: CompressionError.self) { try Gzip.decompress(Array("plain".utf8), maxBytes: 9) }
    #expect(throws: CompressionError.self) {
      try Gzip.decompress(compressed + Array("more".utf8), maxBytes: 1000)
    }
  }
}
