internal import Testing
internal import WireProtocol

@Suite("Frame decoder")
struct FrameDecoderTests {
  static let frame: [UInt8] = [
    0x00, 0x00, 0x00, 0x02,  // Payload: 2 bytes
    0x00, 0x00, 0x00, 0x07,  // Stream 7
    0x03, 0x05,  // Data; remote closed, no data
    0x2a, 0x2b,  // Payload
  ]
  static let header = FrameHeader(
    payloadBytes: 2, streamID: StreamID(7), kind: .data, flags: [.remoteClosed, .noData])

  /// A header with a length and nothing else of interest.
  static func header(length: UInt32) -> [UInt8] {
    withUnsafeBytes(of: length.bigEndian) { Array($0) } + [0, 0, 0, 1, 1, 0]
  }

  @Test("A frame cut at any byte is found once, and whole", arguments: 0...Self.frame.count)
  func frameCutAnywhere(at cut: Int) throws {
    var decoder = FrameDecoder(limits: WireLimits())
    var offset = 0
    if cut < Self.frame.count {
      let part = Array(Self.frame[..<cut])
      #expect(try decoder.next(in: part.span.bytes, from: &offset) == .incomplete)
      #expect(offset == 0)
      #expect(decoder.isInsideFrame == (cut > 0))
    }
    #expect(try decoder.next(in: Self.frame.span.bytes, from: &offset) == .frame(Self.header))
    #expect(offset == Self.frame.count)
    #expect(try decoder.next(in: Self.frame.span.bytes, from: &offset) == .incomplete)
    #expect(!decoder.isInsideFrame)
  }

  @Test("Frames that arrive together are found one by one")
  func manyFrames() throws {
    let bytes = Self.frame + Self.frame + Self.frame.dropLast()
    var decoder = FrameDecoder(limits: WireLimits())
    var offset = 0
    #expect(try decoder.next(in: bytes.span.bytes, from: &offset) == .frame(Self.header))
    #expect(try decoder.next(in: bytes.span.bytes, from: &offset) == .frame(Self.header))
    #expect(try decoder.next(in: bytes.span.bytes, from: &offset) == .incomplete)
    #expect(offset == 2 * Self.frame.count)
  }

  @Test("A payload of exactly the limit is a frame, one byte more is passed over")
  func limit() throws {
    let limits = WireLimits(maxPayloadBytes: 16)
    for (length, isTaken) in [(16, true), (17, false)] {
      let bytes = Self.header(length: UInt32(length)) + [UInt8](repeating: 9, count: length)
      var decoder = FrameDecoder(limits: limits)
      var offset = 0
      switch try decoder.next(in: bytes.span.bytes, from: &offset) {
      case .frame(let header): #expect(isTaken && header.payloadBytes == 16)
      case .oversized(let header): #expect(!isTaken && header.payloadBytes == 17)
      case .incomplete: Issue.record("the frame is complete")
      }
    }
  }

  @Test("An oversized payload is passed over in any pieces, and the next frame is found")
  func oversizedInPieces() throws {
    let long = Self.header(length: 20) + [UInt8](repeating: 9, count: 20)
    let bytes = long + Self.frame
    for pieceLength in 1...bytes.count {
      var decoder = FrameDecoder(limits: WireLimits(maxPayloadBytes: 16))
      var events: [FrameDecoder.Event] = []
      var unread: [UInt8] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        unread += rest.prefix(pieceLength)
        rest = rest.dropFirst(pieceLength)
        var offset = 0
        while true {
          let event = try decoder.next(in: unread.span.bytes, from: &offset)
          if event == .incomplete { break }
          events.append(event)
        }
        unread.removeFirst(offset)
      }
      let oversized = FrameHeader(payloadBytes: 20, streamID: StreamID(1), kind: .request)
      #expect(events == [.oversized(oversized), .frame(Self.header)])
      #expect(unread.isEmpty)
    }
  }

  @Test("A length whose first byte is not zero is an error at once")
  func absurdLength() {
    let bytes = Self.header(length: 0x0100_0000)
    var decoder = FrameDecoder(limits: WireLimits())
    var offset = 0
    #expect(throws: WireError.self) { try decoder.next(in: bytes.span.bytes, from: &offset) }
  }
}
