/// The head of a frame (RFC 9113 §4.1).
///
///     length (24) | type (8) | flags (8) | reserved (1) | stream (31)
struct HTTP2Frame {
  enum Kind: UInt8 {
    case data = 0
    case headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
  }

  static let headBytes = 9
  /// The most that a frame holds unless more was agreed on (§4.2), which we never do.
  static let maxPayloadBytes = 16_384

  static let endStream: UInt8 = 0x1
  static let acknowledge: UInt8 = 0x1
  static let endHeaders: UInt8 = 0x4
  static let padded: UInt8 = 0x8
  static let hasPriority: UInt8 = 0x20

  var length: Int
  /// Nil for a kind that nobody knows: those are skipped (§5.5).
  var kind: Kind?
  var flags: UInt8
  var streamID: UInt32

  init(_ kind: Kind, length: Int, flags: UInt8 = 0, streamID: UInt32 = 0) {
    self.length = length
    self.kind = kind
    self.flags = flags
    self.streamID = streamID
  }

  /// Reads nine bytes.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
    self.kind = Kind(rawValue: bytes[3])
    self.flags = bytes[4]
    self.streamID = bytes.loadUnaligned(fromByteOffset: 5, as: UInt32.self).bigEndian & 0x7FFF_FFFF
  }

  func has(_ flag: UInt8) -> Bool { self.flags & flag != 0 }
}

/// Why a stream or a connection ends (§7).
enum HTTP2Error: UInt32, Error {
  case none = 0
  case protocolError, internalError, flowControl, settingsTimeout, streamClosed, frameSize
  case refusedStream, cancel, compression, connect, enhanceYourCalm
}
