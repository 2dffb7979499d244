/// The ten bytes before every payload.
///
///      0               1               2               3
///     +---------------+---------------+---------------+---------------+
///     |                 payload length, big endian                    |
///     +---------------+---------------+---------------+---------------+
///     |                    stream id, big endian                      |
///     +---------------+---------------+---------------+---------------+
///     |     kind      |     flags     |  payload …
///     +---------------+---------------+
package struct FrameHeader: Sendable, Hashable {
  /// Bytes of a header on the wire.
  package static let byteCount = 10

  /// Bytes of the payload, without the header.
  package var payloadBytes: Int
  /// Which call it belongs to.
  package var streamID: StreamID
  /// What it is.
  package var kind: FrameKind
  /// How its stream goes on.
  package var flags: FrameFlags

  /// Creates a header.
  ///
  /// - Parameter payloadBytes: Fits 32 bits.
  package init(payloadBytes: Int, streamID: StreamID, kind: FrameKind, flags: FrameFlags = []) {
    self.payloadBytes = payloadBytes
    self.streamID = streamID
    self.kind = kind
    self.flags = flags
  }

  /// Reads a header.
  ///
  /// - Parameter bytes: At least ``byteCount`` from `offset` on.
  init(_ bytes: borrowing RawSpan, at offset: Int) {
    let length = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    let number = bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
    let kind = bytes.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt8.self)
    let flags = bytes.unsafeLoadUnaligned(fromByteOffset: offset + 9, as: UInt8.self)
    self.init(
      payloadBytes: Int(UInt32(bigEndian: length)), streamID: StreamID(UInt32(bigEndian: number)),
      kind: FrameKind(rawValue: kind), flags: FrameFlags(rawValue: flags))
  }
}
