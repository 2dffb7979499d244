internal import CCurl
internal import Compression
internal import Networking

/// What transfers must have in common to share a connection.
struct HTTP2Route: Hashable {
  let authority: String
  let proxy: HTTPProxy?
  let identity: String
}

/// The connections that speak HTTP/2, and what is known of servers that do not.
@NetworkActor
struct HTTP2Connections {
  /// A server that chose HTTP/1.1 is not asked again before.
  private static let memory = Duration.seconds(600)
  /// More would be kept of servers that nobody asks any more.
  private static let maxRemembered = 4096

  private var byRoute: [HTTP2Route: [HTTP2Connection]] = [:]
  private var byHandle: [EasyHandle: HTTP2Connection] = [:]
  private var plain: [HTTP2Route: ContinuousClock.Instant] = [:]

  var all: some Collection<HTTP2Connection> { self.byHandle.values }
  subscript(easy: EasyHandle) -> HTTP2Connection? { self.byHandle[easy] }

  /// The one with the fewest transfers; nil when none takes more.
  func withRoom(on route: HTTP2Route) -> HTTP2Connection? {
    self.byRoute[route]?.filter(\.hasRoom).min { $0.count < $1.count }
  }

  /// Streams that a new connection is expected to take: what the server allows on another.
  func capacity(on route: HTTP2Route) -> Int {
    self.byRoute[route]?.first?.capacity ?? HTTP2Session.maxStreams
  }

  mutating func add(_ connection: HTTP2Connection) {
    self.byRoute[connection.route, default: []].append(connection)
    self.byHandle[connection.easy] = connection
  }

  mutating func remove(_ connection: HTTP2Connection) {
    self.byHandle[connection.easy] = nil
    self.byRoute[connection.route]?.removeAll { $0 === connection }
    if self.byRoute[connection.route]?.isEmpty == true { self.byRoute[connection.route] = nil }
  }

  mutating func speaksHTTP1Only(_ route: HTTP2Route) {
    if self.plain.count >= Self.maxRemembered { self.plain.removeAll() }
    self.plain[route] = .now + Self.memory
  }

  mutating func mayTry(_ route: HTTP2Route) -> Bool {
    guard let until = self.plain[route] else { return true }
    guard until <= .now else { return false }
    self.plain[route] = nil
    return true
  }
}

extension HTTPClient {
  /// A request that a server did not begin with is sent again, so often in all.
  private static let maxStarts = 4

  /// The connection for `transfer` to share, one that there is or a new one; nil when it has to be HTTP/1.1.
  func connection(for transfer: Transfer) throws(HTTPClientError) -> HTTP2Connection? {
    guard let target = transfer.target else { return nil }
    let request = transfer.request
    let route = HTTP2Route(
      authority: target.authority, proxy: request.proxy, identity: request.identity)
    guard self.connections.mayTry(route) else { return nil }
    guard transfer.deadline > .now else { throw EasyHandle.timeout(transfer) }
    transfer.starts += 1
    if let connection = self.connections.withRoom(on: route) { return connection }
    return try self.connect(route, for: transfer, to: target)
  }

  private func connect(
    _ route: HTTP2Route, for transfer: Transfer, to target: HTTPSTarget
  ) throws(HTTPClientError) -> HTTP2Connection {
    let easy = try self.pool.take()
    do throws(HTTPClientError) {
      transfer.lists.removeAll()
      try easy.setUpConnection(
        for: transfer, to: target, session: self.shares.use(for: transfer.request.identity))
      let connection = try HTTP2Connection(
        easy, route, maxStreams: self.connections.capacity(on: route), lists: transfer.lists,
        client: self)
      try self.multi.add(easy)
      self.connections.add(connection)
      return connection
    } catch {
      self.pool.give(easy)
      throw error
    }
  }

  /// libcurl is done with connecting.
  func connected(_ connection: HTTP2Connection, _ code: CURLcode) {
    guard code == CURLE_OK else {
      let easy = connection.easy
      // Said in each transfer's words, while libcurl still knows.
      let failures = connection.close().map { transfer in
        (transfer, easy.error(code, transfer))
      }
      self.release(connection)
      for (transfer, error) in failures {
        self.finish(transfer, .failure(error))
      }
      return
    }
    self.shares.succeeded(connection.route.identity)
    guard !connection.opened() else { return }
    self.connections.speaksHTTP1Only(connection.route)
    let transfers = connection.close()
    self.release(connection)
    for transfer in transfers {
      self.start(transfer)
    }
  }

  /// A connection has come to its end, with or without transfers on it.
  func lost(_ connection: HTTP2Connection, _ error: HTTPClientError) {
    let transfers = connection.close()
    self.release(connection)
    for transfer in transfers {
      // What only reads may be asked twice, if no answer has begun.
      let isSafe = transfer.request.method == .get || transfer.request.method == .head
      if isSafe, transfer.received.isEmpty {
        self.restart(transfer, error)
      } else {
        self.finish(transfer, .failure(Self.interrupted(transfer, error.message)))
      }
    }
  }

  /// What became of a transfer that its connection is done with.
  func ended(
    _ transfer: Transfer, _ ending: HTTP2Session.Ending, status: Int, on route: HTTP2Route
  ) {
    switch ending {
    case .complete:
      self.finish(transfer, Self.result(of: transfer, status: status))
    case .refused:
      let error = HTTPClientError(.interrupted, "the server takes no more requests")
      self.restart(transfer, error)
    case .needsHTTP1:
      self.connections.speaksHTTP1Only(route)
      self.restart(transfer, HTTPClientError(.interrupted, "it wants HTTP/1.1"))
    case .stopped:
      let exceeded = transfer.received.exceeded ?? ""
      self.finish(
        transfer,
        .failure(
          HTTPClientError(
            .tooLarge, "the response of \(transfer.host) was stopped: \(exceeded)")))
    case .reset(let code):
      self.finish(
        transfer,
        .failure(Self.interrupted(transfer, "the server reset the stream, HTTP/2 error \(code)")))
    }
  }

  /// Begins a transfer again that no server has begun with.
  func restart(_ transfer: Transfer, _ error: HTTPClientError) {
    guard transfer.starts < Self.maxStarts, transfer.received.isEmpty else {
      return self.finish(transfer, .failure(Self.interrupted(transfer, error.message)))
    }
    self.start(transfer)
  }

  func release(_ connection: HTTP2Connection) {
    self.connections.remove(connection)
    self.multi.remove(connection.easy)
    self.pool.give(connection.easy)
  }

  private static func interrupted(_ transfer: Transfer, _ why: String) -> HTTPClientError {
    let via = transfer.request.proxy.map { " through the proxy \($0)" } ?? ""
    return HTTPClientError(
      .interrupted, "the connection to \(transfer.host)\(via) broke (\(why))")
  }

  private static func result(
    of transfer: Transfer, status: Int
  ) -> Result<Response, HTTPClientError> {
    var response = Response(status: status)
    response.headers = transfer.received.headers
    response.body = transfer.received.body
    guard let encoding = response[header: "content-encoding"]?.lowercased(),
      !response.body.isEmpty, encoding != "identity"
    else { return .success(response) }
    guard encoding == "gzip" || encoding == "x-gzip" else {
      return .failure(
        HTTPClientError(
          .badEncoding, "the response of \(transfer.host) is encoded in a way that nobody asked for"
        ))
    }
    do throws(CompressionError) {
      response.body = try Gzip.decompress(
        response.body, maxBytes: transfer.request.maxBodyBytes)
      return .success(response)
    } catch {
      return .failure(
        error.code == .tooLarge
          ? HTTPClientError(
            .tooLarge,
            "the response of \(transfer.host) was stopped: the body is larger than "
              + "\(transfer.request.maxBodyBytes) bytes")
          : HTTPClientError(
            .badEncoding, "the response of \(transfer.host) cannot be decompressed"))
    }
  }
}
