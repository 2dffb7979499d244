/// Repeatable pseudo-random numbers (SplitMix64, public domain algorithm by Sebastiano Vigna).
///
/// Everything the simulator decides comes from one of these, made from the seed and the names of what is decided, so
/// that a run can be repeated whatever the order in which requests arrive.
struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(_ state: UInt64) { self.state = state }

  /// A generator for one decision, such as the latency of the second player request for one video.
  init(seed: UInt64, _ parts: String..., number: UInt64 = 0) {
    var hash = StableHash(seed)
    for part in parts { hash.combine(part) }
    hash.combine(number)
    self.state = hash.value
  }

  mutating func next() -> UInt64 {
    self.state &+= 0x9e37_79b9_7f4a_7c15
    return StableHash.mix(self.state)
  }

  /// From 0 up to but not including 1.
  mutating func unit() -> Double { Double(self.next() >> 11) * 0x1p-53 }

  /// True with probability `probability`.
  mutating func chance(_ probability: Double) -> Bool { self.unit() < probability }

  /// From 0 up to but not including `bound`, which must be above zero. The bias is below `bound / 2^64`.
  mutating func below(_ bound: Int) -> Int {
    Int(self.next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[self.below(elements.count)]
  }

  /// A normally distributed number with mean 0 and deviation 1 (sum of twelve uniform ones).
  mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + self.unit() } }
}

/// A hash that is the same in every process and release (FNV-1a, then mixed); not for secrets.
struct StableHash: Sendable {
  private var state: UInt64

  init(_ seed: UInt64) { self.state = 0xcbf2_9ce4_8422_2325 ^ Self.mix(seed) }

  mutating func combine(_ text: String) {
    for byte in text.utf8 { self.state = (self.state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    // So that "ab", "c" differs from "a", "bc".
    self.state = (self.state ^ 0xff) &* 0x100_0000_01b3
  }

  mutating func combine(_ number: UInt64) { self.state = Self.mix(self.state ^ number) }

  var value: UInt64 { Self.mix(self.state) }

  static func mix(_ value: UInt64) -> UInt64 {
    var value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
