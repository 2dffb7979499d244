internal import JSON
internal import TestRandom
internal import Testing

@Suite("JSON reader under damaged input")
struct JSONMutationTests {
  private static let seeds = [
    #"{"wireMagic":"pb3","events":[{"tStartMs":0,"segs":[{"utf8":"in \"quotes\" \ud83d\ude00é"}]}]}"#,
    #"[1,-2.5e+10,0.001,true,false,null,"",{},[],[[[[1]]]],18446744073709551615]"#,
    "  { \"a\" : [ 1 , { \"b\" : \"\\u0041\\n\" } ] }  ",
  ]

  @Test(
    "Random damage never crashes, and whatever is accepted writes and reads back the same",
    arguments: [1, 2, 3, 4] as [UInt64])
  func damage(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var accepted = 0
    for _ in 0..<5_000 {
      var bytes = Array(Self.seeds[Int(random.next() % 3)].utf8)
      for _ in 0..<random.next() % 6 {
        let at = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 4 {
        case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes[at] = Array("{}[]\",:\\u0123eE+-. tfn".utf8)[Int(random.next() % 22)]
        case 2 where bytes.count > 1: bytes.remove(at: at)
        default: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: at)
        }
      }
      do throws(JSONError) {
        let limits = JSONLimits(maxDepth: 8, maxNodes: 64, loneSurrogates: .replace)
        let document = try JSONDocument(parsing: bytes, limits: limits)
        accepted += 1
        Self.readAll(document.root)
        var writer = JSONWriter()
        writer.value(document.root)
        let again = try JSONDocument(parsing: writer.bytes, limits: limits)
        #expect(JSONReaderTests.equal(document.root, again.root))
      } catch {
        #expect(error.offset >= 0 && error.offset <= bytes.count)
      }
    }
    #expect(accepted > 500, "the damage is so large that nothing is tested; seed \(seed)")
  }

  /// Asks a value and all it holds for everything that can be asked.
  private static func readAll(_ value: JSONValue) {
    _ = (value.string, value.int64, value.uint64, value.double, value.bool, value.encoded)
    _ = (value["utf8"], value[0], value.utf8Equals("pb3"), value.description)
    for element in value.elements { Self.readAll(element) }
    for member in value.members {
      _ = member.name
      Self.readAll(member.value)
    }
  }
}
