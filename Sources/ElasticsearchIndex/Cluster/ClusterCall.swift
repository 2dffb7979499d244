internal import JSON
internal import Search

/// One request to the cluster. Every one may be repeated: writes are conditional on the version they change.
struct ClusterCall: Sendable {
  enum Content: String, Sendable {
    case json = "application/json"
    case lines = "application/x-ndjson"
  }

  enum Method: Sendable { case get, post, put, delete }

  var method: Method
  /// With its query, percent-encoded.
  var path: String
  var body: [UInt8] = []
  var content = Content.json
  /// Of one try.
  var timeout: Duration
  /// Of all tries together. No try is begun after it.
  var deadline: ContinuousClock.Instant
  /// Compresses the body.
  var isCompressed = false
  /// Statuses 429 and 503 come back as answers instead of being tried again: the caller tries smaller parts.
  var returnsOverload = false
}

/// What the cluster said.
struct ClusterAnswer: Sendable {
  var status: Int
  var body: [UInt8]
  /// Who said it.
  var host: String
  /// Asked for by `Retry-After`, in seconds.
  var retryAfter: Duration?

  var isSuccess: Bool { (200..<300).contains(self.status) }

  /// The body as JSON; reading a large one is best done off the caller's actor.
  func json() throws(SearchError) -> JSONValue {
    do throws(JSONError) {
      return try JSONDocument(parsing: self.body, limits: Self.limits).root
    } catch {
      throw SearchError(
        .unavailable,
        "\(self.host) answered something that is not JSON (HTTP \(self.status)); is a proxy in between?"
      )
    }
  }

  /// Half surrogates come from texts that others have cut.
  private static let limits = JSONLimits(
    maxBytes: ClusterClient.maxAnswerBytes, loneSurrogates: .replace)

  /// The answer's JSON if it is a success.
  ///
  /// - Parameter what: What was asked for, as in "the search".
  /// - Throws: What ``error(_:)`` says of it.
  func success(_ what: String) throws(SearchError) -> JSONValue {
    guard self.isSuccess else { throw self.error(what) }
    return try self.json()
  }

  /// `error.type` of the answer; empty when there is none.
  var errorType: String { self.fault?.type ?? "" }

  private var fault: (type: String, reason: String)? {
    // A proxy's page has neither type nor reason.
    guard let root = try? self.json(), let error = root["error"] else { return nil }
    let cause = error["root_cause"]?[0] ?? error
    // The reason behind it, if there is one, says more.
    let reasons = [cause["reason"] ?? error["reason"], error["caused_by"]?["reason"]]
      .compactMap { $0?.string }
    return (
      cause["type"]?.string ?? error["type"]?.string ?? "", reasons.joined(separator: ": ")
    )
  }

  /// What an answer that is no success means to our callers.
  func error(_ what: String) -> SearchError {
    let fault = self.fault ?? (type: "", reason: "")
    let said = [fault.type, String(fault.reason.prefix(Self.maxReason))]
      .filter { !$0.isEmpty }.joined(separator: ": ")
    let detail = "\(self.host): HTTP \(self.status)" + (said.isEmpty ? "" : ", \(said)")
    switch self.status {
    case 401:
      return SearchError(
        .misconfigured,
        "The search cluster wants other credentials for \(what) (\(detail)). Check the user and password, the API key or the token."
      )
    case 403 where fault.type != "cluster_block_exception":
      return SearchError(
        .misconfigured,
        "The search cluster does not allow \(what) (\(detail)). Give its user or key the rights that the README lists."
      )
    case 403, 429:
      guard fault.type == "cluster_block_exception" else {
        return SearchError(.unavailable, "The search cluster is overloaded (\(detail)).")
      }
      return SearchError(
        .storageFull,
        "The search cluster's indexes are read-only, as when its disks are full (\(detail)). Make room, then set index.blocks.read_only_allow_delete to null."
      )
    case 400 where fault.type == "index_closed_exception":
      return SearchError(
        .unavailable,
        "The index is closed in the search cluster (\(detail)). Open it: POST /<index>/_open.")
    default:
      return SearchError(.unavailable, "The search cluster refused \(what) (\(detail)).")
    }
  }

  /// Characters of a server's reason in our messages.
  static let maxReason = 300
}
