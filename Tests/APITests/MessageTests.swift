internal import API
internal import Protobuf
internal import ProtobufJSON
internal import Testing

@Suite("Generated messages")
struct MessageTests {
  static let results = APISearchResults.with {
    $0.total = 1
    $0.totalIsExact = true
    $0.hits = [
      APISearchHit.with {
        $0.video = APIVideo.with {
          $0.id = "dQw4w9WgXcQ"
          $0.title = "Grüße, 世界"
        }
        $0.score = 1.5
        $0.moments = [
          APIMoment.with {
            $0.startMs = 61_000
            $0.text = "over the border"
            $0.highlights = [
              APIHighlight.with {
                $0.start = 5
                $0.length = 3
              }
            ]
          }
        ]
      }
    ]
  }

  @Test("A message survives the way to bytes and back")
  func binaryRoundTrip() throws {
    #expect(try APISearchResults(decoding: Self.results.encoded()) == Self.results)
  }

  @Test("A message cut at any byte is an error or a smaller message, never a crash")
  func cutAnywhere() {
    let bytes = Self.results.encoded()
    for count in 0..<bytes.count {
      let decoded = try? APISearchResults(decoding: Array(bytes[..<count]))
      #expect(decoded != Self.results)
    }
  }

  @Test("Fields that this version does not know are kept")
  func unknownFields() throws {
    // Field 1 of SearchHit, then field 100 (varint 7), which nobody has.
    let bytes: [UInt8] = [
      0x19, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f,  // Field 3, 64 bits: score 1.5
      0xa0, 0x06, 0x07,  // Field 100, varint: 7
    ]
    let hit = try APISearchHit(decoding: bytes)
    #expect(hit.score == 1.5)
    #expect(hit.encoded() == bytes)
  }

  @Test("More nested messages than the limit are refused")
  func messageLimit() {
    let bytes = [UInt8]((0..<100).flatMap { _ in [0x0a, 0x00] as [UInt8] })
    #expect(throws: ProtoError.messageLimit) {
      try APISearchResults(decoding: bytes, limits: ProtoLimits(messages: 50))
    }
  }
}

extension ProtoMessage {
  fileprivate static func with(_ fill: (inout Self) -> Void) -> Self {
    var message = Self()
    fill(&message)
    return message
  }
}
