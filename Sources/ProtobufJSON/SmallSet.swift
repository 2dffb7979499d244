/// A set of numbers from 0 that are mostly small: those below 64 take no memory of their own.
struct SmallSet {
  private var word: UInt64 = 0
  private var more: Set<Int> = []

  /// Whether the number is new.
  mutating func insert(_ number: Int) -> Bool {
    guard number < 64 else { return self.more.insert(number).inserted }
    let bit: UInt64 = 1 << UInt64(number)
    defer { self.word |= bit }
    return self.word & bit == 0
  }
}
