internal import Base64
internal import Compression
internal import HTTPClient
internal import JSON
internal import Networking
internal import Search
internal import Telemetry

/// Sends requests to the nodes of a cluster: the next node when one does not answer, again when it asks for patience.
///
/// Sent is what every version of both products takes: plain `application/json` and `application/x-ndjson`, bodies of known
/// length, no `compatible-with`, no `master_timeout`.
actor ClusterClient {
  /// Of one answer: a page of 200 documents with their transcripts.
  static let maxAnswerBytes = 256 << 20
  /// Of one request: Elasticsearch's own default (http.max_content_length).
  static let maxRequestBytes = 100 << 20

  private let configuration: ElasticsearchConfiguration
  private let http: HTTPClient
  private let authorization: String?
  private var hosts: HostPool
  private var product: ServerProduct?
  private var isClosed = false
  private var warnings: Set<String> = []
  private let logger: Logger
  /// Why the last request got no answer; nil when it got one.
  private(set) var problem: SearchError?

  /// - Throws: ``SearchError/Code/misconfigured``.
  init(_ configuration: ElasticsearchConfiguration, logger: Logger) async throws(SearchError) {
    self.configuration = configuration
    self.logger = logger
    self.hosts = HostPool(try Self.check(configuration.hosts))
    self.authorization = Self.authorization(configuration.credentials)
    var options = HTTPClient.Options()
    options.allowsPlainHTTP = true
    // Search servers speak HTTP/1.1 alone.
    options.allowsHTTP2 = false
    options.maxTransfers = 64
    options.maxIdleConnections = 64
    options.maxRequestBodyBytes = Self.maxRequestBytes
    options.caFile = configuration.caFile
    options.clientCertificateFile = configuration.clientCertificateFile
    options.clientKeyFile = configuration.clientKeyFile
    do throws(HTTPClientError) {
      self.http = try await HTTPClient(options: options)
    } catch {
      throw SearchError(.misconfigured, "The HTTP client cannot be made: \(error.message).")
    }
  }

  func close() async {
    self.isClosed = true
    await self.http.close()
  }

  /// Which product it is; asked once.
  func detectedProduct() async throws -> ServerProduct {
    if let product { return product }
    let answer = try await self.send(.get, "/")
    let product = try ServerProduct(try answer.success("its name (GET /)"), at: answer.host)
    if self.product == nil {
      self.product = product
      self.logger.info(
        "The search cluster answers.", [.address: answer.host, .state: "\(product)"])
    }
    return product
  }

  /// A request with the usual time limits: three tries' worth.
  func send(
    _ method: ClusterCall.Method, _ path: String, body: [UInt8] = [],
    timeout: Duration? = nil
  ) async throws -> ClusterAnswer {
    let timeout = timeout ?? self.configuration.requestTimeout
    return try await self.send(
      ClusterCall(
        method: method, path: path, body: body, timeout: timeout, deadline: .now + timeout * 2))
  }

  /// Sends until there is an answer, or the deadline has passed.
  ///
  /// - Throws: ``SearchError/Code/unavailable`` when no node answered in time, ``SearchError/Code/timedOut`` when one was
  ///   too slow, ``SearchError/Code/misconfigured`` for files and certificates; `CancellationError`.
  func send(_ call: ClusterCall) async throws -> ClusterAnswer {
    var delay = self.configuration.minRetryDelay
    var tried = 0
    var known: SearchError?
    while true {
      guard !self.isClosed else { throw SearchError(.unavailable, "The index was closed.") }
      let turn = self.hosts.next(.now)
      let host = turn.url
      tried += 1
      var failure: SearchError
      let time = min(call.timeout, max(.milliseconds(1), call.deadline - .now))
      var wait = delay * Double.random(in: 0.5...1)
      do throws(HTTPClientError) {
        if turn.isTrial { try await self.tryOut(host) }
        let response = try await self.http.response(to: self.request(call, host, time))
        self.note(response)
        let answer = ClusterAnswer(
          status: response.status, body: response.body, host: host,
          retryAfter: response[header: "retry-after"].flatMap { Int64($0) }.map { .seconds($0) })
        let isOverload = answer.status == 429 || answer.status == 503
        guard isOverload || answer.status == 502 || answer.status == 504 else {
          self.hosts.worked(host)
          self.problem = nil
          return answer
        }
        if isOverload, call.returnsOverload { return answer }
        // 429 is the node's word that it is alive.
        if answer.status != 429 { self.hosts.failed(host, .now) }
        failure = answer.error("a request")
        if let asked = answer.retryAfter { wait = max(wait, asked) }
      } catch {
        if error.code == .cancelled { throw CancellationError() }
        failure = self.failure(error, host)
        guard error.code != .misconfigured, error.code != .invalidRequest, error.code != .tooLarge
        else {
          self.problem = failure
          throw failure
        }
        if error.code == .timeout, time < min(call.timeout, HostPool.trialTimeout) {
          // It had hardly any time: that says nothing of the node, and what went wrong before says more.
          failure = known ?? failure
        } else {
          self.hosts.failed(host, .now)
        }
      }
      known = failure
      // The other nodes are asked at once, each of them once.
      if tried < self.hosts.count, self.hosts.aliveCount(.now) > 0 { wait = .zero }
      guard .now + wait < call.deadline else {
        self.problem = failure
        throw failure
      }
      if wait > .zero {
        delay = min(delay * 2, self.configuration.maxRetryDelay)
        try await ContinuousClock().sleep(for: wait)
      }
    }
  }

  /// Has a node that failed say its name. Whatever it says, it answers.
  private func tryOut(_ host: String) async throws(HTTPClientError) {
    let trial = ClusterCall(
      method: .get, path: "/", timeout: HostPool.trialTimeout,
      deadline: .now + HostPool.trialTimeout)
    _ = try await self.http.response(to: self.request(trial, host, trial.timeout))
  }

  private func request(
    _ call: ClusterCall, _ host: String, _ timeout: Duration
  ) -> HTTPClient.Request {
    var headers = [HTTPClient.Header("Accept", "application/json")]
    var body = call.body
    if !body.isEmpty {
      headers.append(HTTPClient.Header("Content-Type", call.content.rawValue))
      if call.isCompressed {
        body = Gzip.compress(body)
        headers.append(HTTPClient.Header("Content-Encoding", "gzip"))
      }
    }
    if let authorization { headers.append(HTTPClient.Header("Authorization", authorization)) }
    let method: HTTPClient.Request.Method =
      switch call.method {
      case .get: .get
      case .post: .post
      case .put: .put
      case .delete: .delete
      }
    return HTTPClient.Request(
      method: method, url: host + call.path, headers: headers, body: body,
      connectTimeout: .seconds(3), timeout: timeout,
      maxBodyBytes: Self.maxAnswerBytes)
  }

  /// Deprecations and the like, each once.
  private func note(_ response: HTTPClient.Response) {
    guard let warning = response[header: "warning"], self.warnings.count < Self.maxWarnings,
      self.warnings.insert(warning).inserted
    else { return }
    self.logger.warning("The search cluster warns.", [.reason: warning])
  }

  private static let maxWarnings = 64

  private func failure(_ error: HTTPClientError, _ host: String) -> SearchError {
    switch error.code {
    case .timeout:
      SearchError(.timedOut, "The search cluster at \(host) did not answer: \(error.message).")
    case .misconfigured, .invalidRequest: SearchError(.misconfigured, "\(error.message).")
    case .tls:
      SearchError(
        .unavailable,
        "No secure connection to the search cluster at \(host): \(error.message). Check the file of authorities and the client certificate."
      )
    case .interrupted
    where host.hasPrefix("https:") && self.configuration.clientCertificateFile == nil:
      // Since TLS 1.3 a server refuses a client without a certificate only after the handshake, by hanging up.
      SearchError(
        .unavailable,
        "The search cluster hung up at \(host): \(error.message). Does it ask for a client certificate? Then name one."
      )
    default:
      SearchError(
        .unavailable, "The search cluster cannot be reached at \(host): \(error.message).")
    }
  }

  private static func authorization(
    _ credentials: ElasticsearchConfiguration.Credentials
  ) -> String? {
    switch credentials {
    case .none: nil
    case .basic(let user, let password): "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
    case .apiKey(let key): "ApiKey \(key)"
    case .bearer(let token): "Bearer \(token)"
    }
  }

  /// Without the slash at the end.
  private static func check(_ hosts: [String]) throws(SearchError) -> [String] {
    guard !hosts.isEmpty else {
      throw SearchError(.misconfigured, "No host of the search cluster is given.")
    }
    var checked: [String] = []
    for host in hosts {
      let isURL = host.hasPrefix("http://") || host.hasPrefix("https://")
      guard isURL, !host.contains("@"), !host.contains("?") else {
        throw SearchError(
          .misconfigured,
          "A host of the search cluster is not http://host:port or https://host:port; credentials belong in files."
        )
      }
      checked.append(host.hasSuffix("/") ? String(host.dropLast()) : host)
    }
    return checked
  }
}
