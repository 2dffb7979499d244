public import API
internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport

/// A client of Verbatim's gateway for other services: submit a playlist, follow it, search what was said.
///
///     import VerbatimClient
///
///     let verbatim = try VerbatimClient(
///       gateway: "gateway.example:7400",
///       tls: .files(ca: "ca.pem", certificate: "me.pem", key: "me.key"))
///
///     let job = try await verbatim.index(url: "https://www.youtube.com/playlist?list=PL…")
///     for try await update in verbatim.watch(jobID: job.id) {
///       print("\(update.job.counts.done) of \(update.job.counts.total)")
///     }
///     for hit in try await verbatim.search("\"dependency injection\"").hits {
///       print(hit.video.title, hit.moments.first?.url ?? "")
///     }
///     await verbatim.close()
///
/// One client serves all tasks of a process: it keeps its connections, spreads calls over all addresses of the gateway's name, and comes
/// back by itself when gateways restart. All that the gateway offers is in the generated stubs: ``gateway``, ``indexes``, ``indexAdmin``,
/// ``pipeline``, ``sync``.
///
/// Calls throw `RPCError`; its `code` tells what to do, its `message` why it came to that. They throw `CancellationError` when
/// the calling task is cancelled.
public struct VerbatimClient: Sendable {
  /// How connections are protected.
  public enum Security: Sendable {
    /// Mutual TLS, as gateways usually want it: PEM files of the authority that gateways' certificates come from, of this
    /// service's certificate, and of its key.
    case files(ca: String, certificate: String, key: String)
    /// TLS in which this service shows no certificate. `ca` nil: the system's authorities.
    case serverOnly(ca: String?)
    /// No TLS: for gateways on this machine's loopback address only.
    case plainTCP
  }

  /// The stub of jobs and searches.
  public let gateway: GatewayClient
  /// The stub of what is asked of indexes beside searching.
  public let indexes: IndexClient
  /// The stub for operators who manage indexes.
  public let indexAdmin: IndexAdminClient
  /// The stub for operators of the pipeline: pausing, dead letters, what is where.
  public let pipeline: PipelineClient
  /// The stub of playlists that are kept up to date.
  public let sync: SyncClient
  private let channel: RPCClient

  /// Creates a client. Nothing is connected before the first call.
  ///
  /// - Parameters:
  ///   - gateway: `HOST:PORT`, several separated by commas. A name may have several addresses; all are used.
  ///   - tls: How connections are protected.
  ///   - serverName: The name that the gateway's certificate must carry. Nil: the host.
  /// - Throws: An error that names the text that is no address, or the file that cannot be used.
  public init(gateway: String, tls: Security, serverName: String? = nil) throws {
    let endpoints = try gateway.split(separator: ",").map {
      try Endpoint(parsing: String($0.drop { $0 == " " }))
    }
    self.channel = RPCClient(
      endpoints: endpoints, tls: try tls.context(), serverName: serverName)
    self.gateway = GatewayClient(self.channel)
    self.indexes = IndexClient(self.channel)
    self.indexAdmin = IndexAdminClient(self.channel)
    self.pipeline = PipelineClient(self.channel)
    self.sync = SyncClient(self.channel)
  }

  /// Closes all connections. Calls that run fail with `CANCELLED`.
  public func close() async { await self.channel.close() }

  /// Starts indexing a playlist, channel or video, or returns the job that already does.
  ///
  /// - Parameters:
  ///   - url: Any YouTube URL or bare id of a playlist, channel or video.
  ///   - languages: Caption tracks in order of preference. Empty: each video's own language.
  ///   - force: Fetch videos again although they were indexed lately.
  /// - Returns: The job as it is now; see ``watch(jobID:maxOutage:)``.
  /// - Throws: `RPCError`: `INVALID_ARGUMENT` if the URL names nothing that can be indexed, `RESOURCE_EXHAUSTED` with
  ///   `retryAfter` if the queue is full.
  public func index(
    url: String, languages: [String] = [], force: Bool = false
  ) async throws -> GatewayJob {
    let request = GatewaySubmitPlaylistRequest.with {
      $0.url = url
      $0.force = force
      if !languages.isEmpty { $0.languages = .with { $0.languageCodes = languages } }
    }
    let response = try await self.gateway.submitPlaylist(request)
    return response.job ?? GatewayJob()
  }

  /// The job as it is now, with exact counters.
  ///
  /// - Throws: `RPCError`: `NOT_FOUND` if there is no such job, or it ended more than two hours ago.
  public func job(id: String) async throws -> GatewayJob {
    try await self.gateway.getJob(.with { $0.jobId = id }).job ?? GatewayJob()
  }

  /// The job now and after every change, until it has ended.
  ///
  /// Goes on when the connection or the gateway dies: it asks again, and is told the job's present state.
  ///
  /// - Parameters:
  ///   - jobID: From ``index(url:languages:force:)``.
  ///   - maxOutage: How long no gateway may answer before the sequence throws.
  public func watch(jobID: String, maxOutage: Duration = .seconds(60)) -> JobUpdates {
    JobUpdates(client: self.gateway, jobID: jobID, maxOutage: maxOutage)
  }

  /// Searches everything that is indexed.
  ///
  ///     let page = try await verbatim.search("swift concurrency") { $0.pageSize = 50 }
  ///
  /// - Parameters:
  ///   - text: Words (all must match), `"phrases"`, `prefix*`, `OR`, `-not`; all of it: `proto-spec/QUERIES.md`.
  ///   - change: Sets filters, order, facets, index, page; see the query's fields.
  /// - Returns: A page of hits; `nextPageToken` goes into `pageToken` of the same query for the next.
  public func search(
    _ text: String, _ change: (inout APISearchQuery) -> Void = { _ in }
  ) async throws -> APISearchResults {
    let query = Self.query(text, change)
    let response = try await self.gateway.search(.with { $0.query = query })
    return response.results ?? APISearchResults()
  }
}

extension VerbatimClient.Security {
  func context() throws -> TLSContext? {
    switch self {
    case .files(let ca, let certificate, let key):
      try .client(
        authority: ca, certificate: certificate, key: key, protocols: RPCProtocol.names)
    case .serverOnly(let ca):
      try .client(authority: ca, certificate: nil, key: nil, protocols: RPCProtocol.names)
    case .plainTCP: nil
    }
  }
}
