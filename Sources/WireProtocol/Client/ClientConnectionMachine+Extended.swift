internal import Protobuf

extension ClientConnectionMachine {
  /// What the server has to be told first.
  package var settings: Settings { self.limits.settings(isServer: false) }

  /// Whether the server's SETTINGS have come, or need not come.
  package var hasSettings: Bool { self.dialect == .plain || self.link.hasSettings }

  // MARK: Frames

  mutating func connectionFrameReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, at now: ContinuousClock.Instant
  ) -> OnFrame {
    switch self.link.frameReceived(header, payload, at: now) {
    // What comes shows that the server lives; that it answers a PING needs nothing more.
    case .ignore, .pong: return .ignore
    case .settings(let change):
      if change != 0 {
        for (id, _) in self.streams.entries {
          self.streams[id]?.sending.beginningChanged(from: 0, to: change)
        }
      }
      return .settings(maxPayloadBytes: self.link.maxPayloadBytes)
    case .credit: return .credit(.connection)
    case .answerPing(let number): return .answerPing(number)
    case .goAway(let goAway): return self.goAwayReceived(goAway)
    case .close(let error): return .close(error)
    }
  }

  private mutating func goAwayReceived(_ goAway: GoAway) -> OnFrame {
    self.isGoingAway = true
    let refused = self.streams.entries.map(\.0).filter { $0.number > goAway.lastStreamId }
      .sorted { $0.number < $1.number }
    for id in refused { self.streams[id] = nil }
    return .goAway(goAway, refused: refused)
  }

  mutating func windowReceived(_ id: StreamID, _ payload: borrowing RawSpan) -> OnFrame {
    let increment: UInt32
    do {
      increment = try Window(decoding: payload).increment
    } catch {
      return .close(WireError(.protocolViolation, "a WINDOW cannot be read: \(error)"))
    }
    guard increment > 0 else { return .close(ExtendedLink.badIncrement) }
    // The call is over: its end and the WINDOW have crossed.
    let isGood = self.streams.update(id) { $0.sending.give(increment) }
    guard let isGood else { return .ignore }
    guard isGood else { return .close(ExtendedLink.badIncrement) }
    return .credit(id)
  }

  mutating func leadingMetadataReceived(
    _ id: StreamID, _ payload: borrowing RawSpan, _ stream: StreamState
  ) -> OnFrame {
    guard stream.shape.serverStreams, !stream.hasLeadingMetadata else {
      return self.fail(
        id, StatusNumber.internalError, "the server sent leading metadata where none can be")
    }
    let metadata: [KeyValue]
    do {
      metadata = try LeadingMetadata(
        decoding: payload, limits: ProtoLimits(maxMessages: self.limits.maxMetadataCount)
      ).metadata
    } catch {
      return self.fail(
        id, StatusNumber.internalError, "the server's leading metadata cannot be read: \(error)")
    }
    guard self.isWithinLimits(metadata) else { return self.fail(tooMuchMetadata: id) }
    self.streams[id]?.hasLeadingMetadata = true
    return .leadingMetadata(id, metadata)
  }

  /// A Response that says more than the call's result; the call is over already.
  func annotatedEnd(_ id: StreamID, _ response: Response) -> OnFrame {
    guard self.isWithinLimits(response.metadata), self.isWithinLimits(response.trailers) else {
      return .failure(id, Self.tooMuchMetadata)
    }
    return .annotatedEnd(id, response)
  }

  private static let tooMuchMetadata = Status(
    StatusNumber.resourceExhausted, "the server sent more metadata than is taken here")

  private mutating func fail(tooMuchMetadata id: StreamID) -> OnFrame {
    .violation(id, Self.tooMuchMetadata, self.callGivenUp(id))
  }

  private func isWithinLimits(_ metadata: [KeyValue]) -> Bool {
    let bytes = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    return metadata.count <= self.limits.maxMetadataCount && bytes <= self.limits.maxMetadataBytes
  }

  // MARK: Credit

  /// Messages of a stream have been taken by their caller.
  ///
  /// - Parameter cost: Their ``messageCost(_:)`` in all.
  /// - Returns: Credit to give to the stream; nil: none now. The connection's is ``takeConnectionCredit()``.
  package mutating func messagesTaken(_ cost: Int, on id: StreamID) -> UInt32? {
    guard self.dialect == .extended else { return nil }
    let increment = self.streams.update(id) { stream -> UInt32? in
      stream.receiving.free(cost)
      return stream.receiving.takeIncrement()
    }
    return increment ?? nil
  }

  /// Credit to give to the connection; nil: none now.
  package mutating func takeConnectionCredit() -> UInt32? {
    self.dialect == .extended ? self.link.receiving.takeIncrement() : nil
  }

  // MARK: End

  /// The last word to a server that cannot be talked to; nil: it would not understand it.
  package func lastGoAway(_ error: WireError) -> GoAway? {
    guard self.dialect == .extended else { return nil }
    var goAway = GoAway()
    goAway.code = error.statusNumber
    goAway.message = error.message
    return goAway
  }
}
