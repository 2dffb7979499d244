/// Finds frames in what has arrived.
///
/// It owns no memory: the caller keeps bytes until a frame is whole, so a peer that announces 4 MiB and sends nothing
/// costs nothing. A frame beyond the limit is passed over byte by byte as it arrives, and told once at its start.
package struct FrameDecoder: Sendable {
  /// What was found.
  package enum Event: Sendable, Hashable {
    /// A frame; its payload is the `payloadBytes` bytes before the new offset.
    case frame(FrameHeader)
    /// A frame larger than ``WireLimits/maxPayloadBytes`` begins. Its payload will be passed over.
    case oversized(FrameHeader)
    /// More bytes are needed.
    case incomplete
  }

  private let maxPayloadBytes: Int
  /// Bytes of an oversized payload that are still to be passed over.
  private var bytesToSkip = 0
  /// Whether a frame has begun to arrive and is not complete.
  package private(set) var isInsideFrame = false

  /// Creates a decoder.
  package init(limits: WireLimits) { self.maxPayloadBytes = limits.maxPayloadBytes }

  /// Finds the next frame.
  ///
  /// - Parameters:
  ///   - bytes: All that has arrived and was not consumed.
  ///   - offset: Where to look; moved behind what was consumed. After ``Event/incomplete`` call again with the bytes
  ///     from there on and more.
  /// - Throws: ``WireError/Code/frameTooLarge`` when the first byte of the length is not zero: the peer is not
  ///   speaking this protocol, or is hostile. Close the connection.
  package mutating func next(
    in bytes: borrowing RawSpan, from offset: inout Int
  ) throws(WireError) -> Event {
    if self.bytesToSkip > 0 {
      let skipped = min(self.bytesToSkip, bytes.byteCount - offset)
      self.bytesToSkip -= skipped
      offset += skipped
    }
    guard self.bytesToSkip == 0, bytes.byteCount - offset >= FrameHeader.byteCount else {
      self.isInsideFrame = self.bytesToSkip > 0 || offset < bytes.byteCount
      return .incomplete
    }
    let header = FrameHeader(bytes, at: offset)
    guard header.payloadBytes <= WireLimits.maxSkippedPayloadBytes else {
      throw WireError(
        .frameTooLarge,
        "a frame announces \(header.payloadBytes) bytes, which no peer of this protocol sends")
    }
    guard header.payloadBytes <= self.maxPayloadBytes else {
      offset += FrameHeader.byteCount
      self.bytesToSkip = header.payloadBytes
      self.isInsideFrame = true
      return .oversized(header)
    }
    guard bytes.byteCount - offset >= FrameHeader.byteCount + header.payloadBytes else {
      self.isInsideFrame = true
      return .incomplete
    }
    offset += FrameHeader.byteCount + header.payloadBytes
    self.isInsideFrame = false
    return .frame(header)
  }
}
