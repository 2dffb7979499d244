internal import CCurl
internal import Networking

/// One connection that speaks HTTP/2, or is being opened to. libcurl makes it, TLS and proxies included; nghttp2 says what
/// is sent on it.
///
///     connecting ─opened()─▶ open ─GOAWAY, idle, stalled─▶ retiring ─last stream ends─▶ closed
///          └──────────────────┴────────────lost─────────────┴────────────────────────────▲
///
/// ``HTTPClient`` owns it, and is told of everything that happens to transfers.
@NetworkActor
final class HTTP2Connection {
  private enum State { case connecting, open, retiring, closed }

  /// A connection without streams is closed after so long: as libcurl does, and before most servers do.
  private static let maxIdle = Duration.seconds(100)
  /// Bytes that are handed to TLS at once.
  private static let outputStep = 64 << 10
  /// Connections take turns with it: nothing stays in it between calls.
  private static let input = UnsafeMutableRawBufferPointer.allocate(
    byteCount: EasyHandle.maxReceivedBytes, alignment: 16)

  let easy: EasyHandle
  let route: HTTP2Route
  /// Lists that libcurl reads while it connects.
  private let lists: [StringList]
  private unowned let client: HTTPClient
  private let session: HTTP2Session
  private var state = State.connecting
  /// Transfers that wait for the connection.
  private var pending: [Transfer] = []
  private var transfers: [Int32: Transfer] = [:]
  private var watcher: FileWatcher?
  private let idleLimit = Timer()
  /// What was not sent yet.
  private var output: [UInt8] = []
  private var isFlushScheduled = false
  /// Less than ``HTTP2Session/maxStreams`` when it is known that the server takes no more.
  private var maxStreams: Int
  private var lastReceived = ContinuousClock.now

  init(
    _ easy: EasyHandle, _ route: HTTP2Route, maxStreams: Int, lists: [StringList],
    client: HTTPClient
  ) throws(HTTPClientError) {
    self.easy = easy
    self.route = route
    self.maxStreams = maxStreams
    self.lists = lists
    self.client = client
    self.session = try HTTP2Session(maxHeaderBytes: client.options.maxHeaderBytes)
  }

  /// Transfers on it.
  var count: Int { self.pending.count + self.transfers.count }

  /// Streams that it takes, as far as that is known.
  var capacity: Int { min(self.maxStreams, self.session.capacity) }

  /// Whether it takes one more.
  var hasRoom: Bool {
    switch self.state {
    case .connecting: self.count < self.maxStreams
    case .open:
      self.session.acceptsRequests && self.count < self.capacity
    case .retiring, .closed: false
    }
  }

  var isWatching: Bool { self.watcher != nil }

  // MARK: Transfers

  /// Takes a transfer; there must be room.
  func add(_ transfer: Transfer) {
    transfer.connection = self
    guard self.state != .connecting else {
      self.pending.append(transfer)
      return
    }
    self.submit(transfer)
    self.scheduleFlush()
  }

  /// Forgets a transfer that nobody waits for any more.
  func drop(_ transfer: Transfer) {
    transfer.connection = nil
    if let id = transfer.streamID {
      transfer.streamID = nil
      guard self.transfers.removeValue(forKey: id) != nil else { return }
      self.session.cancel(id)
      self.scheduleFlush()
    } else {
      self.pending.removeAll { $0 === transfer }
    }
  }

  /// A transfer's time ran out. Where nothing at all came since it began, the way there is probably dead, and only
  /// those that are on it go on waiting.
  func timedOut(_ transfer: Transfer) {
    if self.state == .open, self.lastReceived < transfer.began { self.state = .retiring }
  }

  private func submit(_ transfer: Transfer) {
    guard let target = transfer.target else { return }
    let request = transfer.request
    let head = HTTP2Session.RequestHead(
      method: request.method.rawValue, target: target, headers: request.headers)
    let hasBody = request.method != .get && request.method != .head
    self.idleLimit.cancel()
    do throws(HTTPClientError) {
      let id = try self.session.submit(
        head, body: hasBody ? request.body : [], received: transfer.received)
      transfer.streamID = id
      self.transfers[id] = transfer
    } catch {
      // Nothing was sent.
      self.client.restart(transfer, error)
    }
  }

  // MARK: Opening and closing

  /// libcurl has made the connection.
  ///
  /// - Returns: False when the server speaks HTTP/1.1 only.
  func opened() -> Bool {
    // The first call lets libcurl tell what was agreed on.
    let first = self.easy.receive(into: Self.input)
    guard first == .over || self.easy.speaksHTTP2 else { return false }
    guard first != .over, let descriptor = self.easy.descriptor else {
      self.lost(Self.broken)
      return true
    }
    self.state = .open
    let watcher = FileWatcher(descriptor: descriptor) { [unowned self] in self.ready($0) }
    self.watcher = watcher
    if let error = watcher.error {
      self.lost(HTTPClientError(.misconfigured, error.description))
      return true
    }
    let pending = self.pending
    self.pending = []
    for transfer in pending { self.submit(transfer) }
    if case .bytes(let count) = first, !self.process(count) { return true }
    self.receive()
    self.flush()
    return true
  }

  /// Stops everything and gives up its transfers, which the caller ends or begins elsewhere. The handle is the caller's
  /// again.
  func close() -> [Transfer] {
    self.state = .closed
    self.watcher?.close()
    self.watcher = nil
    self.idleLimit.close()
    let transfers = self.pending + self.transfers.values
    self.pending = []
    self.transfers = [:]
    for transfer in transfers {
      transfer.connection = nil
      transfer.streamID = nil
    }
    return transfers
  }

  private static let broken = HTTPClientError(.interrupted, "it ended")

  private func lost(_ error: HTTPClientError) {
    guard self.state != .closed else { return }
    self.client.lost(self, error)
  }

  /// Closes when there is nothing left to do, and sees that this comes about.
  private func closeIfDone() {
    guard self.state == .open || self.state == .retiring else { return }
    // The server broke the rules, or has said goodbye: nghttp2 takes and gives nothing any more.
    if self.session.isOver { return self.lost(Self.broken) }
    guard self.count == 0 else { return }
    if self.state == .retiring || !self.session.acceptsRequests {
      self.session.terminate()
      // A last word. Whether it still gets through does not matter.
      do throws(HTTPClientError) {
        try self.session.takeOutput(into: &self.output, limit: Self.outputStep)
        _ = self.output.withUnsafeBytes { self.easy.send($0) }
      } catch {}
      self.lost(Self.broken)
      return
    }
    self.idleLimit.schedule(after: Self.maxIdle) { [unowned self] in
      self.state = .retiring
      self.closeIfDone()
    }
  }

  // MARK: Bytes

  private func ready(_ readiness: FileWatcher.Readiness) {
    if readiness.contains(.readable) { self.receive() }
    self.flush()
  }

  private func receive() {
    while self.state != .closed {
      switch self.easy.receive(into: Self.input) {
      case .bytes(let count): guard self.process(count) else { return }
      case .wouldBlock: return
      case .over: return self.lost(Self.broken)
      }
    }
  }

  /// Takes bytes that lie in ``input``; false when that ended the connection.
  private func process(_ count: Int) -> Bool {
    self.lastReceived = .now
    do throws(HTTPClientError) {
      try self.session.receive(UnsafeRawBufferPointer(rebasing: Self.input[..<count]))
    } catch {
      self.deliver()
      self.lost(error)
      return false
    }
    self.deliver()
    return self.state != .closed
  }

  private func deliver() {
    for (id, ending, status) in self.session.takeEndings() {
      guard let transfer = self.transfers.removeValue(forKey: id) else { continue }
      transfer.connection = nil
      transfer.streamID = nil
      if ending == .refused { self.maxStreams = max(1, self.count) }
      self.client.ended(transfer, ending, status: status, on: self.route)
    }
  }

  /// Requests that are made together are sent together.
  private func scheduleFlush() {
    guard !self.isFlushScheduled, self.state != .closed else { return }
    self.isFlushScheduled = true
    Task { @NetworkActor [weak self] in self?.flush() }
  }

  private func flush() {
    self.isFlushScheduled = false
    guard self.state == .open || self.state == .retiring else { return }
    while true {
      if self.output.isEmpty {
        do throws(HTTPClientError) {
          try self.session.takeOutput(into: &self.output, limit: Self.outputStep)
        } catch {
          self.deliver()
          return self.lost(error)
        }
        if self.output.isEmpty { break }
      }
      switch self.output.withUnsafeBytes({ self.easy.send($0) }) {
      case .bytes(let count): self.output.removeFirst(count)
      case .wouldBlock:
        self.watcher?.watch([.readable, .writable])
        return
      case .over: return self.lost(Self.broken)
      }
    }
    self.output = []
    self.watcher?.watch(.readable)
    // Requests that could not be sent any more are found while sending.
    self.deliver()
    self.closeIfDone()
  }
}
