internal import HTTPServer
internal import Networking

/// The server's side of one HTTP/2 connection (RFC 9113): as much as the simulator needs, and strict about it. Does no I/O.
///
///     preface ─▶ open ─error─▶ failed
///
///     stream:   receiving ─END_STREAM─▶ answering ─respond()─▶ sending ─all sent─▶ (forgotten)
///                   └────────────────────── reset by either side ────────────────────▲
///
/// Frames to send are appended to a buffer that is passed in; bodies only as far as both windows allow.
struct HTTP2ServerMachine {
  /// Something the driver has to do.
  enum Event {
    /// The request is complete: answer it with ``respond(_:with:isCut:into:)``.
    case request(UInt32, HTTPRequest)
    /// The client does not want this answer any more.
    case cancelled(UInt32)
  }

  /// Streams at one time: what YouTube's servers allow.
  static let maxStreams = 100
  static let maxHeaderBlockBytes = 32 << 10
  static let maxBodyBytes = 1 << 20
  /// Received bytes are given back to the client's window when so many have come together.
  private static let windowStep = 16 << 10
  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  static let initialWindow = 65_535
  private static let maxWindow = 0x7FFF_FFFF

  private enum StreamState {
    case receiving(HTTPRequest)
    case answering
    case sending(Outgoing)
  }

  private struct StreamRecord {
    var state: StreamState
    var window: Int
    var received = 0
  }

  private struct Outgoing {
    var body: [UInt8]
    var sent = 0
    /// Ends with a reset in place of a proper end.
    var isCut: Bool
  }

  private var isPrefaceDone = false
  private var decoder = HPACKDecoder()
  private var streams: [UInt32: StreamRecord] = [:]
  /// Streams with something to send, in turn.
  private var queue: ArraySlice<UInt32> = []
  private var lastStreamID: UInt32 = 0
  private var window = initialWindow
  private var peerInitialWindow = initialWindow
  private var receivedOnConnection = 0
  /// A header block that is not complete: its stream, its bytes, whether the stream ends with it.
  private var block: (streamID: UInt32, bytes: [UInt8], endStream: Bool)?
  private var events: [Event] = []

  /// Streams that are not finished.
  var streamCount: Int { self.streams.count }

  /// Consumes whole frames from the front of `input`.
  ///
  /// - Returns: What happened, in order.
  /// - Throws: ``HTTP2Error``: the connection has to be closed; GOAWAY is in `out`.
  mutating func received(
    _ input: ByteBuffer, into out: ByteBuffer
  ) throws(HTTP2Error) -> [Event] {
    do throws(HTTP2Error) {
      if !self.isPrefaceDone {
        guard try self.readPreface(input, into: out) else { return [] }
      }
      while input.count >= HTTP2Frame.headBytes {
        let frame = HTTP2Frame(input.bytes)
        guard frame.length <= HTTP2Frame.maxPayloadBytes else { throw .frameSize }
        let end = HTTP2Frame.headBytes + frame.length
        guard input.count >= end else { break }
        let payload = UnsafeRawBufferPointer(
          rebasing: input.bytes[HTTP2Frame.headBytes..<end])
        try self.frameReceived(frame, payload, into: out)
        input.consume(end)
      }
    } catch {
      out.append(HTTP2Frame(.goAway, length: 8))
      out.append(self.lastStreamID)
      out.append(error.rawValue)
      throw error
    }
    let events = self.events
    self.events = []
    return events
  }

  private mutating func readPreface(
    _ input: ByteBuffer, into out: ByteBuffer
  ) throws(HTTP2Error) -> Bool {
    let start = input.bytes.prefix(Self.preface.count)
    guard start.elementsEqual(Self.preface.prefix(start.count)) else { throw .protocolError }
    guard start.count == Self.preface.count else { return false }
    input.consume(start.count)
    self.isPrefaceDone = true
    // MAX_CONCURRENT_STREAMS is the only setting in which we differ.
    out.append(HTTP2Frame(.settings, length: 6))
    out.append(UInt16(3))
    out.append(UInt32(Self.maxStreams))
    return true
  }

  // MARK: Frames

  private mutating func frameReceived(
    _ frame: HTTP2Frame, _ payload: UnsafeRawBufferPointer, into out: ByteBuffer
  ) throws(HTTP2Error) {
    if self.block != nil, frame.kind != .continuation { throw .protocolError }
    switch frame.kind {
    case .data: try self.dataReceived(frame, payload, into: out)
    case .headers: try self.headersReceived(frame, payload, into: out)
    case .continuation:
      guard var block, block.streamID == frame.streamID else { throw .protocolError }
      block.bytes += payload
      guard block.bytes.count <= Self.maxHeaderBlockBytes else { throw .enhanceYourCalm }
      self.block = block
      if frame.has(HTTP2Frame.endHeaders) { try self.blockComplete(into: out) }
    case .priority: guard payload.count == 5 else { throw .frameSize }
    case .reset:
      guard payload.count == 4 else { throw .frameSize }
      guard frame.streamID != 0, frame.streamID <= self.lastStreamID else { throw .protocolError }
      if self.streams.removeValue(forKey: frame.streamID) != nil {
        self.events.append(.cancelled(frame.streamID))
      }
    case .settings: try self.settingsReceived(frame, payload, into: out)
    case .pushPromise: throw .protocolError
    case .ping:
      guard payload.count == 8, frame.streamID == 0 else { throw .frameSize }
      if !frame.has(HTTP2Frame.acknowledge) {
        out.append(HTTP2Frame(.ping, length: 8, flags: HTTP2Frame.acknowledge))
        out.append(payload)
      }
    case .goAway: break
    case .windowUpdate: try self.windowUpdated(frame, payload, into: out)
    case nil: break
    }
  }

  private mutating func settingsReceived(
    _ frame: HTTP2Frame, _ payload: UnsafeRawBufferPointer, into out: ByteBuffer
  ) throws(HTTP2Error) {
    guard frame.streamID == 0 else { throw .protocolError }
    if frame.has(HTTP2Frame.acknowledge) { return }
    guard payload.count % 6 == 0 else { throw .frameSize }
    for start in stride(from: 0, to: payload.count, by: 6) {
      let name = payload.loadUnaligned(fromByteOffset: start, as: UInt16.self).bigEndian
      let value = payload.loadUnaligned(fromByteOffset: start + 2, as: UInt32.self).bigEndian
      // INITIAL_WINDOW_SIZE changes the windows of streams that exist, too (§6.9.2).
      guard name == 4 else { continue }
      guard value <= Self.maxWindow else { throw .flowControl }
      let change = Int(value) - self.peerInitialWindow
      self.peerInitialWindow = Int(value)
      for id in self.streams.keys { self.streams[id]?.window += change }
    }
    out.append(HTTP2Frame(.settings, length: 0, flags: HTTP2Frame.acknowledge))
    self.send(into: out)
  }

  private mutating func windowUpdated(
    _ frame: HTTP2Frame, _ payload: UnsafeRawBufferPointer, into out: ByteBuffer
  ) throws(HTTP2Error) {
    guard payload.count == 4 else { throw .frameSize }
    let step = Int(payload.loadUnaligned(as: UInt32.self).bigEndian & 0x7FFF_FFFF)
    guard step > 0 else { throw .protocolError }
    if frame.streamID == 0 {
      self.window += step
      guard self.window <= Self.maxWindow else { throw .flowControl }
    } else {
      guard frame.streamID <= self.lastStreamID else { throw .protocolError }
      self.streams[frame.streamID]?.window += step
    }
    self.send(into: out)
  }

  // MARK: Requests

  private mutating func headersReceived(
    _ frame: HTTP2Frame, _ payload: UnsafeRawBufferPointer, into out: ByteBuffer
  ) throws(HTTP2Error) {
    guard frame.streamID % 2 == 1 else { throw .protocolError }
    var content = try Self.withoutPadding(frame, payload)
    if frame.has(HTTP2Frame.hasPriority) {
      guard content.count >= 5 else { throw .frameSize }
      content = UnsafeRawBufferPointer(rebasing: content[5...])
    }
    self.block = (frame.streamID, Array(content), frame.has(HTTP2Frame.endStream))
    if frame.has(HTTP2Frame.endHeaders) { try self.blockComplete(into: out) }
  }

  private mutating func blockComplete(into out: ByteBuffer) throws(HTTP2Error) {
    guard let (id, bytes, endStream) = self.block else { return }
    self.block = nil
    // Always read: later blocks point into the table that this one changes.
    let fields: [HPACKTable.Field]
    do throws(HPACKDecoder.Failure) {
      fields = try self.decoder.fields(of: bytes)
    } catch {
      throw .compression
    }
    if id <= self.lastStreamID {
      // Trailers end a request; nothing here depends on what they say.
      guard case .receiving(let request) = self.streams[id]?.state, endStream else {
        throw .streamClosed
      }
      self.requestComplete(id, request)
      return
    }
    self.lastStreamID = id
    guard self.streams.count < Self.maxStreams else {
      return self.reset(id, .refusedStream, into: out)
    }
    guard let request = Self.request(fields) else {
      return self.reset(id, .protocolError, into: out)
    }
    self.streams[id] = StreamRecord(state: .receiving(request), window: self.peerInitialWindow)
    if endStream { self.requestComplete(id, request) }
  }

  /// Nil when it is not a request (§8.3.1).
  private static func request(_ fields: [HPACKTable.Field]) -> HTTPRequest? {
    var request = HTTPRequest(method: "", path: "")
    var headers = HTTPHeaders()
    for field in fields {
      switch field.name {
      case ":method": request.method = field.value
      case ":path":
        let path = field.value.prefix { $0 != "?" }
        request.path = String(path)
        request.query = String(field.value[path.endIndex...].dropFirst())
      case ":authority": headers.append("Host", field.value)
      case ":scheme": break
      default:
        guard !field.name.hasPrefix(":") else { return nil }
        headers.append(field.name, field.value)
      }
    }
    guard !request.method.isEmpty, request.path.hasPrefix("/") else { return nil }
    request.headers = headers
    return request
  }

  private mutating func dataReceived(
    _ frame: HTTP2Frame, _ payload: UnsafeRawBufferPointer, into out: ByteBuffer
  ) throws(HTTP2Error) {
    guard frame.streamID != 0, frame.streamID <= self.lastStreamID else { throw .protocolError }
    let content = try Self.withoutPadding(frame, payload)
    // Padding counts too, and so do frames for a stream that is gone.
    self.receivedOnConnection += payload.count
    if self.receivedOnConnection >= Self.windowStep {
      Self.updateWindow(0, by: self.receivedOnConnection, into: out)
      self.receivedOnConnection = 0
    }
    guard var record = self.streams[frame.streamID] else { return }
    guard case .receiving(var request) = record.state else { throw .streamClosed }
    request.body += content
    guard request.body.count <= Self.maxBodyBytes else {
      self.streams[frame.streamID] = nil
      return self.reset(frame.streamID, .enhanceYourCalm, into: out)
    }
    record.received += payload.count
    if record.received >= Self.windowStep, !frame.has(HTTP2Frame.endStream) {
      Self.updateWindow(frame.streamID, by: record.received, into: out)
      record.received = 0
    }
    record.state = .receiving(request)
    self.streams[frame.streamID] = record
    if frame.has(HTTP2Frame.endStream) { self.requestComplete(frame.streamID, request) }
  }

  private mutating func requestComplete(_ id: UInt32, _ request: HTTPRequest) {
    self.streams[id]?.state = .answering
    self.events.append(.request(id, request))
  }

  private static func withoutPadding(
    _ frame: HTTP2Frame, _ payload: UnsafeRawBufferPointer
  ) throws(HTTP2Error) -> UnsafeRawBufferPointer {
    guard frame.has(HTTP2Frame.padded) else { return payload }
    guard let padding = payload.first, Int(padding) < payload.count else { throw .protocolError }
    return UnsafeRawBufferPointer(rebasing: payload[1..<(payload.count - Int(padding))])
  }

  // MARK: Responses

  /// Answers a request. Nothing happens when its stream is gone.
  ///
  /// - Parameters:
  ///   - isCut: The stream is reset in the middle of the body.
  ///   - isHead: The body is not sent, only its length is said.
  mutating func respond(
    _ id: UInt32, with response: HTTPResponse, isCut: Bool, isHead: Bool = false,
    into out: ByteBuffer
  ) {
    guard case .answering = self.streams[id]?.state else { return }
    guard case .bytes(var body) = response.body else {
      // Hanging up, or what only makes sense in HTTP/1.1.
      self.streams[id] = nil
      return self.reset(id, .internalError, into: out)
    }
    var fields = response.headers.fields.map { (name: $0.name.lowercased(), value: $0.value) }
    fields.append((name: "content-length", value: "\(body.count)"))
    if isHead { body = [] }
    if isCut { body.removeLast(body.count - body.count / 2) }
    let block = HPACKEncoder.block(status: response.status, fields)
    let isEnd = body.isEmpty && !isCut
    out.append(
      HTTP2Frame(
        .headers, length: block.count,
        flags: HTTP2Frame.endHeaders | (isEnd ? HTTP2Frame.endStream : 0), streamID: id))
    out.append(block)
    guard !isEnd else {
      self.streams[id] = nil
      return
    }
    self.streams[id]?.state = .sending(Outgoing(body: body, isCut: isCut))
    self.queue.append(id)
    self.send(into: out)
  }

  /// Sends what the windows allow, a frame of each stream in turn, until `out` holds `limit` bytes: then more than a
  /// stream's high-water mark waits, so that it tells when there is room again.
  mutating func send(into out: ByteBuffer, limit: Int = Stream.defaultHighWaterMark + 1) {
    var stalled = 0
    while out.count < limit, stalled < self.queue.count, let id = self.queue.popFirst() {
      guard var record = self.streams[id], case .sending(var outgoing) = record.state else {
        continue
      }
      let left = outgoing.body.count - outgoing.sent
      let count = min(left, HTTP2Frame.maxPayloadBytes, self.window, record.window)
      guard count > 0 || left == 0 else {
        stalled += 1
        self.queue.append(id)
        continue
      }
      stalled = 0
      let isEnd = count == left && !outgoing.isCut
      if count > 0 || isEnd {
        out.append(
          HTTP2Frame(
            .data, length: count, flags: isEnd ? HTTP2Frame.endStream : 0, streamID: id))
        outgoing.body.withUnsafeBytes { bytes in
          out.append(
            UnsafeRawBufferPointer(
              rebasing: bytes[outgoing.sent..<(outgoing.sent + count)]))
        }
      }
      outgoing.sent += count
      self.window -= count
      record.window -= count
      if isEnd || (count == left && outgoing.isCut) {
        self.streams[id] = nil
        if outgoing.isCut { self.reset(id, .internalError, into: out) }
      } else {
        record.state = .sending(outgoing)
        self.streams[id] = record
        self.queue.append(id)
      }
    }
  }

  /// Whether there is something to send, now or once a window opens.
  var hasBodies: Bool { !self.queue.isEmpty }

  private func reset(_ id: UInt32, _ error: HTTP2Error, into out: ByteBuffer) {
    out.append(HTTP2Frame(.reset, length: 4, streamID: id))
    out.append(error.rawValue)
  }

  private static func updateWindow(_ id: UInt32, by step: Int, into out: ByteBuffer) {
    out.append(HTTP2Frame(.windowUpdate, length: 4, streamID: id))
    out.append(UInt32(step))
  }
}

extension ByteBuffer {
  fileprivate func append(_ frame: HTTP2Frame) {
    self.append(UInt8(frame.length >> 16))
    self.append(UInt16(frame.length & 0xFFFF))
    self.append(frame.kind?.rawValue ?? 0xFF)
    self.append(frame.flags)
    self.append(frame.streamID)
  }
}
