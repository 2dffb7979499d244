internal import Protobuf

extension ServerConnectionMachine {
  /// What the owner does when it stops the connection.
  package enum OnShutdown: Sendable, Hashable {
    /// Nothing: new calls are refused from now on; see ``isDrained``.
    case nothing
    /// Write the GOAWAY and a PING with ``shutdownPing``; when that is answered, or ``WireLimits/goAwayRoundTrip`` later, call
    /// ``shutdownWasHeard()``.
    case announce(GoAway)
  }

  /// The PING that goes behind the first GOAWAY. Keepalive counts from 1.
  package static let shutdownPing: UInt64 = 0

  /// What the client has to be told first.
  package var settings: Settings { self.limits.settings(isServer: true) }

  /// Whether the client's SETTINGS have come, or need not come.
  package var hasSettings: Bool { self.dialect == .plain || self.link.hasSettings }

  /// A PING was written that is not of the shutdown: one PONG more is of use.
  package mutating func pingWritten() { self.unansweredPings += 1 }

  // MARK: Frames

  mutating func connectionFrameReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, at now: ContinuousClock.Instant
  ) -> OnFrame {
    switch self.link.frameReceived(header, payload, at: now) {
    // GOAWAY from a client only says why it closes.
    case .ignore, .goAway: return self.overheadReceived()
    case .settings(let change):
      if change != 0 { self.changeStreamCredit(by: change) }
      return .settings(maxPayloadBytes: self.link.maxPayloadBytes)
    case .credit: return self.creditReceived(.connection)
    case .answerPing(let number): return .answerPing(number)
    case .pong(let number):
      guard self.unansweredPings > 0 else { return self.overheadReceived() }
      self.unansweredPings -= 1
      return .pong(number)
    case .close(let error): return .close(error)
    }
  }

  private mutating func changeStreamCredit(by change: Int) {
    for (id, _) in self.streams.entries {
      self.streams[id]?.sending.beginningChanged(from: 0, to: change)
    }
  }

  mutating func windowReceived(_ id: StreamID, _ payload: borrowing RawSpan) -> OnFrame {
    let increment: UInt32
    do {
      increment = try Window(decoding: payload).increment
    } catch {
      return .close(WireError(.protocolViolation, "a WINDOW cannot be read: \(error)"))
    }
    guard increment > 0 else { return .close(ExtendedLink.badIncrement) }
    // Absent or abandoned: the end and the WINDOW have crossed.
    let isGood = self.streams.update(id) { $0.isAbandoned || $0.sending.give(increment) }
    guard let isGood else { return self.overheadReceived() }
    guard isGood else { return .close(ExtendedLink.badIncrement) }
    return self.creditReceived(id)
  }

  /// Credit that nobody uses is overhead; the next message that is written shows that it was of use.
  private mutating func creditReceived(_ id: StreamID) -> OnFrame {
    let onFrame = self.overheadReceived()
    return onFrame == .ignore ? .credit(id) : onFrame
  }

  // MARK: Credit

  /// A handler has taken messages that had come behind its Request.
  ///
  /// - Parameter cost: Their ``messageCost(_:)`` in all.
  /// - Returns: Credit to give to the stream; nil: none now. The connection's is ``takeConnectionCredit()``.
  package mutating func messagesTaken(_ cost: Int, on id: StreamID) -> UInt32? {
    guard self.dialect == .extended else { return nil }
    let given = self.streams.update(id) { stream -> (isOpen: Bool, increment: UInt32?) in
      guard !stream.isAbandoned else { return (false, nil) }
      stream.heldBytes -= cost
      stream.receiving.free(cost)
      return (true, stream.inputIsOpen ? stream.receiving.takeIncrement() : nil)
    }
    if given?.isOpen == true { self.link.receiving.free(cost) }
    return given?.increment
  }

  /// Credit to give to the connection; nil: none now. To be asked whenever something is written.
  package mutating func takeConnectionCredit() -> UInt32? {
    self.dialect == .extended ? self.link.receiving.takeIncrement() : nil
  }

  // MARK: Shutdown

  /// The connection should end, its calls first. See ``isDrained``. May be called again.
  ///
  /// - Parameter reason: For people.
  package mutating func beginGracefulShutdown(_ reason: String = "") -> OnShutdown {
    guard self.stage == .serving else { return .nothing }
    guard self.dialect == .extended else {
      self.stage = .draining(last: self.usedIDs.highestID)
      return .nothing
    }
    self.stage = .announced
    self.pingWritten()
    return .announce(Self.goAway(StreamID(.max), StatusNumber.ok, reason))
  }

  /// The client has heard of the shutdown, or has had the time to.
  ///
  /// - Returns: The GOAWAY to write; nil: it was written before.
  package mutating func shutdownWasHeard() -> GoAway? {
    guard self.stage == .announced else { return nil }
    let last = self.usedIDs.highestID
    self.stage = .draining(last: last)
    return Self.goAway(last, StatusNumber.ok, "")
  }

  /// The last word to a client that is being cut off; nil: it would not understand it.
  package func lastGoAway(_ error: WireError) -> GoAway? {
    guard self.dialect == .extended else { return nil }
    return Self.goAway(self.usedIDs.highestID, error.statusNumber, error.message)
  }

  private static func goAway(_ last: StreamID, _ code: Int32, _ message: String) -> GoAway {
    var goAway = GoAway()
    goAway.lastStreamId = last.number
    goAway.code = code
    goAway.message = message
    return goAway
  }
}
