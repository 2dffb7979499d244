internal import Protobuf

/// What a side keeps of its connection in the extended dialect, apart from calls: the peer's SETTINGS, credit, PINGs.
///
///     waiting for SETTINGS ──SETTINGS──▶ settled ──SETTINGS──▶ (violation)
///              └──── any other frame ──▶ (violation)
///
/// Both sides may send calls, messages and all other frames right behind their own SETTINGS, without waiting for the peer's.
struct ExtendedLink: Sendable {
  /// What a frame about the connection means.
  enum OnFrame: Sendable, Hashable {
    case ignore
    /// The peer's SETTINGS. Each stream has so much more credit (or less) than it began with.
    case settings(streamCreditChange: Int)
    /// There is credit for the connection.
    case credit
    /// Send a PONG with the same bytes.
    case answerPing(UInt64)
    /// A PING of ours is answered.
    case pong(UInt64)
    /// The peer takes no further calls, or tells why it closes.
    case goAway(GoAway)
    /// The peer cannot be talked to.
    case close(WireError)
  }

  private static let pingBytes = 8

  private let limits: WireLimits
  private var pings: PingBudget
  private(set) var hasSettings = false
  /// The most bytes of a payload that may be sent.
  private(set) var maxPayloadBytes: Int
  /// Calls at a time that the peer takes; nil: it has not said.
  private(set) var maxStreams: Int?
  /// Credit that each new stream begins with.
  private(set) var streamWindowBytes = WireLimits.initialStreamWindowBytes
  private var connectionWindowBytes = WireLimits.initialConnectionWindowBytes
  /// What may be sent on the connection.
  var sending = SendCredit(WireLimits.initialConnectionWindowBytes)
  /// What the peer may send on the connection.
  var receiving: ReceiveCredit

  init(limits: WireLimits) {
    self.limits = limits
    self.maxPayloadBytes = limits.maxPayloadBytes
    self.pings = PingBudget(interval: limits.minPingInterval)
    self.receiving = ReceiveCredit(
      window: limits.connectionWindowBytes, announced: WireLimits.initialConnectionWindowBytes)
  }

  /// Credit for what comes on a new stream.
  func streamReceiveCredit() -> ReceiveCredit {
    ReceiveCredit(
      window: self.limits.streamWindowBytes, announced: WireLimits.initialStreamWindowBytes)
  }

  /// A frame has come before the peer's SETTINGS.
  static let settingsAreMissing = WireError(
    .protocolViolation, "the peer's first frame is not SETTINGS")

  /// A frame with id 0 has come.
  mutating func frameReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, at now: ContinuousClock.Instant
  ) -> OnFrame {
    do throws(ProtoError) {
      switch header.kind {
      case .settings: return self.settingsReceived(try Settings(decoding: payload))
      case .window:
        guard self.sending.give(try Window(decoding: payload).increment) else {
          return .close(Self.badIncrement)
        }
        return .credit
      case .goAway: return .goAway(try GoAway(decoding: payload))
      case .ping: return self.pingReceived(payload, at: now)
      case .pong: return payload.byteCount == Self.pingBytes ? .pong(Self.number(payload)) : .ignore
      default: return .ignore
      }
    } catch {
      return .close(
        WireError(.protocolViolation, "a frame about the connection cannot be read: \(error)"))
    }
  }

  /// An increment of 0 gives nothing, and one too large no peer means.
  static let badIncrement = WireError(
    .protocolViolation, "a WINDOW gives nothing, or more than \(WireLimits.maxWindowBytes) bytes")

  private mutating func settingsReceived(_ settings: Settings) -> OnFrame {
    guard !self.hasSettings else {
      return .close(WireError(.protocolViolation, "SETTINGS come once"))
    }
    self.hasSettings = true
    if settings.maxPayloadBytes != 0 {
      let bytes = Int(settings.maxPayloadBytes)
      guard (WireLimits.minMaxPayloadBytes...WireLimits.maxSkippedPayloadBytes).contains(bytes)
      else {
        return .close(
          WireError(.protocolViolation, "SETTINGS ask for payloads of at most \(bytes) bytes"))
      }
      self.maxPayloadBytes = min(self.maxPayloadBytes, bytes)
    }
    let windows = [settings.streamWindowBytes, settings.connectionWindowBytes]
    guard windows.allSatisfy({ $0 <= WireLimits.maxWindowBytes }) else {
      return .close(WireError(.protocolViolation, "SETTINGS give a window that is too large"))
    }
    self.maxStreams = settings.maxStreams == 0 ? nil : Int(settings.maxStreams)
    var change = 0
    if settings.streamWindowBytes != 0 {
      change = Int(settings.streamWindowBytes) - self.streamWindowBytes
      self.streamWindowBytes = Int(settings.streamWindowBytes)
    }
    if settings.connectionWindowBytes != 0 {
      self.sending.beginningChanged(
        from: self.connectionWindowBytes, to: Int(settings.connectionWindowBytes))
      self.connectionWindowBytes = Int(settings.connectionWindowBytes)
    }
    return .settings(streamCreditChange: change)
  }

  private mutating func pingReceived(
    _ payload: borrowing RawSpan, at now: ContinuousClock.Instant
  ) -> OnFrame {
    guard payload.byteCount == Self.pingBytes else {
      return .close(WireError(.protocolViolation, "a PING has \(Self.pingBytes) bytes"))
    }
    guard self.pings.spend(at: now) else {
      return .close(
        WireError(
          .tooManyPings, "the peer sends PINGs more often than every \(self.limits.minPingInterval)"
        ))
    }
    return .answerPing(Self.number(payload))
  }

  private static func number(_ payload: borrowing RawSpan) -> UInt64 {
    UInt64(bigEndian: payload.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self))
  }
}

extension WireLimits {
  /// What the peer is told of them.
  ///
  /// - Parameter isServer: Clients answer no calls, and say nothing about how many.
  package func settings(isServer: Bool) -> Settings {
    var settings = Settings()
    settings.maxPayloadBytes = UInt32(self.maxPayloadBytes)
    if isServer { settings.maxStreams = UInt32(self.maxConcurrentStreams) }
    settings.streamWindowBytes = UInt32(self.streamWindowBytes)
    settings.connectionWindowBytes = UInt32(self.connectionWindowBytes)
    settings.minPingIntervalMs = UInt32(self.minPingInterval / .milliseconds(1))
    return settings
  }
}
