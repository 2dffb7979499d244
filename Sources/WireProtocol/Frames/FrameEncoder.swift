internal import Protobuf

/// Writes frames one behind the other, for one write at the end of a turn.
///
/// What is too large throws ``WireError/Code/messageTooLarge`` and writes nothing.
package struct FrameEncoder: ~Copyable {
  /// The tag of `Response.payload`, which is written without an envelope value: that saves a copy of every message.
  private static let responsePayloadTag: UInt64 = 0x12

  /// The most bytes of a payload that the peer takes.
  package var maxPayloadBytes: Int
  private var frames = ProtoWriter(capacity: 4096)
  private var body = ProtoWriter()

  /// Creates an encoder without frames.
  package init(limits: WireLimits) { self.maxPayloadBytes = limits.maxPayloadBytes }

  /// Bytes of the frames written.
  package var byteCount: Int { self.frames.count }

  /// Calls `body` with all frames, and forgets them.
  package mutating func drain(_ body: (UnsafeRawBufferPointer) -> Void) {
    self.frames.withUnsafeBytes(body)
    self.frames.removeAll()
  }

  /// A Request.
  ///
  /// - Returns: Bytes of its payload.
  @discardableResult
  package mutating func request(
    _ request: Request, flags: FrameFlags, on id: StreamID
  ) throws(WireError) -> Int {
    try self.message(request, .request, flags, id)
    return self.body.count
  }

  /// A Response that says OK and carries a message.
  package mutating func response(_ payload: [UInt8], on id: StreamID) throws(WireError) {
    guard !payload.isEmpty else { return self.header(0, .response, [], id) }
    let lengthBytes = (70 - UInt64(payload.count).leadingZeroBitCount) / 7
    try self.checkedHeader(1 + lengthBytes + payload.count, .response, [], id)
    self.frames.varint(Self.responsePayloadTag)
    self.frames.varint(UInt64(payload.count))
    payload.withUnsafeBytes { self.frames.append($0) }
  }

  /// A Response that ends its call with a status. A status too large for a frame loses its details and the end of its message.
  package mutating func response(_ status: Status, on id: StreamID) {
    var response = Response()
    response.status = status
    do {
      try self.message(response, .response, [], id)
    } catch {
      response.status = .with {
        $0.code = status.code
        $0.message = String(status.message.prefix(Self.maxCutMessageCharacters))
      }
      self.encodeBody(response)
      self.appendBody(.response, [], id)
    }
  }

  /// A Response with anything in it.
  package mutating func response(_ response: Response, on id: StreamID) throws(WireError) {
    try self.message(response, .response, [], id)
  }

  /// Characters that are kept of a message which does not fit.
  private static let maxCutMessageCharacters = 1024

  /// One message of a stream.
  package mutating func data(_ payload: [UInt8], on id: StreamID) throws(WireError) {
    try self.checkedHeader(payload.count, .data, [], id)
    payload.withUnsafeBytes { self.frames.append($0) }
  }

  /// The end of a stream.
  package mutating func endOfData(on id: StreamID) {
    self.header(0, .data, [.remoteClosed, .noData], id)
  }

  // MARK: Extended dialect

  /// The end of a call that its caller no longer wants.
  ///
  /// - Parameter code: Why: `CANCELLED` or `DEADLINE_EXCEEDED`.
  package mutating func cancel(_ code: Int32 = StatusNumber.cancelled, on id: StreamID) {
    var cancel = Cancel()
    // An empty one says CANCELLED already.
    if code != StatusNumber.cancelled { cancel.code = code }
    self.control(cancel, .cancel, id)
  }

  /// What this side takes.
  package mutating func settings(_ settings: Settings) {
    self.control(settings, .settings, .connection)
  }

  /// Credit for a stream, or with ``StreamID/connection`` for the connection.
  package mutating func window(_ increment: UInt32, on id: StreamID) {
    var window = Window()
    window.increment = increment
    self.control(window, .window, id)
  }

  /// Asks for a PONG.
  package mutating func ping(_ number: UInt64) { self.number(number, .ping) }

  /// Answers a PING.
  package mutating func pong(_ number: UInt64) { self.number(number, .pong) }

  /// No further calls.
  package mutating func goAway(_ goAway: GoAway) { self.control(goAway, .goAway, .connection) }

  /// What goes before the first message of a stream.
  package mutating func leadingMetadata(
    _ metadata: [KeyValue], on id: StreamID
  ) throws(WireError) {
    var leading = LeadingMetadata()
    leading.metadata = metadata
    try self.message(leading, .leadingMetadata, [], id)
  }

  private mutating func control(_ message: some ProtoMessage, _ kind: FrameKind, _ id: StreamID) {
    self.encodeBody(message)
    self.appendBody(kind, [], id)
  }

  private mutating func number(_ number: UInt64, _ kind: FrameKind) {
    self.header(MemoryLayout<UInt64>.size, kind, [], .connection)
    withUnsafeBytes(of: number.bigEndian) { self.frames.append($0) }
  }

  // MARK: Parts

  private mutating func message(
    _ message: some ProtoMessage, _ kind: FrameKind, _ flags: FrameFlags, _ id: StreamID
  ) throws(WireError) {
    self.encodeBody(message)
    try self.checkFits(self.body.count)
    self.appendBody(kind, flags, id)
  }

  private mutating func encodeBody(_ message: some ProtoMessage) {
    self.body.removeAll()
    message.encode(to: &self.body)
  }

  private mutating func appendBody(_ kind: FrameKind, _ flags: FrameFlags, _ id: StreamID) {
    self.header(self.body.count, kind, flags, id)
    Self.append(self.body, to: &self.frames)
  }

  // Apart, because a closure that captures `self` would overlap with the use of `body`.
  private static func append(_ body: borrowing ProtoWriter, to frames: inout ProtoWriter) {
    body.withUnsafeBytes { frames.append($0) }
  }

  private mutating func checkedHeader(
    _ payloadBytes: Int, _ kind: FrameKind, _ flags: FrameFlags, _ id: StreamID
  ) throws(WireError) {
    try self.checkFits(payloadBytes)
    self.header(payloadBytes, kind, flags, id)
  }

  /// Whether the peer takes a payload of so many bytes.
  package func checkFits(_ payloadBytes: Int) throws(WireError) {
    guard payloadBytes <= self.maxPayloadBytes else {
      throw WireError(
        .messageTooLarge,
        "message length \(payloadBytes) exceeds the maximum message size of \(self.maxPayloadBytes)"
      )
    }
  }

  private mutating func header(
    _ payloadBytes: Int, _ kind: FrameKind, _ flags: FrameFlags, _ id: StreamID
  ) {
    let first = UInt64(UInt32(payloadBytes)) << 32 | UInt64(id.number)
    withUnsafeBytes(of: first.bigEndian) { self.frames.append($0) }
    let last = UInt16(kind.rawValue) << 8 | UInt16(flags.rawValue)
    withUnsafeBytes(of: last.bigEndian) { self.frames.append($0) }
  }
}
