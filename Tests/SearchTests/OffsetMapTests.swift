import Search
import Testing
import Transcripts

@Suite("Offset map")
struct OffsetMapTests {
  @Test("Every token is in its segment, also beside segments without tokens")
  func lookUp() throws {
    var map = OffsetMap()
    for (tokens, start) in [(0, 0), (2, 1000), (0, 1500), (0, 1600), (3, 2000), (0, 9000)] {
      map.append(tokens: tokens, startMilliseconds: Int64(start))
    }
    #expect((0..<5).map { map.segment(ofToken: $0) } == [1, 1, 4, 4, 4])
    #expect(map.tokenCount == 5)
    #expect(OffsetMap(decoding: map.encoded) == map)
    #expect(OffsetMap().segment(ofToken: 0) == nil)
  }

  @Test("Starts that go back, and very large ones, survive encoding")
  func extremes() {
    var map = OffsetMap()
    for start in [5, -7, .max, .min, 0] as [Int64] {
      map.append(tokens: 1, startMilliseconds: start)
    }
    #expect(OffsetMap(decoding: map.encoded) == map)
  }

  @Test("A cut map is noticed")
  func cut() {
    var map = OffsetMap()
    for index in 0..<10 { map.append(tokens: 300, startMilliseconds: Int64(index) * 5000) }
    let bytes = map.encoded
    #expect(OffsetMap(decoding: Array(bytes.dropLast())) == nil)
    #expect(OffsetMap(decoding: [0xFF, 0xFF, 0xFF]) == nil)
  }
}
