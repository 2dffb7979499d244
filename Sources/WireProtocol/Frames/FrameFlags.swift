/// Flags of a frame. PROTOCOL.md, "Flags". Unknown bits are ignored.
package struct FrameFlags: OptionSet, Sendable, Hashable {
  /// The byte as it travels.
  package let rawValue: UInt8

  /// Creates flags.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The sender sends nothing more on this stream.
  package static let remoteClosed = Self(rawValue: 0x01)
  /// The sender sends more on this stream.
  package static let remoteOpen = Self(rawValue: 0x02)
  /// The frame carries no message; without it even an empty payload is one.
  package static let noData = Self(rawValue: 0x04)
}
