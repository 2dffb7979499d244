public import Search
public import Telemetry

/// The search index in an Elasticsearch or OpenSearch cluster, for what one machine cannot hold: any number of indexers
/// write and search, from any number of machines.
///
/// One document for each video and track, as in the embedded index, with the same normalized tokens. Writes are
/// conditional on the version that they change, so nothing that others write at the same time is lost, and repeating one
/// changes nothing.
///
/// Nothing is connected before the first call. Keep ``run()`` running for as long as the index is used: it prepares the
/// cluster and keeps ``problem`` true.
public final class ElasticsearchIndex: SearchIndex {
  let configuration: ElasticsearchConfiguration
  let client: ClusterClient
  let catalog: CatalogStore
  let bulk: BulkWriter
  let logger: Logger
  let state = IndexState()

  /// - Throws: ``SearchError/Code/misconfigured`` when the configuration cannot be used.
  public init(
    _ configuration: ElasticsearchConfiguration, logger: Logger = .disabled
  ) async throws(SearchError) {
    try Self.check(configuration)
    self.configuration = configuration
    self.logger = logger
    self.client = try await ClusterClient(configuration, logger: logger)
    self.catalog = CatalogStore(self.client, configuration)
    self.bulk = BulkWriter(self.client, configuration, logger: logger)
  }

  /// Why the cluster cannot be used, in words an operator understands; nil when it can. As of the last check.
  public var problem: String? { get async { await self.state.problem } }

  /// Prepares the cluster, and looks from time to time whether it answers, until it is cancelled.
  ///
  /// A cluster that is away or refuses us ends nothing: it is a ``problem`` until it is solved.
  public func run() async throws {
    while !Task.isCancelled {
      do {
        _ = try await self.catalog.ensure(.default)
        if await self.state.set(nil) { self.logger.info("The search cluster is ready.") }
      } catch is CancellationError {
        return
      } catch {
        let message = "\(error)"
        if await self.state.set(message) {
          self.logger.warning("The search cluster cannot be used.", [.error: message])
        }
      }
      // Cancelled: the caller is stopping, and the loop ends at its head.
      try? await ContinuousClock().sleep(for: self.configuration.checkInterval)
    }
  }

  public func close() async { await self.client.close() }

  // MARK: Names

  /// The index that `name` stands for, and where it is.
  ///
  /// - Throws: ``SearchError/Code/noSuchIndex``; the default index is made when it is not there.
  func resolve(_ name: IndexName) async throws -> (index: IndexName, entry: Catalog.Entry) {
    for isLast in [false, true] {
      let catalog = isLast ? try await self.catalog.fresh() : try await self.catalog.catalog()
      if let index = catalog.index(name), let entry = catalog.entries[index] {
        return (index, entry)
      }
    }
    guard name == .default else { throw SearchError.noSuchIndex(name) }
    return (name, try await self.catalog.ensure(name).entry)
  }

  /// Makes what was written findable.
  func refresh(_ aliases: [String]) async throws {
    for alias in aliases {
      let start = ContinuousClock.now
      do {
        _ = try await self.client.send(.post, "/\(alias)/_refresh", timeout: .seconds(60))
          .success("a refresh")
        await self.state.refreshTook(.now - start)
      } catch {
        await self.state.isNotRefreshed(alias)
        throw error
      }
    }
  }

  private static func check(_ configuration: ElasticsearchConfiguration) throws(SearchError) {
    guard IndexName(configuration.prefix) != nil else {
      throw SearchError(
        .misconfigured,
        "The index prefix \(configuration.prefix) cannot be used: lower case letters, digits, - and _, a letter or digit first."
      )
    }
    guard (1...1024).contains(configuration.shards), configuration.maxBulkDocuments > 0,
      configuration.maxBulkBytes > 0, configuration.maxBulkRequests > 0
    else {
      throw SearchError(
        .misconfigured, "Shards (up to 1,024) and the bounds of a bulk request must be positive.")
    }
    let hasCertificate = configuration.clientCertificateFile != nil
    guard hasCertificate == (configuration.clientKeyFile != nil) else {
      throw SearchError(
        .misconfigured, "A client certificate needs its key, and a key its certificate: name both.")
    }
  }
}

/// What changes during an index's life.
actor IndexState {
  private(set) var problem: String? = "The search cluster has not answered yet."
  /// When, by alias.
  private var refreshed: [String: ContinuousClock.Instant] = [:]
  /// Aliases with documents that are not findable yet.
  private var unrefreshed: Set<String> = []
  private var refreshDuration = Duration.zero
  private var writes = 0

  /// Of the server's time, at most one part in so many goes into making findable what is written while writes go on.
  private static let refreshShare = 10

  /// - Returns: Whether it is another problem than before.
  func set(_ problem: String?) -> Bool {
    defer { self.problem = problem }
    return self.problem != problem
  }

  func writeBegan() { self.writes += 1 }

  /// - Parameters:
  ///   - alias: Where something was written; nil: nothing was.
  ///   - interval: While other writes go on, how often what is written is made findable.
  /// - Returns: What has to be refreshed now. The last of the writes at the same time does it for all, because a refresh
  ///   for each batch would cost the server a segment each.
  func writeEnded(_ alias: String?, refreshingEvery interval: Duration) -> [String] {
    self.writes -= 1
    if let alias { self.unrefreshed.insert(alias) }
    let now = ContinuousClock.now
    let interval = max(interval, self.refreshDuration * Self.refreshShare)
    let due = self.unrefreshed.filter { alias in
      self.writes == 0 || self.refreshed[alias].map { $0 + interval <= now } ?? true
    }
    for alias in due { self.refreshed[alias] = now }
    self.unrefreshed.subtract(due)
    return due.sorted()
  }

  func refreshTook(_ duration: Duration) { self.refreshDuration = duration }

  func writeFailed() { self.writes -= 1 }

  func isNotRefreshed(_ alias: String) { self.unrefreshed.insert(alias) }
}
