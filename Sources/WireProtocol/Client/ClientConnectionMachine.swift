internal import Protobuf

/// The client's half of one connection, without any I/O.
///
/// A call's life, seen from here:
///
///     (unused id) ──begun──▶ open ──Response, or Data with "remote closed"──▶ (over)
///                             └─── given up: deadline, cancelled; refused by GOAWAY ──▶ (over; what still comes is ignored)
///
/// The server ends the call: its last frame does so even if the client has not half-closed its own side.
package struct ClientConnectionMachine: Sendable {
  /// Whether a call could begin.
  package enum OnBegin: Sendable, Hashable {
    /// Write the Request with this id and these flags, and tell its size: ``requestWritten(_:)``.
    case write(StreamID, FrameFlags)
    /// All ids are used, or the server is going away: close the connection when its calls have ended, and use another.
    case exhausted
    /// As many calls as allowed are running, or there is no credit: use another connection, or wait.
    case full
  }

  /// What the owner does after a frame.
  package enum OnFrame: Sendable, Hashable {
    /// Nothing.
    case ignore
    /// What goes before the messages of a stream.
    case leadingMetadata(StreamID, [KeyValue])
    /// Give a message to the call, which goes on. When it has been taken, call ``messagesTaken(_:on:)``.
    case message(StreamID, [UInt8])
    /// The call has succeeded; a last message may come with that.
    case success(StreamID, [UInt8]?)
    /// The same, with what the server said beside it.
    case annotatedEnd(StreamID, Response)
    /// The call has failed. The code is not OK.
    case failure(StreamID, Status)
    /// The server has broken the protocol on this stream: the call has failed here, and there it may still run.
    case violation(StreamID, Status, OnGivenUp)
    /// The server's SETTINGS: write no payload larger than this. All who wait for credit or room may look again.
    case settings(maxPayloadBytes: Int)
    /// There is credit for a stream, or for all: who waits for it may look again.
    case credit(StreamID)
    /// Write a PONG.
    case answerPing(UInt64)
    /// The server takes no further calls. Those listed were not looked at, and may be made again elsewhere.
    case goAway(GoAway, refused: [StreamID])
    /// Close the connection, behind a GOAWAY: the peer cannot be talked to.
    case close(WireError)
  }

  /// What the owner does with a message of its application.
  package enum OnWrite: Sendable, Hashable {
    /// Write it.
    case write
    /// Keep it until there is credit, and ask again.
    case wait
    /// The call is over, and its messages are of no use.
    case over
  }

  /// What is to be written when a call is given up.
  package enum OnGivenUp: Sendable, Hashable {
    /// A CANCEL, so that the handler stops.
    case writeCancel
    /// Nothing: the peer knows no CANCEL. Its handler runs on until the connection closes.
    case cannotTell
    /// Nothing: the call is over.
    case nothing
  }

  struct StreamState: Sendable {
    let shape: CallShape
    var outputIsOpen: Bool
    var hasLeadingMetadata = false
    var sending: SendCredit
    var receiving: ReceiveCredit
  }

  let limits: WireLimits
  let dialect: Dialect
  /// Of the plain dialect too, where nobody looks at it.
  var link: ExtendedLink
  var streams = StreamTable<StreamState>()
  /// Nil: all are used.
  private var nextID: UInt32? = 1
  /// Whether the server has said GOAWAY.
  package internal(set) var isGoingAway = false

  /// Creates the state of a new connection.
  package init(
    limits: WireLimits = WireLimits(), dialect: Dialect = .plain, firstID: StreamID = StreamID(1)
  ) {
    precondition(firstID.isClientInitiated, "clients have odd ids")
    self.limits = limits
    self.dialect = dialect
    self.nextID = firstID.number
    self.link = ExtendedLink(limits: limits)
  }

  /// Calls that are not over.
  package var activeStreams: Int { self.streams.count }

  /// How many more calls may begin now.
  package var room: Int {
    guard let next = self.nextID, !self.isGoingAway else { return 0 }
    guard self.dialect == .plain || self.link.sending.allowsMessage else { return 0 }
    let idsLeft = Int((UInt32.max - next) / 2) + 1
    return min(idsLeft, self.maxStreams - self.streams.count)
  }

  private var maxStreams: Int {
    min(self.limits.maxConcurrentStreams, self.link.maxStreams ?? .max)
  }

  /// Whether no call can ever begin any more: the connection has to be replaced.
  package var isExhausted: Bool { self.nextID == nil || self.isGoingAway }

  // MARK: Calls

  /// A call is about to be sent. Requests must be written in the order of these calls: Go servers refuse an id below
  /// one that they have seen.
  package mutating func callBegan(_ shape: CallShape) -> OnBegin {
    guard let number = self.nextID, !self.isGoingAway else { return .exhausted }
    guard self.room > 0 else { return .full }
    let (next, overflow) = number.addingReportingOverflow(2)
    self.nextID = overflow ? nil : next
    let id = StreamID(number)
    self.streams[id] = StreamState(
      shape: shape, outputIsOpen: shape.clientStreams,
      sending: SendCredit(self.link.streamWindowBytes),
      receiving: self.link.streamReceiveCredit())
    return .write(id, Self.requestFlags(shape))
  }

  /// Rust servers take a Request without "no data" for one with a message; Go servers take an empty one for none.
  private static func requestFlags(_ shape: CallShape) -> FrameFlags {
    if shape.clientStreams { return [.remoteOpen, .noData] }
    return shape.serverStreams ? .remoteClosed : []
  }

  /// A Request with a payload of so many bytes was written.
  package mutating func requestWritten(_ bytes: Int) {
    if self.dialect == .extended { self.link.sending.use(messageCost(bytes)) }
  }

  /// The caller wants to send a message of so many bytes. Those that may be written count as written.
  package mutating func messageOffered(_ bytes: Int, on id: StreamID) -> OnWrite {
    let cost = messageCost(bytes)
    let allows: (connection: Bool, all: Bool) = (
      self.link.sending.allowsMessage, self.dialect == .plain
    )
    let onWrite = self.streams.update(id) { stream -> OnWrite in
      precondition(stream.outputIsOpen, "stream \(id) wrote after it had half-closed")
      if allows.all { return .write }
      guard allows.connection, stream.sending.allowsMessage else { return .wait }
      stream.sending.use(cost)
      return .write
    }
    if onWrite == .write, self.dialect == .extended { self.link.sending.use(cost) }
    return onWrite ?? .over
  }

  /// The caller sends nothing more.
  ///
  /// - Returns: Whether the half-close is to be written. False: the call is over.
  package mutating func outputEnded(on id: StreamID) -> Bool {
    guard self.streams[id] != nil else { return false }
    self.streams[id]?.outputIsOpen = false
    return true
  }

  /// The caller no longer wants the call.
  package mutating func callGivenUp(_ id: StreamID) -> OnGivenUp {
    guard self.streams.removeValue(for: id) != nil else { return .nothing }
    return self.dialect == .extended ? .writeCancel : .cannotTell
  }

  // MARK: Frames

  /// A frame has arrived. Whatever a server sends on a stream, only the call that it names is harmed.
  ///
  /// - Parameters:
  ///   - payload: The frame's payload; nothing of it is kept.
  ///   - now: The present.
  package mutating func frameReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, at now: ContinuousClock.Instant
  ) -> OnFrame {
    if self.dialect == .extended {
      guard self.link.hasSettings || header.isSettings else {
        return .close(ExtendedLink.settingsAreMissing)
      }
      if header.streamID == .connection {
        return self.connectionFrameReceived(header, payload, at: now)
      }
    }
    let id = header.streamID
    switch header.kind {
    // Over, given up, or never ours: answers and ends cross.
    case .response:
      guard let stream = self.streams.removeValue(for: id) else { return .ignore }
      return self.responseReceived(id, payload, stream.shape)
    case .data: return self.dataReceived(header, payload)
    case .window where self.dialect == .extended: return self.windowReceived(id, payload)
    case .leadingMetadata where self.dialect == .extended:
      return self.streams[id].map { self.leadingMetadataReceived(id, payload, $0) } ?? .ignore
    default: return .ignore
    }
  }

  /// A frame beyond the size limit begins; the decoder passes over its payload.
  package mutating func oversizedFrameReceived(_ header: FrameHeader) -> OnFrame {
    guard self.streams[header.streamID] != nil else { return .ignore }
    return self.fail(
      header.streamID, StatusNumber.resourceExhausted,
      "the server's message of \(header.payloadBytes) bytes exceeds the maximum message size of \(self.limits.maxPayloadBytes)"
    )
  }

  private mutating func responseReceived(
    _ id: StreamID, _ payload: borrowing RawSpan, _ shape: CallShape
  ) -> OnFrame {
    let response: Response
    do {
      response = try Response(decoding: payload)
    } catch {
      return .failure(
        id, Status(StatusNumber.internalError, "the server's Response cannot be read: \(error)"))
    }
    if self.dialect == .extended, !response.metadata.isEmpty || !response.trailers.isEmpty {
      return self.annotatedEnd(id, response)
    }
    if let status = response.status, status.code != StatusNumber.ok { return .failure(id, status) }
    // Plain servers end a stream by Data; one that ends it by an OK Response means that by an empty one.
    let isOnlyTheEnd = shape.serverStreams && response.payload.isEmpty
    return .success(id, isOnlyTheEnd ? nil : response.payload)
  }

  private mutating func dataReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan
  ) -> OnFrame {
    let id = header.streamID
    let carriesMessage = !header.flags.contains(.noData)
    let cost = carriesMessage && self.dialect == .extended ? messageCost(payload.byteCount) : 0
    let isLast = header.flags.contains(.remoteClosed)
    let state = self.streams.update(id) { stream -> (isStream: Bool, hadCredit: Bool) in
      (stream.shape.serverStreams, cost == 0 || stream.receiving.use(cost))
    }
    if cost > 0 {
      guard self.link.receiving.use(cost), state?.hadCredit ?? true else {
        return .close(WireError(.windowExceeded, "the server sent more than it had credit for"))
      }
      // At once: one stream that is not read must not stop the others, and each is bounded by its own window.
      self.link.receiving.free(cost)
    }
    guard let state else { return .ignore }
    guard state.isStream else {
      return self.fail(
        id, StatusNumber.internalError, "the server sent a stream for a method with one response")
    }
    let message = carriesMessage ? payload.withUnsafeBytes { [UInt8]($0) } : nil
    guard isLast else { return message.map { .message(id, $0) } ?? .ignore }
    self.streams[id] = nil
    return .success(id, message)
  }

  mutating func fail(_ id: StreamID, _ code: Int32, _ message: String) -> OnFrame {
    .violation(id, Status(code, message), self.callGivenUp(id))
  }
}
