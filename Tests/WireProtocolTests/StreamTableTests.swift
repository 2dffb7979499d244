internal import TestRandom
internal import Testing
internal import WireProtocol

@Suite("Table of open streams")
struct StreamTableTests {
  @Test(
    "It agrees with a dictionary, whatever ids come and go",
    arguments: 1...20 as ClosedRange<UInt64>)
  func agreesWithDictionary(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = StreamTable<Int>()
    var dictionary: [UInt32: Int] = [:]
    // Ids in a row, ids that collide, and the highest of all.
    var ids: [UInt32] = [.max]
    for number: UInt32 in 0..<40 { ids += [2 * number + 1, 4096 * number + 1] }
    for step in 0..<3000 {
      guard let id = ids.randomElement(using: &random) else { continue }
      if Bool.random(using: &random) {
        table[StreamID(id)] = step
        dictionary[id] = step
      } else {
        let removed = table.removeValue(for: StreamID(id))
        #expect(removed == dictionary.removeValue(forKey: id), "seed \(seed), step \(step)")
      }
      #expect(table.count == dictionary.count, "seed \(seed), step \(step)")
    }
    for id in ids { #expect(table[StreamID(id)] == dictionary[id], "seed \(seed), id \(id)") }
    #expect(table.values.sorted() == dictionary.values.sorted(), "seed \(seed)")
  }
}
