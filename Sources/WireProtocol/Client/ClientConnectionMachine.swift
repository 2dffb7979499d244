internal import Protobuf

/// The client's half of one connection, without any I/O.
///
/// A call's life, seen from here:
///
///     (unused id) ──begun──▶ open ──Response, or Data with "remote closed"──▶ (over)
///                             └─── given up: deadline, cancelled ──▶ (over; what still comes is ignored)
///
/// The server ends the call: its last frame does so even if the client has not half-closed its own side.
package struct ClientConnectionMachine: Sendable {
  /// Whether a call could begin.
  package enum OnBegin: Sendable, Hashable {
    /// Write the Request with this id and these flags.
    case write(StreamID, FrameFlags)
    /// All ids are used: close the connection when its calls have ended, and use another.
    case exhausted
    /// As many calls as allowed are running: use another connection, or wait.
    case full
  }

  /// What the owner does after a frame.
  package enum OnFrame: Sendable, Hashable {
    /// Nothing.
    case ignore
    /// Give a message to the call, which goes on.
    case message(StreamID, [UInt8])
    /// The call has succeeded; a last message may come with that.
    case success(StreamID, [UInt8]?)
    /// The call has failed. The code is not OK.
    case failure(StreamID, Status)
    /// The server has broken the protocol on this stream: the call has failed here, and there it may still run.
    case violation(StreamID, Status, OnGivenUp)
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

  private struct StreamState {
    let shape: CallShape
    var outputIsOpen: Bool
  }

  private let limits: WireLimits
  private let dialect: Dialect
  private var streams = StreamTable<StreamState>()
  /// Nil: all are used.
  private var nextID: UInt32? = 1

  /// Creates the state of a new connection.
  package init(
    limits: WireLimits = WireLimits(), dialect: Dialect = .plain, firstID: StreamID = StreamID(1)
  ) {
    precondition(firstID.isClientInitiated, "clients have odd ids")
    self.limits = limits
    self.dialect = dialect
    self.nextID = firstID.number
  }

  /// Calls that are not over.
  package var activeStreams: Int { self.streams.count }

  /// How many more calls may begin now.
  package var room: Int {
    guard let next = self.nextID else { return 0 }
    let idsLeft = Int((UInt32.max - next) / 2) + 1
    return min(idsLeft, self.limits.maxConcurrentStreams - self.streams.count)
  }

  /// Whether the ids are used up: the connection has to be replaced.
  package var isExhausted: Bool { self.nextID == nil }

  // MARK: Calls

  /// A call is about to be sent. Requests must be written in the order of these calls: Go servers refuse an id below
  /// one that they have seen.
  package mutating func callBegan(_ shape: CallShape) -> OnBegin {
    guard let number = self.nextID else { return .exhausted }
    guard self.streams.count < self.limits.maxConcurrentStreams else { return .full }
    let (next, overflow) = number.addingReportingOverflow(2)
    self.nextID = overflow ? nil : next
    let id = StreamID(number)
    self.streams[id] = StreamState(shape: shape, outputIsOpen: shape.clientStreams)
    return .write(id, Self.requestFlags(shape))
  }

  /// Rust servers take a Request without "no data" for one with a message; Go servers take an empty one for none.
  private static func requestFlags(_ shape: CallShape) -> FrameFlags {
    if shape.clientStreams { return [.remoteOpen, .noData] }
    return shape.serverStreams ? .remoteClosed : []
  }

  /// Whether a message may be written. False: the call is over, and its messages are of no use.
  package func mayWriteMessage(on id: StreamID) -> Bool {
    guard let stream = self.streams[id] else { return false }
    precondition(stream.outputIsOpen, "stream \(id) wrote after it had half-closed")
    return true
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

  /// A frame has arrived. Whatever a server sends, only the call that it names is harmed.
  ///
  /// - Parameter payload: The frame's payload; nothing of it is kept.
  package mutating func frameReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan
  ) -> OnFrame {
    // Over, given up, or never ours: answers and ends cross.
    guard let stream = self.streams[header.streamID] else { return .ignore }
    switch header.kind {
    case .response: return self.responseReceived(header.streamID, payload, stream.shape)
    case .data: return self.dataReceived(header, payload, stream.shape)
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
      self.streams[id] = nil
      return .failure(
        id, Status(StatusNumber.internalError, "the server's Response cannot be read: \(error)"))
    }
    self.streams[id] = nil
    if let status = response.status, status.code != StatusNumber.ok { return .failure(id, status) }
    // Servers end a stream by Data; one that ends it by an OK Response means that by an empty one.
    let isOnlyTheEnd = shape.serverStreams && response.payload.isEmpty
    return .success(id, isOnlyTheEnd ? nil : response.payload)
  }

  private mutating func dataReceived(
    _ header: FrameHeader, _ payload: borrowing RawSpan, _ shape: CallShape
  ) -> OnFrame {
    let id = header.streamID
    guard shape.serverStreams else {
      return self.fail(
        id, StatusNumber.internalError, "the server sent a stream for a method with one response")
    }
    let message =
      header.flags.contains(.noData) ? nil : payload.withUnsafeBytes { [UInt8]($0) }
    guard header.flags.contains(.remoteClosed) else {
      return message.map { .message(id, $0) } ?? .ignore
    }
    self.streams[id] = nil
    return .success(id, message)
  }

  private mutating func fail(_ id: StreamID, _ code: Int32, _ message: String) -> OnFrame {
    .violation(id, Status(code, message), self.callGivenUp(id))
  }
}
