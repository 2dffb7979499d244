import Search
import Testing

@testable import ElasticsearchIndex

@Suite("Nodes of a cluster")
struct HostPoolTests {
  private let start = ContinuousClock.now

  @Test("All are asked in turn")
  func turns() {
    var pool = HostPool(["a", "b", "c"])
    #expect((0..<6).map { _ in pool.next(self.start).url } == ["a", "b", "c", "a", "b", "c"])
  }

  @Test("One that failed is left alone, longer after each failure, and asked again then")
  func rest() {
    var pool = HostPool(["a", "b"])
    pool.failed("a", self.start)
    #expect(pool.aliveCount(self.start) == 1)
    #expect((0..<3).map { _ in pool.next(self.start).url } == ["b", "b", "b"])
    #expect(pool.next(self.start + HostPool.minRest) == .init(url: "a", isTrial: true))
    pool.failed("a", self.start)
    #expect(pool.aliveCount(self.start + HostPool.minRest) == 1)
    #expect(pool.aliveCount(self.start + HostPool.minRest * 2) == 2)
    for _ in 0..<20 { pool.failed("a", self.start) }
    #expect(pool.aliveCount(self.start + HostPool.maxRest) == 2)
  }

  @Test(
    "One that comes back is tried out by one request; the others go elsewhere until it has answered"
  )
  func trial() {
    var pool = HostPool(["a", "b"])
    pool.failed("a", self.start)
    let later = self.start + HostPool.minRest
    #expect(pool.next(later) == .init(url: "a", isTrial: true))
    #expect((0..<3).map { _ in pool.next(later) } == Array(repeating: .init(url: "b"), count: 3))
    // An answer that never came, and was not even told of.
    #expect(pool.next(later + HostPool.trialTimeout) == .init(url: "a", isTrial: true))
    pool.worked("a")
    #expect((0..<2).map { _ in pool.next(later) } == [.init(url: "b"), .init(url: "a")])
  }

  @Test("The only node there is is not tried out first")
  func noTrial() {
    var pool = HostPool(["a"])
    pool.failed("a", self.start)
    #expect(pool.next(self.start) == .init(url: "a"))
    #expect(pool.next(self.start + HostPool.minRest) == .init(url: "a"))
  }

  @Test("When all rest, the one whose rest ends first is asked")
  func allRest() {
    var pool = HostPool(["a", "b"])
    pool.failed("a", self.start)
    pool.failed("b", self.start - .milliseconds(100))
    #expect(pool.next(self.start) == .init(url: "b"))
    pool.worked("a")
    #expect(pool.next(self.start) == .init(url: "a"))
  }
}

@Suite("Documents for a cluster")
struct DocumentTests {
  @Test(
    "The year is that of the Gregorian calendar",
    arguments: [
      (0, 1970), (-1, 1969), (951_782_400_000, 2000), (1_704_067_199_999, 2023),
      (1_704_067_200_000, 2024), (1_735_689_599_999, 2024), (-62_135_596_800_000, 1),
      (4_102_444_800_000, 2100),
    ] as [(Int64, Int64)])
  func years(_ milliseconds: Int64, _ year: Int64) {
    #expect(DocumentEncoder.year(ofMilliseconds: milliseconds) == year)
  }

  @Test("Names of indexes are read back, and others' are not taken for ours")
  func names() {
    let names = IndexNames(prefix: "verbatim")
    #expect(names.parse("verbatim.talks.v12")?.generation == 12)
    #expect(names.parse("verbatim.talks.v12")?.index == IndexName("talks"))
    for other in ["verbatim.talks", "verbatim.talks.write", "other.talks.v1", "verbatim.a.b.v1"] {
      #expect(names.parse(other) == nil, "\(other)")
    }
    #expect(names.parseAlias("verbatim.live.alias") == IndexName("live"))
    #expect(names.parseAlias("verbatim.live") == nil)
  }
}
