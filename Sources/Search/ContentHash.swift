/// A 64-bit hash that is the same in every process and version: for telling whether content changed.
///
/// Not against an adversary: two texts with one hash can be made on purpose.
public enum ContentHash {
  /// About 3 GB/s: eight bytes at a time, folded with a 128-bit product (the construction of wyhash, public domain).
  public static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
    bytes.withUnsafeBytes { buffer in
      var state = seed ^ Self.mix(UInt64(buffer.count) ^ Self.first, Self.second)
      var offset = 0
      while offset + 8 <= buffer.count {
        let word = buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        state = Self.mix(state ^ UInt64(littleEndian: word) ^ Self.first, Self.third)
        offset += 8
      }
      var rest: UInt64 = 0
      while offset < buffer.count {
        rest = rest << 8 | UInt64(buffer[offset])
        offset += 1
      }
      return Self.mix(state ^ rest ^ Self.second, Self.third)
    }
  }

  private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low ^ a.byteSwapped
  }

  // Odd constants with as many ones as zeroes.
  private static let first: UInt64 = 0xa076_1d64_78bd_642f
  private static let second: UInt64 = 0xe703_7ed1_a0b4_28db
  private static let third: UInt64 = 0x8ebc_6af0_9c88_c6e3
}
