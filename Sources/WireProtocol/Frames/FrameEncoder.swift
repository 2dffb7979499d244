internal import Protobuf

/// Writes frames one behind the other, for one write at the end of a turn.
///
/// What is too large throws ``WireError/Code/messageTooLarge`` and writes nothing.
package struct FrameEncoder: ~Copyable {
  /// The tag of `Response.payload`, which is written without an envelope value: that saves a copy of every message.
  private static let responsePayloadTag: UInt64 = 0x12

  private let maxPayloadBytes: Int
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
  package mutating func request(
    _ request: Request, flags: FrameFlags, on id: StreamID
  ) throws(WireError) {
    try self.message(request, .request, flags, id)
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

  /// The end of a call that its caller no longer wants.
  package mutating func cancel(on id: StreamID) { self.header(0, .cancel, [], id) }

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

  private func checkFits(_ payloadBytes: Int) throws(WireError) {
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
