internal import Protobuf
internal import WireProtocol

/// Frames of the extended dialect, most of them well-formed, as a fuzzer's script chooses: the interesting mistakes are in their order and numbers, which
/// a fuzzer would seldom reach if it had to find out their form first.
struct ExtendedFrames {
  /// Frames that both sides send.
  enum Shared: UInt8 {
    case data, streamWindow, connectionWindow, ping, pong, settings, goAway, any
  }

  /// Sizes are multiples of it, so that a short script uses up windows.
  static let unit = 64

  /// What both targets give to the machines: payloads and windows so small that a script reaches their end.
  static let limits = WireLimits(
    maxPayloadBytes: 16 << 10, maxConcurrentStreams: 4, maxMetadataCount: 4, maxMetadataBytes: 256,
    streamWindowBytes: 4 << 10, connectionWindowBytes: 16 << 10)

  /// What a peer may have on its way on a stream before it knows the window.
  static let announcedStreamBytes = max(
    limits.streamWindowBytes, WireLimits.initialStreamWindowBytes)
  /// The same on the connection.
  static let announcedConnectionBytes = max(
    limits.connectionWindowBytes, WireLimits.initialConnectionWindowBytes)

  var script: ByteScript

  init(_ bytes: [UInt8]) { self.script = ByteScript(bytes) }

  /// A frame and its payload.
  typealias Frame = (header: FrameHeader, payload: [UInt8])

  static func frame(
    _ kind: FrameKind, _ id: StreamID, _ payload: [UInt8], _ flags: FrameFlags = []
  ) -> Frame {
    (
      FrameHeader(payloadBytes: payload.count, streamID: id, kind: kind, flags: flags), payload
    )
  }

  mutating func shared(_ kind: Shared, _ id: StreamID) -> Frame {
    switch kind {
    case .data:
      let flags = FrameFlags(rawValue: self.script.byte() & 0x07)
      return Self.frame(.data, id, self.payload(), flags)
    case .streamWindow: return Self.frame(.window, id, self.window())
    case .connectionWindow: return Self.frame(.window, .connection, self.window())
    case .ping: return Self.frame(.ping, .connection, self.script.bytes(8))
    case .pong: return Self.frame(.pong, .connection, self.script.bytes(8))
    case .settings: return self.settings()
    case .goAway:
      var goAway = GoAway()
      goAway.lastStreamId = UInt32(self.script.byte())
      goAway.code = Int32(self.script.byte())
      return Self.frame(.goAway, .connection, goAway.encoded())
    case .any:
      // Whatever a peer makes up.
      let kind = FrameKind(rawValue: self.script.byte())
      let flags = FrameFlags(rawValue: self.script.byte())
      let id = StreamID(UInt32(self.script.byte()))
      return Self.frame(kind, id, self.script.bytes(Int(self.script.byte())), flags)
    }
  }

  /// The first byte says what it has; the maximum of a payload is often out of range.
  mutating func settings() -> Frame {
    var settings = Settings()
    let parts = self.script.byte()
    if parts & 1 != 0 { settings.maxPayloadBytes = UInt32(self.script.byte()) << 10 }
    if parts & 2 != 0 { settings.maxStreams = UInt32(self.script.byte()) }
    if parts & 4 != 0 { settings.streamWindowBytes = self.number() }
    if parts & 8 != 0 { settings.connectionWindowBytes = self.number() }
    return Self.frame(.settings, .connection, settings.encoded())
  }

  /// Zeros, so many times ``unit``.
  mutating func payload() -> [UInt8] {
    [UInt8](repeating: 0, count: Int(self.script.byte()) * Self.unit)
  }

  /// Pairs of metadata; more of them, and larger ones, than ``limits`` allow.
  mutating func metadata() -> [KeyValue] {
    let choice = self.script.byte()
    let value = String(repeating: "v", count: Int(choice >> 3))
    return (0..<Int(choice & 7)).map { number in
      .with {
        $0.key = "key-\(number)"
        $0.value = value
      }
    }
  }

  private mutating func window() -> [UInt8] {
    var window = Window()
    window.increment = self.number()
    return window.encoded()
  }

  /// Of any size, the small ones more often.
  private mutating func number() -> UInt32 {
    UInt32(self.script.byte()) << UInt32(self.script.byte() & 0x1f)
  }
}

/// Credit as the one who has it counts it.
struct FuzzCredit {
  private(set) var left: Int

  init(_ bytes: Int) { self.left = bytes }

  var allowsMessage: Bool { self.left > 0 }

  mutating func use(_ payloadBytes: Int) { self.left -= max(64, payloadBytes) }
  mutating func add(_ bytes: Int) { self.left += bytes }
}
