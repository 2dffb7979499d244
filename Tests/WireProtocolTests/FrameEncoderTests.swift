internal import Protobuf
internal import Testing
internal import WireProtocol

@Suite("Frame encoder")
struct FrameEncoderTests {
  /// What the frames written are, decoded again.
  private func frames(_ encoder: inout FrameEncoder) throws -> [(FrameHeader, [UInt8])] {
    var bytes: [UInt8] = []
    encoder.drain { bytes += $0 }
    var decoder = FrameDecoder(limits: WireLimits())
    var offset = 0
    var found: [(FrameHeader, [UInt8])] = []
    while case .frame(let header) = try decoder.next(in: bytes.span.bytes, from: &offset) {
      found.append((header, Array(bytes[(offset - header.payloadBytes)..<offset])))
    }
    return found
  }

  @Test(
    "A Response carries any message, whatever its length takes to write",
    arguments: [0, 1, 127, 128, 16_383, 16_384, 100_000])
  func response(bytes count: Int) throws {
    let message = [UInt8](repeating: 7, count: count)
    var encoder = FrameEncoder(limits: WireLimits())
    try encoder.response(message, on: StreamID(3))
    let frames = try self.frames(&encoder)
    #expect(frames.count == 1)
    #expect(frames[0].0.kind == .response && frames[0].0.streamID == StreamID(3))
    #expect(try Response(decoding: frames[0].1).payload == message)
    #expect(encoder.byteCount == 0)
  }

  @Test("A message that does not fit is refused, and nothing is written")
  func tooLarge() throws {
    var encoder = FrameEncoder(limits: WireLimits(maxPayloadBytes: 100))
    try encoder.data([UInt8](repeating: 1, count: 100), on: StreamID(1))
    let written = encoder.byteCount
    #expect(throws: WireError.self) {
      try encoder.data([UInt8](repeating: 1, count: 101), on: StreamID(1))
    }
    #expect(throws: WireError.self) {
      try encoder.response([UInt8](repeating: 1, count: 100), on: StreamID(1))
    }
    #expect(throws: WireError.self) {
      try encoder.request(
        .with { $0.payload = [UInt8](repeating: 1, count: 100) }, flags: [], on: StreamID(1))
    }
    #expect(encoder.byteCount == written)
  }

  @Test("A status that does not fit keeps its code and the begin of its message")
  func largeStatus() throws {
    var encoder = FrameEncoder(limits: WireLimits(maxPayloadBytes: 2000))
    var status = Status(9, String(repeating: "x", count: 1500))
    status.details = [.with { $0.value = [UInt8](repeating: 1, count: 1000) }]
    encoder.response(status, on: StreamID(1))
    let frames = try self.frames(&encoder)
    let answer = try #require(try Response(decoding: frames[0].1).status)
    #expect(answer.code == 9 && answer.message.count == 1024 && answer.details.isEmpty)
  }
}
