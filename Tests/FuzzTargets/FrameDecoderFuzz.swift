internal import WireProtocol

/// The frame decoder, whose bytes come in pieces: the first byte says how large they are.
enum FrameDecoderFuzz: FuzzTarget {
  static let name = "frame-decoder"
  /// Small, so that inputs of a fuzzer's size go beyond it.
  private static let limits = WireLimits(maxPayloadBytes: 256)

  static func run(_ bytes: [UInt8]) {
    var script = ByteScript(bytes)
    let pieceBytes = Int(script.byte()) + 1
    let stream = script.remainder()
    let whole = self.events(of: stream, pieceBytes: max(1, stream.count))
    let pieces = self.events(of: stream, pieceBytes: pieceBytes)
    FuzzFailure.require(whole == pieces, "pieces of \(pieceBytes) bytes decode to other frames")
  }

  /// What the decoder finds, as its owner uses it: bytes that were consumed are gone.
  private static func events(of stream: [UInt8], pieceBytes: Int) -> [FrameDecoder.Event] {
    var decoder = FrameDecoder(limits: self.limits)
    var waiting: [UInt8] = []
    var events: [FrameDecoder.Event] = []
    for start in stride(from: 0, to: stream.count, by: pieceBytes) {
      waiting += stream[start..<min(start + pieceBytes, stream.count)]
      var offset = 0
      do {
        while true {
          let before = offset
          let event = try decoder.next(in: waiting.span.bytes, from: &offset)
          FuzzFailure.require(
            offset >= before && offset <= waiting.count, "the offset leaves the bytes")
          if event == .incomplete { break }
          events.append(event)
        }
      } catch {
        // The connection is closed: nothing after it counts.
        return events
      }
      waiting.removeFirst(offset)
      FuzzFailure.require(
        waiting.count <= FrameHeader.byteCount + self.limits.maxPayloadBytes,
        "more than a frame waits")
    }
    return events
  }
}
