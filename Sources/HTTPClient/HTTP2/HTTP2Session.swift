internal import CNGHTTP2

/// The client's side of one HTTP/2 connection (RFC 9113), as nghttp2 has it. Does no I/O: bytes go in and come out.
///
///     exchange:  submit() ─▶ waiting for a stream ─▶ under way ─END_STREAM─▶ complete
///                                   └──────────────────────┴─▶ refused, reset or stopped
///
/// Only touched on the network thread.
final class HTTP2Session {
  /// How an exchange ended.
  enum Ending: Hashable {
    /// The whole response is there.
    case complete
    /// The server has not begun with it, and says so: it may be sent again elsewhere.
    case refused
    /// The server wants it over HTTP/1.1.
    case needsHTTP1
    /// A bound was exceeded; ``ReceivedResponse/exceeded`` says which.
    case stopped
    /// The server broke it off, or broke the rules, with this error code (RFC 9113 §7).
    case reset(UInt32)
  }

  /// Streams at one time when the server allows more, or has not said yet: what most servers allow.
  static let maxStreams = 100
  /// A megabyte of a response may be on the way before we have said that we took some.
  private static let streamWindow: Int32 = 1 << 20
  private static let connectionWindow: Int32 = 16 << 20

  private final class Exchange {
    let received: ReceivedResponse
    let body: [UInt8]
    var sentBytes = 0
    var status = 0
    /// The headers of the final response are there: more of them are trailers.
    var hasHeaders = false
    var isEnded = false

    init(received: ReceivedResponse, body: [UInt8]) {
      self.received = received
      self.body = body
    }
  }

  /// A request in HTTP/2's words.
  struct RequestHead {
    var method: String
    var target: HTTPSTarget
    /// Names in any case; those that belong to a connection are left out.
    var headers: [HTTPClient.Header]
  }

  private let raw: OpaquePointer
  private var exchanges: [Int32: Exchange] = [:]
  private var endings: [(Int32, Ending, status: Int)] = []

  /// - Throws: ``HTTPClientError`` (`misconfigured`) without memory.
  init(maxHeaderBytes: Int) throws(HTTPClientError) {
    var callbacks: OpaquePointer?
    guard nghttp2_session_callbacks_new(&callbacks) == 0 else { throw Self.outOfMemory }
    defer { nghttp2_session_callbacks_del(callbacks) }
    Self.setCallbacks(callbacks)
    var options: OpaquePointer?
    guard nghttp2_option_new(&options) == 0 else { throw Self.outOfMemory }
    defer { nghttp2_option_del(options) }
    nghttp2_option_set_peer_max_concurrent_streams(options, UInt32(Self.maxStreams))
    // As lenient as libcurl: a value may begin or end with a space.
    nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(options, 1)
    let owner = UnsafeMutablePointer<Unmanaged<HTTP2Session>?>.allocate(capacity: 1)
    owner.initialize(to: nil)
    var raw: OpaquePointer?
    guard nghttp2_session_client_new2(&raw, callbacks, owner, options) == 0, let raw else {
      owner.deallocate()
      throw Self.outOfMemory
    }
    self.raw = raw
    self.owner = owner
    owner.pointee = Unmanaged.passUnretained(self)
    let settings = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(Self.streamWindow)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
        value: UInt32(clamping: maxHeaderBytes)),
    ]
    // These only note what is to be sent; they fail without memory, and then so will everything else.
    nghttp2_submit_settings(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
    nghttp2_session_set_local_window_size(
      raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Self.connectionWindow)
  }

  /// What nghttp2 hands to the callbacks: memory that is there before this object is.
  private let owner: UnsafeMutablePointer<Unmanaged<HTTP2Session>?>

  deinit {
    nghttp2_session_del(self.raw)
    self.owner.deallocate()
  }

  // MARK: What the connection does

  /// Whether another request may be sent on this connection: no GOAWAY came, and stream numbers are left.
  var acceptsRequests: Bool { nghttp2_session_check_request_allowed(self.raw) != 0 }

  /// Streams that the server allows at one time, at most ``maxStreams``.
  var capacity: Int {
    let stated = nghttp2_session_get_remote_settings(
      self.raw, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
    return min(Int(stated), Self.maxStreams)
  }

  /// Nothing will be sent or received any more.
  var isOver: Bool {
    nghttp2_session_want_read(self.raw) == 0 && nghttp2_session_want_write(self.raw) == 0
  }

  /// Begins an exchange.
  ///
  /// - Returns: Its number.
  /// - Throws: ``HTTPClientError`` (`interrupted`) when the connection takes no more.
  func submit(
    _ head: RequestHead, body: [UInt8], received: ReceivedResponse
  ) throws(HTTPClientError) -> Int32 {
    let fields = Self.fields(head, bodyBytes: head.method == "GET" ? nil : body.count)
    let id = Self.withValues(fields) { values, count in
      guard !body.isEmpty else {
        return nghttp2_submit_request(self.raw, nil, values, count, nil, nil)
      }
      var provider = nghttp2_data_provider()
      provider.read_callback = { _, id, buffer, length, flags, _, user in
        guard let buffer, let flags else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
        return HTTP2Session.of(user).read(id, into: buffer, length, flags)
      }
      return nghttp2_submit_request(self.raw, nil, values, count, &provider, nil)
    }
    guard id > 0 else {
      throw HTTPClientError(
        .interrupted, "the connection takes no more requests (\(Self.text(id)))")
    }
    self.exchanges[id] = Exchange(received: received, body: body)
    return id
  }

  /// Nobody wants the response any more.
  func cancel(_ id: Int32) {
    guard self.exchanges.removeValue(forKey: id) != nil else { return }
    self.reset(id)
  }

  /// Takes bytes of the server; what came of them is in ``takeEndings()``.
  ///
  /// - Throws: ``HTTPClientError`` (`interrupted`) when they are not HTTP/2: the connection is of no more use.
  func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTPClientError) {
    let bytes = bytes.bindMemory(to: UInt8.self)
    let count = nghttp2_session_mem_recv(self.raw, bytes.baseAddress, bytes.count)
    guard count == bytes.count else {
      throw HTTPClientError(
        .interrupted, "what comes is not HTTP/2 (\(Self.text(Int32(clamping: count))))")
    }
  }

  /// Exchanges that have ended since the last call, with the status of their response, zero where none came.
  func takeEndings() -> [(Int32, Ending, status: Int)] {
    guard !self.endings.isEmpty else { return [] }
    defer { self.endings = [] }
    return self.endings
  }

  /// Appends what is to be sent, until there are `limit` bytes or a frame more.
  ///
  /// - Throws: ``HTTPClientError`` (`interrupted`): the connection is of no more use.
  func takeOutput(into out: inout [UInt8], limit: Int) throws(HTTPClientError) {
    while out.count < limit {
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(self.raw, &bytes)
      guard count >= 0 else {
        throw HTTPClientError(
          .interrupted, "HTTP/2 has come to its end (\(Self.text(Int32(clamping: count))))")
      }
      guard count > 0 else { return }
      out.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    }
  }

  /// Says goodbye to the server; it is among the next output.
  func terminate() {
    // Fails without memory only; the connection is then closed without a word.
    nghttp2_session_terminate_session(self.raw, NGHTTP2_NO_ERROR.rawValue)
  }

  // MARK: nghttp2's callbacks

  private static func of(_ user: UnsafeMutableRawPointer?) -> HTTP2Session {
    // Set before the first call, and there as long as the session is.
    user!.assumingMemoryBound(to: Unmanaged<HTTP2Session>?.self).pointee!.takeUnretainedValue()
  }

  private static func setCallbacks(_ callbacks: OpaquePointer?) {
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, frame, name, nameCount, value, valueCount, _, user in
      guard let frame else { return 0 }
      let isTaken = HTTP2Session.of(user).header(
        frame.pointee.hd.stream_id, UnsafeRawBufferPointer(start: name, count: nameCount),
        UnsafeRawBufferPointer(start: value, count: valueCount))
      // Resets this stream; the others go on.
      return isTaken ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
      guard let frame else { return 0 }
      HTTP2Session.of(user).frame(frame.pointee.hd)
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      _, _, id, bytes, count, user in
      HTTP2Session.of(user).data(id, UnsafeRawBufferPointer(start: bytes, count: count))
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, user in
      HTTP2Session.of(user).closed(id, code)
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, user in
      guard let frame, frame.pointee.hd.type == NGHTTP2_HEADERS.rawValue else { return 0 }
      HTTP2Session.of(user).notSent(frame.pointee.hd.stream_id)
      return 0
    }
  }

  private func header(
    _ id: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> Bool {
    guard let exchange = self.exchanges[id] else { return true }
    // Counted as RFC 9113 §10.5.1 does.
    guard exchange.received.countHeader(name.count + value.count + 32) else { return false }
    if name.first == UInt8(ascii: ":") {
      // :status is the only one that nghttp2 lets through, and it comes first.
      exchange.received.beginHeaders()
      exchange.status = Int(String(decoding: value, as: UTF8.self)) ?? 0
    } else if !exchange.hasHeaders {
      exchange.received.addHeader(name, value)
    }
    return true
  }

  private func frame(_ head: nghttp2_frame_hd) {
    guard let exchange = self.exchanges[head.stream_id] else { return }
    if head.type == NGHTTP2_HEADERS.rawValue, exchange.status >= 200 { exchange.hasHeaders = true }
    let canEnd = head.type == NGHTTP2_HEADERS.rawValue || head.type == NGHTTP2_DATA.rawValue
    if canEnd, head.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { exchange.isEnded = true }
  }

  private func data(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
    guard let exchange = self.exchanges[id], !exchange.received.append(bytes) else { return }
    self.exchanges[id] = nil
    self.reset(id)
    self.endings.append((id, .stopped, status: exchange.status))
  }

  private func closed(_ id: Int32, _ code: UInt32) {
    guard let exchange = self.exchanges.removeValue(forKey: id) else { return }
    let ending: Ending =
      if exchange.received.exceeded != nil {
        .stopped
      } else if exchange.isEnded, exchange.hasHeaders, code == NGHTTP2_NO_ERROR.rawValue {
        .complete
      } else if code == NGHTTP2_REFUSED_STREAM.rawValue {
        .refused
      } else if code == NGHTTP2_HTTP_1_1_REQUIRED.rawValue {
        .needsHTTP1
      } else {
        .reset(code)
      }
    self.endings.append((id, ending, status: exchange.status))
  }

  /// The request never left: the connection was told to end before.
  private func notSent(_ id: Int32) {
    guard self.exchanges.removeValue(forKey: id) != nil else { return }
    self.endings.append((id, .refused, status: 0))
  }

  private func read(
    _ id: Int32, into buffer: UnsafeMutablePointer<UInt8>, _ length: Int,
    _ flags: UnsafeMutablePointer<UInt32>
  ) -> Int {
    guard let exchange = self.exchanges[id] else {
      return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }
    let count = min(length, exchange.body.count - exchange.sentBytes)
    exchange.body.withUnsafeBufferPointer { body in
      guard count > 0, let start = body.baseAddress else { return }
      buffer.update(from: start + exchange.sentBytes, count: count)
    }
    exchange.sentBytes += count
    if exchange.sentBytes == exchange.body.count { flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
    return count
  }

  private func reset(_ id: Int32) {
    // Fails without memory only; then the server sends in vain.
    nghttp2_submit_rst_stream(
      self.raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, NGHTTP2_CANCEL.rawValue)
  }

  // MARK: Header fields

  /// Fields of HTTP/1.1 connections, and those that are said in another way.
  private static let leftOut: Set<String> = [
    "host", "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade", "te",
    "content-length", "expect",
  ]

  /// What libcurl sends for the same request, as HTTP/2 says it.
  private static func fields(_ head: RequestHead, bodyBytes: Int?) -> [(String, String)] {
    let headers = head.headers.map { (name: $0.name.lowercased(), value: $0.value) }
    func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    var fields = [
      (":method", head.method), (":scheme", "https"),
      (":authority", value("host") ?? head.target.authority), (":path", head.target.path),
    ]
    if value("accept") == nil { fields.append(("accept", "*/*")) }
    if value("accept-encoding") == nil { fields.append(("accept-encoding", "gzip")) }
    for header in headers where !Self.leftOut.contains(header.name) {
      fields.append((header.name, header.value))
    }
    if let bodyBytes, head.method != "HEAD", bodyBytes > 0 || head.method != "DELETE" {
      fields.append(("content-length", "\(bodyBytes)"))
      if value("content-type") == nil {
        fields.append(("content-type", "application/x-www-form-urlencoded"))
      }
    }
    return fields
  }

  /// Calls `body` with the fields as nghttp2 takes them; it copies them.
  private static func withValues<Result>(
    _ fields: [(String, String)], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
  ) -> Result {
    var bytes: [UInt8] = []
    for (name, value) in fields {
      bytes += name.utf8
      bytes += value.utf8
    }
    return bytes.withUnsafeMutableBufferPointer { bytes in
      var place = bytes.baseAddress
      let values = fields.map { name, value in
        let (nameCount, valueCount) = (name.utf8.count, value.utf8.count)
        defer { place = place.map { $0 + nameCount + valueCount } }
        return nghttp2_nv(
          name: place, value: place.map { $0 + nameCount }, namelen: nameCount,
          valuelen: valueCount, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
      }
      return values.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
    }
  }

  private static func text(_ code: Int32) -> String { String(cString: nghttp2_strerror(code)) }

  private static let outOfMemory = HTTPClientError(
    .misconfigured, "nghttp2 could not make a session: out of memory")
}
