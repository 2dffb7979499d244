/// Random numbers that repeat with their seed, so that a failure can be had again: SplitMix64 (S. Vigna, public domain).
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { self.state = seed }

  package mutating func next() -> UInt64 {
    self.state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = self.state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[self.below(elements.count)]
  }

  package mutating func flip() -> Bool { Bool.random(using: &self) }

  /// True so often of a hundred times.
  package mutating func percent(_ chance: Int) -> Bool { self.below(100) < chance }
}
