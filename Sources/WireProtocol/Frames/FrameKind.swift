/// What a frame is. PROTOCOL.md, "Kinds".
package struct FrameKind: RawRepresentable, Sendable, Hashable {
  /// The byte as it travels.
  package let rawValue: UInt8

  /// Creates a kind, known or not.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Begins a call; from clients only.
  package static let request = Self(rawValue: 0x01)
  /// Ends a call with a status; from servers only.
  package static let response = Self(rawValue: 0x02)
  /// One message of a stream, or its end.
  package static let data = Self(rawValue: 0x03)

  // Only after `verbatim-rpc/1` was agreed on.

  /// Asks for a ``pong`` with the same eight bytes.
  package static let ping = Self(rawValue: 0x04)
  /// Answers a ``ping``.
  package static let pong = Self(rawValue: 0x05)
  /// The first frame of each side: what it takes.
  package static let settings = Self(rawValue: 0x10)
  /// Ends a call that its caller no longer wants; from clients only.
  package static let cancel = Self(rawValue: 0x11)
  /// Gives credit to a stream, or to the connection.
  package static let window = Self(rawValue: 0x12)
  /// Says that the connection takes no further calls.
  package static let goAway = Self(rawValue: 0x13)
  /// What goes before the first message of a stream of responses; from servers only.
  package static let leadingMetadata = Self(rawValue: 0x14)
}
