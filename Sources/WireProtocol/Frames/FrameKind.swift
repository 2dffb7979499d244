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
  /// Ends a call that its caller no longer wants. Only after `verbatim-rpc/1` was agreed on.
  package static let cancel = Self(rawValue: 0x11)
}
