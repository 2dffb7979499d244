/// Every bound that the protocol machines keep. PROTOCOL.md, "Limits", has them all with what happens there.
package struct WireLimits: Sendable, Hashable {
  /// 4 MiB, the size that every ttrpc peer has built in.
  package static let standardMaxPayloadBytes = 4 << 20
  /// The most that is passed over before the connection is given up: the first byte of a length is always 0.
  package static let maxSkippedPayloadBytes = (1 << 24) - 1
  /// Ids this far below the highest one seen count as used. Peers that allocate ids on several threads overtake
  /// themselves by a few; nobody by a thousand.
  package static let streamIDWindow = 1024
  /// Frames without use (empty, unknown, misdirected) in a row until the connection is given up.
  package static let maxOverheadFrames = 1000

  /// The least that a peer may be asked to keep its payloads to.
  package static let minMaxPayloadBytes = 16 << 10
  /// Credit of a stream until SETTINGS have come.
  package static let initialStreamWindowBytes = 64 << 10
  /// Credit of a connection until SETTINGS have come.
  package static let initialConnectionWindowBytes = 1 << 20
  /// More credit than this at a time is an error of the peer.
  package static let maxWindowBytes = Int(Int32.max)
  /// What the smallest message uses of a window: keeping one costs about that, so that empty ones are bounded too.
  package static let minMessageCost = 64
  /// The first frame in the extended dialect must have come within it.
  package static let settingsTimeout = Duration.seconds(5)
  /// PINGs that may come at once; after that one in each ``minPingInterval``.
  package static let pingBurst = 3
  /// A server that is going away waits so long for the answer that tells it that nothing more is on its way.
  package static let goAwayRoundTrip = Duration.seconds(1)

  /// The most bytes of a payload. At most ``standardMaxPayloadBytes``: peers cannot be told another size.
  package var maxPayloadBytes: Int
  /// Calls at a time on one connection. A call counts until its handler has returned, cancelled or not
  /// (CVE-2023-44487).
  package var maxConcurrentStreams: Int
  /// Metadata pairs of one call.
  package var maxMetadataCount: Int
  /// Bytes of all metadata keys and values of one call; gRPC advises the same 8 KiB.
  package var maxMetadataBytes: Int
  /// Bytes of one metadata key.
  package var maxMetadataKeyBytes: Int
  /// Bytes of a service's or a method's name.
  package var maxNameBytes: Int
  /// Credit that each stream is given, in the extended dialect.
  package var streamWindowBytes: Int
  /// Credit that the connection is given, in the extended dialect.
  package var connectionWindowBytes: Int
  /// How often the peer may send a PING.
  package var minPingInterval: Duration

  /// Creates limits.
  package init(
    maxPayloadBytes: Int = Self.standardMaxPayloadBytes, maxConcurrentStreams: Int = 1024,
    maxMetadataCount: Int = 64, maxMetadataBytes: Int = 8 << 10, maxMetadataKeyBytes: Int = 128,
    maxNameBytes: Int = 256, streamWindowBytes: Int = Self.initialStreamWindowBytes,
    connectionWindowBytes: Int = Self.initialConnectionWindowBytes,
    minPingInterval: Duration = .seconds(10)
  ) {
    self.maxPayloadBytes = min(maxPayloadBytes, Self.standardMaxPayloadBytes)
    self.streamWindowBytes = min(max(streamWindowBytes, Self.minMessageCost), Self.maxWindowBytes)
    self.connectionWindowBytes = min(
      max(connectionWindowBytes, Self.minMessageCost), Self.maxWindowBytes)
    self.minPingInterval = minPingInterval
    self.maxConcurrentStreams = maxConcurrentStreams
    self.maxMetadataCount = maxMetadataCount
    self.maxMetadataBytes = maxMetadataBytes
    self.maxMetadataKeyBytes = maxMetadataKeyBytes
    self.maxNameBytes = maxNameBytes
  }
}
