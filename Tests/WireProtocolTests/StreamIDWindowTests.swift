internal import TestRandom
internal import Testing
internal import WireProtocol

@Suite("Window of used stream ids")
struct StreamIDWindowTests {
  /// A window into which the ids were put, and which of them it took.
  private func window(_ numbers: [UInt32]) -> (StreamIDWindow, taken: [UInt32]) {
    var window = StreamIDWindow()
    var taken: [UInt32] = []
    for number in numbers where window.insert(StreamID(number)) { taken.append(number) }
    return (window, taken)
  }

  @Test("An id is taken once, in any order within the window")
  func anyOrder() {
    let (window, taken) = self.window([5, 1, 9, 3, 7, 1, 3, 5, 7, 9])
    #expect(taken == [5, 1, 9, 3, 7])
    #expect(window.use(of: StreamID(9)) == .used)
    #expect(window.use(of: StreamID(11)) == .unused)
  }

  @Test("What is further behind than the window counts as used")
  func tooOld() {
    let width = UInt32(2 * WireLimits.streamIDWindow)
    let (window, _) = self.window([width + 1])
    #expect(window.use(of: StreamID(1)) == .used)
    #expect(window.use(of: StreamID(3)) == .unused)
    let (jumped, taken) = self.window([width + 1, .max])
    #expect(taken == [width + 1, .max])
    #expect(jumped.use(of: StreamID(width + 3)) == .used)
    #expect(jumped.use(of: StreamID(.max - 2)) == .unused)
  }

  @Test("It agrees with a set of all ids", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func agreesWithSet(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var window = StreamIDWindow()
    var used: Set<Int> = []
    var highest = -1
    for _ in 0..<5000 {
      let jump = Int.random(in: 0..<50, using: &random) == 0 ? 3000 : 40
      let index = max(0, highest + Int.random(in: -1200...jump, using: &random))
      let isUsed =
        used.contains(index) || highest - index >= WireLimits.streamIDWindow
      let isTaken = window.insert(StreamID(UInt32(2 * index + 1)))
      #expect(isTaken == !isUsed, "seed \(seed), index \(index)")
      used.insert(index)
      highest = max(highest, index)
    }
  }
}
