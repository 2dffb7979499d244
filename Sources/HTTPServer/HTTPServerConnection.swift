internal import Networking

/// One client: reads a request, lets the handler answer it, reads the next. Pipelined requests wait their turn.
///
///     reading ─request─▶ answering ─answered─▶ reading
///        │ error             │ Connection: close, error
///        ▼                   ▼
///     lingering ◀────────────┘      any ─▶ closed
///
/// Lingering: the last response is out and whatever else the client sends is thrown away for a moment, because closing
/// a socket with unread input resets it, and the reset can overtake the response.
@NetworkActor
final class HTTPServerConnection {
  private enum State {
    case reading
    case answering
    case lingering
    case closed
  }

  /// How long, and how much, is read and thrown away after the last response.
  private static let lingerTime = Duration.seconds(1)
  private static let maxLingerBytes = 1 << 20

  let id: UInt64
  private let options: HTTPServerOptions
  private let handler: HTTPServer.Handler
  private let stream: Stream
  private let onEnd: @NetworkActor (HTTPServerConnection) -> Void
  private let timer = Timer()
  private var parser: HTTPRequestParser
  private var state = State.reading
  private var inbox: ByteBuffer?
  private var call: Task<Void, Never>?
  private var isCalling = false
  private var isStartingCall = false
  private var served = 0
  private var lingered = 0
  private var draining = false
  private var timesRequest = false
  private var tookOver = false
  /// The body writer that waits for the client to take what was written.
  private var waitingWriter: CheckedContinuation<Void, Never>?

  init(
    id: UInt64, stream: Stream, options: HTTPServerOptions, handler: @escaping HTTPServer.Handler,
    onEnd: @escaping @NetworkActor (HTTPServerConnection) -> Void
  ) {
    self.id = id
    self.stream = stream
    self.options = options
    self.handler = handler
    self.onEnd = onEnd
    self.parser = HTTPRequestParser(options: options)
    stream.onReceive = { [weak self] in self?.received($0) }
    stream.onClose = { [weak self] _ in self?.closed() }
    stream.highWaterMark = options.maxUnsentBytes
    stream.lowWaterMark = options.maxUnsentBytes / 4
    stream.onDrained = { [weak self] in self?.resumeWriter() }
    // A client that connects and says nothing has as long as one that stops inside a request.
    self.startTimer(self.options.requestTimeout)
  }

  /// Answers what is being answered, then closes.
  func beginGracefulShutdown() {
    self.draining = true
    if case .reading = self.state, self.parser.isBetweenRequests, (self.inbox?.count ?? 0) == 0 {
      self.close()
    }
  }

  /// Closes now; a running handler is cancelled.
  func close(_ error: (any Error)? = nil) { self.stream.close(error) }

  /// Answers 503 and closes: for connections above the limit.
  func refuse() { self.fail(.init(503, "too many connections")) }

  // MARK: Receiving

  private func received(_ buffer: ByteBuffer) {
    self.inbox = buffer
    switch self.state {
    case .reading: self.readRequest()
    case .answering:
      // Pipelined: left in the buffer until its turn comes, but not without limit.
      if buffer.count > self.options.maxHeaderBytes { self.stream.pauseReading(true) }
    case .lingering:
      self.lingered += buffer.count
      buffer.consume(buffer.count)
      if self.lingered > Self.maxLingerBytes { self.close() }
    case .closed: buffer.consume(buffer.count)
    }
  }

  private func readRequest() {
    while case .reading = self.state, let inbox, inbox.count > 0 {
      if !self.timesRequest {
        self.timesRequest = true
        self.startTimer(self.options.requestTimeout)
      }
      var consumed = 0
      do {
        let outcome = try self.parser.next(inbox.bytes, consumed: &consumed)
        inbox.consume(consumed)
        switch outcome {
        case .needsMore: return
        case .expectsContinue:
          self.stream.outbound.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
          self.stream.flush()
        case .request(let request): self.answer(request)
        }
      } catch {
        inbox.consume(consumed)
        self.fail(error)
      }
    }
  }

  private func fail(_ failure: HTTPRequestParser.Failure) {
    self.writeHead(
      status: failure.status,
      headers: [
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": "\(failure.text.utf8.count + 1)",
      ], keepsAlive: false)
    self.stream.outbound.append(Array("\(failure.text)\n".utf8))
    self.linger()
  }

  // MARK: Answering

  private func answer(_ request: HTTPRequest) {
    var request = request
    request.connectionID = self.id
    request.peerPort = self.stream.peerPort
    request.peerAddress = self.stream.peerAddress
    self.state = .answering
    self.timer.cancel()
    self.served += 1
    // A task of its own, because the callback that brought the bytes cannot wait. It is cancelled when the client goes
    // away, and the connection counts as open (`onEnd`) until it has returned, which `HTTPServer.run()` waits for.
    // A handler that never suspends has returned when this function does: then the loop in `readRequest()` goes on,
    // so that a train of pipelined requests does not pile up on the stack.
    self.isCalling = true
    self.isStartingCall = true
    let call = Task.immediate { @NetworkActor in
      let response = await self.handler(request)
      await self.write(response, to: request)
      self.callEnded()
    }
    self.isStartingCall = false
    if self.isCalling { self.call = call }
  }

  private func callEnded() {
    self.isCalling = false
    self.call = nil
    switch self.state {
    case .closed: self.onEnd(self)
    case .reading where !self.isStartingCall: self.readRequest()
    case .reading, .answering, .lingering: break
    }
  }

  private func write(_ response: HTTPResponse, to request: HTTPRequest) async {
    guard case .answering = self.state else { return }
    let keepsAlive =
      !self.draining && self.served < self.options.maxRequestsPerConnection
      && !request.headers.lists("close", in: "Connection")
      && (request.isHTTP11 || request.headers.lists("keep-alive", in: "Connection"))
      && !(response.headers["Connection"]?.equalsIgnoringCase("close") ?? false)
    switch response.body {
    case .bytes(let bytes):
      self.write(bytes, of: response, to: request, keepsAlive: keepsAlive)
      self.finish(keepsAlive: keepsAlive)
    case .stream(let length, let write):
      await self.stream(write, length: length, of: response, to: request, keepsAlive: keepsAlive)
    case .takeOver(let use): self.handOver(response, to: use)
    case .hangUp: self.close(HTTPAborted())
    }
  }

  private func write(
    _ bytes: [UInt8], of response: HTTPResponse, to request: HTTPRequest, keepsAlive: Bool
  ) {
    var headers = response.headers
    let hasBody = response.status >= 200 && response.status != 204 && response.status != 304
    if hasBody { headers["Content-Length"] = "\(bytes.count)" }
    self.writeHead(status: response.status, headers: headers, keepsAlive: keepsAlive)
    if hasBody, request.method != "HEAD" { self.stream.outbound.append(bytes) }
  }

  private func stream(
    _ write: @NetworkActor @Sendable (HTTPBodyWriter) async throws -> Void, length: Int?,
    of response: HTTPResponse, to request: HTTPRequest, keepsAlive: Bool
  ) async {
    var headers = response.headers
    var keepsAlive = keepsAlive
    let framing: HTTPBodyWriter.Framing
    if let length {
      headers["Content-Length"] = "\(length)"
      framing = request.method == "HEAD" ? .none : .length(length)
    } else if request.isHTTP11 {
      headers["Transfer-Encoding"] = "chunked"
      framing = request.method == "HEAD" ? .none : .chunked
    } else {
      framing = request.method == "HEAD" ? .none : .untilClose
      keepsAlive = false
    }
    self.writeHead(status: response.status, headers: headers, keepsAlive: keepsAlive)
    self.stream.flush()
    let writer = HTTPBodyWriter(self, framing)
    do {
      try await write(writer)
      if try writer.finish() { self.finish(keepsAlive: keepsAlive) } else { self.cut() }
    } catch {
      // Whatever went wrong, the head is out: only a broken connection can tell the client.
      self.cut()
    }
  }

  private func handOver(
    _ response: HTTPResponse, to use: @NetworkActor @Sendable (Stream) -> Void
  ) {
    self.tookOver = true
    self.writeHead(status: response.status, headers: response.headers, keepsAlive: true)
    self.stream.flush()
    self.stream.onReceive = nil
    self.stream.onClose = nil
    self.stream.onDrained = nil
    self.closed()
    // What the client sent early is still in the buffer, and is given to the new owner in the next turn.
    self.stream.pauseReading(false)
    use(self.stream)
  }

  private func writeHead(status: Int, headers: HTTPHeaders, keepsAlive: Bool) {
    var head = "HTTP/1.1 \(status) \(HTTPResponse.reason(status))\r\n"
    for field in headers.fields where !field.name.equalsIgnoringCase("Connection") {
      // A handler's mistake must not split the response.
      let value = field.value.utf8.contains { $0 < 0x20 } ? "" : field.value
      head += "\(field.name): \(value)\r\n"
    }
    if status >= 200, !self.tookOver {
      head += "Date: \(HTTPDate.now())\r\n"
      if !keepsAlive { head += "Connection: close\r\n" }
    }
    head += "\r\n"
    self.stream.outbound.append(Array(head.utf8))
  }

  private func finish(keepsAlive: Bool) {
    guard case .answering = self.state else { return }
    guard keepsAlive else { return self.linger() }
    self.state = .reading
    self.timesRequest = false
    self.stream.flush()
    self.stream.pauseReading(false)
    self.startTimer(self.options.idleTimeout)
  }

  /// Lets out what has been written, then breaks off: the client sees a body that stops.
  private func cut() {
    guard case .answering = self.state else { return }
    self.close(HTTPAborted())
  }

  private func linger() {
    self.state = .lingering
    self.stream.flush()
    self.stream.pauseReading(false)
    if let inbox { inbox.consume(inbox.count) }
    self.startTimer(Self.lingerTime)
  }

  // MARK: For the body writer

  /// Queues `bytes` and sends them at the end of this turn of the loop.
  func send(_ bytes: [UInt8]) throws {
    guard case .answering = self.state else { throw HTTPAborted() }
    self.stream.outbound.append(bytes)
    self.stream.flush()
  }

  /// Returns once the client has taken enough that more may be written, and lets others have their turn meanwhile.
  ///
  /// A client that takes nothing at all is closed by the system after a minute (`Socket.userTimeoutMilliseconds`).
  func waitForRoom() async throws {
    if self.stream.unsentBytes > self.options.maxUnsentBytes {
      await withCheckedContinuation { self.waitingWriter = $0 }
    } else {
      await Task.yield()
    }
    guard case .answering = self.state else { throw HTTPAborted() }
  }

  private func resumeWriter() {
    self.waitingWriter?.resume()
    self.waitingWriter = nil
  }

  // MARK: End

  private func startTimer(_ delay: Duration) {
    self.timer.schedule(after: delay) { [weak self] in self?.timeRanOut() }
  }

  private func timeRanOut() {
    if case .reading = self.state, self.timesRequest {
      self.fail(.init(408, "the request did not arrive in time"))
    } else {
      self.close()
    }
  }

  private func closed() {
    if case .closed = self.state { return }
    self.state = .closed
    self.timer.close()
    self.resumeWriter()
    if !self.tookOver { self.call?.cancel() }
    if !self.isCalling { self.onEnd(self) }
  }
}
