internal import CCurl
internal import Networking

/// One libcurl transfer handle. It stays on the network thread; ``HandlePool`` owns it.
struct EasyHandle: Hashable {
  let raw: UnsafeMutableRawPointer
}

@NetworkActor
extension EasyHandle {
  private static let isPrepared = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Initialises libcurl, once in the process.
  static func prepareLibrary() throws(HTTPClientError) {
    guard Self.isPrepared else {
      throw HTTPClientError(.misconfigured, "libcurl could not be initialised")
    }
  }

  /// Describes the whole transfer to libcurl. The handle must be new or reset.
  ///
  /// - Parameter session: Nil: no TLS session is resumed or kept.
  func set(up transfer: Transfer, session: SessionShares.Use?) throws(HTTPClientError) {
    let request = transfer.request
    let left = transfer.deadline - .now
    guard left > .zero else { throw Self.timeout(transfer) }
    transfer.lists.removeAll()
    try self.set(CURLOPT_URL, request.url)
    try self.set(CURLOPT_FOLLOWLOCATION, request.maxRedirects > 0 ? 1 : 0)
    try self.set(CURLOPT_MAXREDIRS, request.maxRedirects)
    try self.set(CURLOPT_TIMEOUT_MS, left.wholeMilliseconds)
    // The least that libcurl takes; by default each transfer over TLS holds 64 KB for a request of one.
    try self.set(CURLOPT_UPLOAD_BUFFERSIZE, 16_384)
    // A quarter of the default: each transfer holds one, and a thousand of them are most of what waiting costs.
    try self.set(CURLOPT_BUFFERSIZE, 4096)
    // Every encoding that this libcurl can undo; what comes out is counted, so a bomb ends at the bound.
    try self.set(CURLOPT_ACCEPT_ENCODING, "")
    try self.check(
      ccurl_set_size(self.raw, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(request.maxBodyBytes)))
    try self.setConnection(transfer, left, session: session, offersHTTP2: false)
    let isFresh = request.usesFreshConnection || transfer.opensConnection
    try self.set(CURLOPT_FRESH_CONNECT, isFresh ? 1 : 0)
    try self.set(CURLOPT_FORBID_REUSE, request.usesFreshConnection ? 1 : 0)
    try self.setRequest(transfer)
    try self.check(
      ccurl_set_callbacks(
        self.raw,
        { bytes, size, count, user in
          let received = Unmanaged<ReceivedResponse>.fromOpaque(user!).takeUnretainedValue()
          let data = UnsafeRawBufferPointer(start: bytes, count: size * count)
          return received.append(data) ? size * count : 0
        },
        { bytes, size, count, user in
          let received = Unmanaged<ReceivedResponse>.fromOpaque(user!).takeUnretainedValue()
          let data = UnsafeRawBufferPointer(start: bytes, count: size * count)
          return received.appendHeader(data) ? size * count : 0
        }, Unmanaged.passUnretained(transfer.received).toOpaque()))
  }

  /// Describes a connection to libcurl that it only opens, for HTTP/2 if the server wants that; ``receive(into:)`` and
  /// ``send(_:)`` use it. The handle must be new or reset.
  ///
  /// - Parameter transfer: The first that will use it; it keeps the lists that libcurl reads.
  func setUpConnection(
    for transfer: Transfer, to target: HTTPSTarget, session: SessionShares.Use?
  ) throws(HTTPClientError) {
    let left = transfer.deadline - .now
    guard left > .zero else { throw Self.timeout(transfer) }
    try self.set(CURLOPT_URL, "https://\(target.authority)/")
    try self.set(CURLOPT_CONNECT_ONLY, 1)
    try self.set(CURLOPT_FRESH_CONNECT, 1)
    // Bounds what one call receives; nothing of that size is held.
    try self.set(CURLOPT_BUFFERSIZE, Self.maxReceivedBytes)
    try self.setConnection(transfer, left, session: session, offersHTTP2: true)
  }

  private func setConnection(
    _ transfer: Transfer, _ left: Duration, session: SessionShares.Use?, offersHTTP2: Bool
  ) throws(HTTPClientError) {
    let options = transfer.options
    let request = transfer.request
    try self.set(CURLOPT_NOSIGNAL, 1)
    let protocols = options.allowsPlainHTTP ? "https,http" : "https"
    try self.set(CURLOPT_PROTOCOLS_STR, protocols)
    try self.set(CURLOPT_REDIR_PROTOCOLS_STR, protocols)
    try self.set(CURLOPT_CONNECTTIMEOUT_MS, min(request.connectTimeout, left).wholeMilliseconds)
    try self.set(CURLOPT_TCP_NODELAY, 1)
    try self.set(CURLOPT_TCP_KEEPALIVE, 1)
    try self.setTLS(transfer)
    // libcurl itself is not to speak HTTP/2 (see `HTTPClient.Options.allowsHTTP2`), so it must not offer it either.
    try self.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    if offersHTTP2 { try self.set(CURLOPT_SSL_ENABLE_ALPN, 0) }
    try self.setProxy(request.proxy, caFile: options.proxyCAFile)
    try self.setSession(session, offersHTTP2: offersHTTP2)
    if !options.connectTo.isEmpty {
      let list = try StringList(options.connectTo)
      transfer.lists.append(list)
      try self.check(ccurl_set_pointer(self.raw, CURLOPT_CONNECT_TO, list.raw))
    }
  }

  private func setTLS(_ transfer: Transfer) throws(HTTPClientError) {
    let options = transfer.options
    try self.set(CURLOPT_SSL_VERIFYPEER, 1)
    try self.set(CURLOPT_SSL_VERIFYHOST, 2)
    try self.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let caFile = options.caFile { try self.set(CURLOPT_CAINFO, caFile) }
    if let certificate = options.clientCertificateFile {
      try self.set(CURLOPT_SSLCERT, certificate)
      try self.set(CURLOPT_SSLKEY, options.clientKeyFile ?? certificate)
    }
    if options.caFile != nil || Self.hasSystemBundle {
      // Without a folder beside the file, libcurl reads the file once a day and not for each connection: the
      // system's takes it tens of milliseconds. And a folder would be trusted as well as the file.
      try self.unset(CURLOPT_CAPATH)
    }
    if options.proxyCAFile != nil || Self.hasSystemBundle { try self.unset(CURLOPT_PROXY_CAPATH) }
  }

  private func setSession(
    _ session: SessionShares.Use?, offersHTTP2: Bool
  ) throws(HTTPClientError) {
    // Said in both cases: a reset keeps the share of the transfer before.
    let share = session.map { UnsafeMutableRawPointer($0.share) }
    try self.check(ccurl_set_pointer(self.raw, CURLOPT_SHARE, share))
    try self.set(CURLOPT_SSL_SESSIONID_CACHE, session == nil ? 0 : 1)
    if Self.usesOpenSSL {
      let what =
        (session?.keepsSession == true ? ccurl_keeps_session : 0)
        | (offersHTTP2 ? ccurl_offers_http2 : 0)
      try self.check(ccurl_set_context(self.raw, what))
    }
  }

  nonisolated static let usesOpenSSL = ccurl_uses_openssl() != 0

  /// Whether this libcurl knows the file of the system's authorities, as Debian's and most do.
  private static let hasSystemBundle = ccurl_authorities() != nil

  private func setProxy(
    _ proxy: HTTPProxy?, caFile proxyCAFile: String?
  ) throws(HTTPClientError) {
    // Said even when there is none: libcurl would take one from the environment.
    try self.set(CURLOPT_PROXY, proxy?.description ?? "")
    // No host goes around the proxy, whatever the environment's no_proxy says.
    try self.set(CURLOPT_NOPROXY, "")
    try self.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    try self.set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
    try self.set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
    if let proxyCAFile { try self.set(CURLOPT_PROXY_CAINFO, proxyCAFile) }
    if let username = proxy?.username {
      try self.set(CURLOPT_PROXYUSERNAME, username)
      try self.set(CURLOPT_PROXYPASSWORD, proxy?.password ?? "")
    }
  }

  private func setRequest(_ transfer: Transfer) throws(HTTPClientError) {
    let request = transfer.request
    var lines = request.headers.map { header in
      // "Name;" is libcurl's way to say an empty value.
      header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
    }
    switch request.method {
    case .get: try self.set(CURLOPT_HTTPGET, 1)
    case .head: try self.set(CURLOPT_NOBODY, 1)
    case .delete where request.body.isEmpty: try self.set(CURLOPT_CUSTOMREQUEST, "DELETE")
    case .post, .put, .delete:
      try self.set(CURLOPT_POST, 1)
      if request.method != .post {
        try self.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
      }
      let count = curl_off_t(request.body.count)
      try self.check(ccurl_set_size(self.raw, CURLOPT_POSTFIELDSIZE_LARGE, count))
      let code = request.body.withUnsafeBytes { bytes in
        // Copied by libcurl. An empty body needs a pointer that is not null.
        ccurl_set_string(
          self.raw, CURLOPT_COPYPOSTFIELDS,
          bytes.bindMemory(to: CChar.self).baseAddress ?? UnsafePointer(Self.nothing))
      }
      try self.check(code)
      // Otherwise libcurl asks for leave to send a large body, and waits a second for it.
      lines.append("Expect:")
    }
    if !lines.isEmpty {
      let list = try StringList(lines)
      transfer.lists.append(list)
      try self.check(ccurl_set_pointer(self.raw, CURLOPT_HTTPHEADER, list.raw))
    }
  }

  private static let nothing = UnsafeMutablePointer<CChar>.allocate(capacity: 1)

  // MARK: Results

  /// What became of a transfer that libcurl is done with.
  func result(
    of transfer: Transfer, code: CURLcode
  ) -> Result<HTTPClient.Response, HTTPClientError> {
    guard code == CURLE_OK else { return .failure(self.error(code, transfer)) }
    var response = HTTPClient.Response(status: self.number(CURLINFO_RESPONSE_CODE))
    response.headers = transfer.received.headers
    response.body = transfer.received.body
    return .success(response)
  }

  /// Why there is no response. libcurl's own detailed message is not used: it may repeat a proxy's address with its password.
  func error(_ code: CURLcode, _ transfer: Transfer) -> HTTPClientError {
    let host = transfer.host
    let proxy = transfer.request.proxy
    let via = proxy.map { " through the proxy \($0)" } ?? ""
    let what = String(cString: curl_easy_strerror(code))
    func error(_ kind: HTTPClientError.Code, _ message: String) -> HTTPClientError {
      HTTPClientError(kind, "\(message) (\(what), libcurl \(code.rawValue))")
    }
    if let exceeded = transfer.received.exceeded {
      return HTTPClientError(.tooLarge, "the response of \(host) was stopped: \(exceeded)")
    }
    if let proxy, let refusal = self.refusal(of: proxy, for: host) { return refusal }
    switch code {
    case CURLE_OPERATION_TIMEDOUT: return Self.timeout(transfer)
    case CURLE_COULDNT_RESOLVE_HOST:
      return error(
        .unresolved,
        "the name \(host) cannot be resolved\(via); check it, and that a name server answers")
    case CURLE_COULDNT_RESOLVE_PROXY:
      return error(.proxy, "the name of the proxy \(proxy?.description ?? "") cannot be resolved")
    case CURLE_PROXY:
      return error(
        .proxy, "no connection to \(host)\(via); check its scheme, address and credentials")
    case CURLE_COULDNT_CONNECT where proxy != nil:
      return error(.proxy, "no connection to \(host)\(via); check that the proxy runs")
    case CURLE_COULDNT_CONNECT:
      return error(
        .refused, "no connection to \(host): nobody listens there, or no way leads there")
    case CURLE_SSL_CACERT_BADFILE:
      return error(
        .misconfigured,
        "the file of trusted authorities cannot be read: \(transfer.options.caFile ?? "the system's")"
      )
    case CURLE_SSL_CERTPROBLEM where transfer.options.clientCertificateFile != nil:
      return error(
        .misconfigured,
        "the client certificate \(transfer.options.clientCertificateFile ?? "") or its key cannot be read"
      )
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      let authorities = transfer.options.caFile ?? "the system's authorities"
      return error(
        .tls,
        "the certificate of \(host)\(via) is not valid for it, is out of date or is not from "
          + "\(authorities)")
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_USE_SSL_FAILED:
      return error(.tls, "no secure connection to \(host)\(via); is it a TLS port?")
    case CURLE_FILESIZE_EXCEEDED:
      return error(
        .tooLarge, "the response of \(host) is larger than \(transfer.request.maxBodyBytes) bytes")
    case CURLE_BAD_CONTENT_ENCODING:
      return error(.badEncoding, "the response of \(host) cannot be decompressed")
    case CURLE_TOO_MANY_REDIRECTS:
      return error(
        .tooManyRedirects, "\(host) redirects more than \(transfer.request.maxRedirects) times")
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT:
      return error(.invalidRequest, "the URL cannot be used")
    default: return error(.interrupted, "the connection to \(host)\(via) broke")
    }
  }

  /// What a proxy said in place of opening a tunnel; nil when it opened one, or was not reached.
  private func refusal(of proxy: HTTPProxy, for host: String) -> HTTPClientError? {
    switch self.number(CURLINFO_HTTP_CONNECTCODE) {
    case 407:
      HTTPClientError(.proxy, "the proxy \(proxy) wants other credentials (HTTP 407)")
    case let status where status >= 300:
      HTTPClientError(.proxy, "the proxy \(proxy) leads nobody to \(host) (HTTP \(status))")
    default: nil
    }
  }

  static func timeout(_ transfer: Transfer) -> HTTPClientError {
    let milliseconds = transfer.request.timeout.wholeMilliseconds
    return HTTPClientError(
      .timeout,
      "\(transfer.host) did not answer in time (\(milliseconds) ms in all, "
        + "\(transfer.request.connectTimeout.wholeMilliseconds) ms to connect)")
  }

  // MARK: Connections that are only opened

  /// Bytes that ``receive(into:)`` gives at most.
  static let maxReceivedBytes = 16_384

  /// What a call came to.
  enum Moved: Hashable {
    case bytes(Int)
    /// Nothing now; the socket tells when to try again.
    case wouldBlock
    /// The connection has come to its end, or broke.
    case over
  }

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> Moved {
    var count = 0
    let code = curl_easy_recv(self.raw, buffer.baseAddress, buffer.count, &count)
    if code == CURLE_AGAIN { return .wouldBlock }
    return code == CURLE_OK && count > 0 ? .bytes(count) : .over
  }

  func send(_ bytes: UnsafeRawBufferPointer) -> Moved {
    var count = 0
    let code = curl_easy_send(self.raw, bytes.baseAddress, bytes.count, &count)
    if code == CURLE_AGAIN || (code == CURLE_OK && count == 0) { return .wouldBlock }
    return code == CURLE_OK ? .bytes(count) : .over
  }

  /// Whether the server chose HTTP/2. Known after the first ``receive(into:)``.
  var speaksHTTP2: Bool { ccurl_speaks_http2(self.raw) != 0 }

  /// Nil when there is no connection.
  var descriptor: curl_socket_t? {
    let descriptor = ccurl_socket_of(self.raw)
    return descriptor == CURL_SOCKET_BAD ? nil : descriptor
  }

  // MARK: libcurl's setters

  private func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
    try self.check(ccurl_set_long(self.raw, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
    try self.check(ccurl_set_string(self.raw, option, value))
  }

  private func unset(_ option: CURLoption) throws(HTTPClientError) {
    try self.check(ccurl_set_string(self.raw, option, nil))
  }

  private func check(_ code: CURLcode) throws(HTTPClientError) {
    guard code != CURLE_OK else { return }
    let what = String(cString: curl_easy_strerror(code))
    throw HTTPClientError(
      .invalidRequest, "the request cannot be set up (\(what), libcurl \(code.rawValue))")
  }

  private func number(_ info: CURLINFO) -> Int {
    var value = 0
    // Cannot fail for a number that every handle has; zero stands for "not known".
    _ = ccurl_get_long(self.raw, info, &value)
    return value
  }
}

extension Duration {
  /// Rounded up, at least one: zero means "no limit" to libcurl.
  fileprivate var wholeMilliseconds: Int {
    let (seconds, attoseconds) = self.components
    let milliseconds = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int(min(max(1, seconds * 1000 + milliseconds), Int64(Int32.max)))
  }
}
