public import Search
public import Telemetry
public import Transcripts

/// The embedded search index: shard files of SQLite FTS5 in one folder.
///
/// Each process that opens the folder takes a free shard for its own writing and reads them all, so writing scales with
/// processes and each of them answers every search. A video that lives in another's shard is replaced there. Indexes
/// other than the default one are folders of shard files within the folder (``IndexCatalog``).
///
/// Keep ``run()`` running for as long as the index is used: it renews the claim on the folder and tidies up when idle.
public final class SQLiteIndex: SearchIndex {
  /// The most documents of one ``write(_:to:)``.
  public static let maxBatchDocuments = 1000

  private let configuration: SQLiteIndexConfiguration
  private let catalog: IndexCatalog
  private let threads: [StorageThread]
  private let defaultSet: ShardSet
  /// The other indexes that were used, by name.
  private let sets = Locked<[IndexName: Known]>([:])
  private let logger: Logger

  /// An index as it was found in the catalog: one that is deleted and made again has another folder.
  private struct Known {
    var folder: String
    var set: ShardSet
  }

  /// Opens the index, and makes it when there is none.
  ///
  /// Returns at once, but after three heartbeats when the folder was last used by another machine, or by this one before
  /// it was started again.
  ///
  /// - Throws: ``SearchError``: `misconfigured` (folder on a network, in use by another machine, not writable, all shards
  ///   taken), `corrupted`, `storageFull`.
  public static func open(
    _ configuration: SQLiteIndexConfiguration, logger: Logger = .disabled
  ) async throws -> SQLiteIndex {
    try await self.open(
      configuration, logger: logger, hostID: try HostClaim.bootID(),
      fileSystemType: { FileSystemKind.type(of: $0) })
  }

  /// - Parameters:
  ///   - hostID: Which machine this is.
  ///   - fileSystemType: What `statfs` says of a path.
  static func open(
    _ configuration: SQLiteIndexConfiguration, logger: Logger = .disabled, hostID: String,
    fileSystemType: (String) -> Int?
  ) async throws -> SQLiteIndex {
    try Self.check(configuration)
    let folder = try ShardFolder(path: configuration.folder, fileSystemType: fileSystemType)
    let host = HostClaim(path: "\(configuration.folder)/host", hostID: hostID)
    try await Self.waitForHost(host, configuration)
    let index = try SQLiteIndex(configuration, folder, host, logger)
    try await index.defaultSet.writer.start()
    try index.catalog.sweep()
    return index
  }

  private init(
    _ configuration: SQLiteIndexConfiguration, _ folder: ShardFolder, _ host: HostClaim,
    _ logger: Logger
  ) throws {
    self.configuration = configuration
    self.catalog = IndexCatalog(folder: configuration.folder)
    self.logger = logger
    var threads = [try StorageThread(name: "index-writer")]
    for number in 1...configuration.readers {
      do {
        threads.append(try StorageThread(name: "index-reader-\(number)"))
      } catch {
        for thread in threads { thread.stop() }
        throw error
      }
    }
    self.threads = threads
    self.defaultSet = ShardSet(.default, configuration, folder, host, threads, logger)
  }

  deinit {
    for thread in self.threads { thread.stop() }
  }

  /// Renews the claim on the folder and tidies up, until it is cancelled.
  ///
  /// - Throws: ``SearchError/Code/misconfigured`` when another machine has taken the folder over: stop then.
  public func run() async throws {
    while !Task.isCancelled {
      do {
        try await ContinuousClock().sleep(for: self.configuration.heartbeatInterval)
      } catch {
        // Cancelled: the caller is stopping.
        return
      }
      for set in [self.defaultSet] + (await self.currentSets()) {
        let failure = await set.writer.maintenanceFailure()
        guard let failure else { continue }
        if failure.code == .misconfigured { throw failure }
        // A full disk or a busy file: everything written is safe, and it is tried again.
        self.logger.warning("Maintenance of the index failed.", [.error: failure.message])
      }
    }
  }

  /// Gives this process's shards back. Calls made afterwards throw ``SearchError/Code/unavailable``.
  public func close() async {
    await self.defaultSet.close()
    let others = self.sets.withLock { sets in
      defer { sets = [:] }
      return sets.values.map(\.set)
    }
    for set in others { await set.close() }
  }

  // MARK: Documents

  public func write(
    _ documents: [IndexDocument], to index: IndexName
  ) async throws -> [IndexOutcome] {
    while true {
      let name = try self.catalog.resolve(index)
      if name != .default { _ = try self.catalog.create(name) }
      do {
        return try await self.set(name).write(documents)
      } catch let error as SearchError where self.hasGone(name, error) {
        // Deleted meanwhile: it is made again, as if this had been called later.
        continue
      }
    }
  }

  @discardableResult
  public func remove(_ videos: [VideoID], from index: IndexName) async throws -> Int {
    try await self.using(index) { try await $0.writer.remove(videos) }
  }

  public func changePlaylists(
    of videos: [VideoID], adding: [String], removing: [String], in index: IndexName
  ) async throws -> Int {
    try await self.using(index) {
      try await $0.writer.changePlaylists(of: videos, adding: adding, removing: removing)
    }
  }

  // MARK: Searching

  public func search(_ query: SearchQuery) async throws -> SearchResults {
    try await self.using(query.index) { set in
      var results = try await set.search(query)
      if results.total == 0, query.pageToken == nil {
        results.didYouMean = try await set.correction(of: query)
      }
      return results
    }
  }

  public func places(_ query: PlacesQuery) async throws -> PlacesPage? {
    try await self.using(query.index) { try await $0.places(query) }
  }

  public func suggestions(_ query: SuggestionsQuery) async throws -> [Suggestion] {
    try await self.using(query.index) { try await $0.suggestions(query) }
  }

  public func transcript(
    of video: VideoID, languageCode: String?, in index: IndexName
  ) async throws -> Transcript? {
    try await self.using(index) {
      try await $0.transcript(of: video, languageCode: languageCode)
    }
  }

  public func documents(_ query: DocumentsQuery) async throws -> DocumentsPage {
    try await self.using(query.index) { try await $0.documents(query) }
  }

  // MARK: Indexes

  public func createIndex(_ name: IndexName) async throws -> Bool {
    guard name != .default else { return false }
    return try self.catalog.create(name)
  }

  public func deleteIndex(_ name: IndexName) async throws -> Bool {
    if name == .default {
      try await self.defaultSet.writer.removeAll()
      return true
    }
    let existed = try self.catalog.delete(name)
    let known = self.sets.withLock { $0.removeValue(forKey: name) }
    await known?.set.close()
    return existed
  }

  public func indexes() async throws -> [IndexStatistics] {
    var found: [IndexStatistics] = []
    for name in try ([.default] + self.catalog.names()).sorted() {
      do {
        found.append(try await self.statistics(of: name))
      } catch let error as SearchError where error.code == .noSuchIndex {
        // Deleted since it was listed.
      }
    }
    return found
  }

  public func statistics(of index: IndexName) async throws -> IndexStatistics {
    try await self.using(index) { try await $0.statistics() }
  }

  public func aliases() async throws -> [IndexAlias] { try self.catalog.aliases() }

  public func setAlias(_ alias: IndexName, to index: IndexName?) async throws {
    try self.catalog.setAlias(alias, to: index)
  }

  /// Reads every shard completely and compares the index with what is stored. Minutes for a large index; writers wait.
  ///
  /// - Throws: ``SearchError/Code/corrupted``, with the name of the file.
  public func verify(_ index: IndexName) async throws {
    try await self.using(index) { try await $0.writer.verify() }
  }

  /// Merges each shard's index into one segment: the smallest file and the fastest searches. Writers wait.
  public func optimize(_ index: IndexName) async throws {
    try await self.using(index) { try await $0.writer.optimize() }
  }

  /// What is written is found at once.
  public func refresh(_ index: IndexName) async throws {
    _ = try self.set(try self.catalog.resolve(index))
  }
}

extension SQLiteIndex {
  /// Runs `body` with the index of that name or alias.
  private func using<Result>(
    _ index: IndexName, _ body: (ShardSet) async throws -> Result
  ) async throws -> Result {
    let name = try self.catalog.resolve(index)
    do {
      return try await body(try self.set(name))
    } catch let error as SearchError where self.hasGone(name, error) {
      throw SearchError.noSuchIndex(index)
    }
  }

  /// Whether an error comes from the index's files having been deleted.
  private func hasGone(_ name: IndexName, _ error: SearchError) -> Bool {
    guard name != .default, error.code != .noSuchIndex else { return false }
    return self.hasGone(name, self.sets.withLock { $0[name]?.folder })
  }

  private func hasGone(_ name: IndexName, _ known: String?) -> Bool {
    do {
      return try self.catalog.folder(of: name) != known
    } catch {
      // A catalog that cannot be read says nothing about the index; the error at hand is told.
      return false
    }
  }

  private func set(_ name: IndexName) throws(SearchError) -> ShardSet {
    guard name != .default else { return self.defaultSet }
    guard let path = try self.catalog.folder(of: name) else { throw .noSuchIndex(name) }
    if let known = self.sets.withLock({ $0[name] }), known.folder == path { return known.set }
    // On the same disk as the folder around it.
    let folder = try ShardFolder(path: path, fileSystemType: { _ in nil })
    let made = Known(
      folder: path,
      set: ShardSet(name, self.configuration, folder, nil, self.threads, self.logger))
    return self.sets.withLock { sets in
      // Another caller may have been faster. What was there before belongs to deleted files, and goes with its last use.
      if let known = sets[name], known.folder == path { return known.set }
      sets[name] = made
      return made.set
    }
  }

  /// The open indexes that are still there; the others are closed.
  private func currentSets() async -> [ShardSet] {
    var current: [ShardSet] = []
    for (name, known) in self.sets.withLock({ $0 }) {
      if self.hasGone(name, known.folder) {
        self.sets.withLock { sets in
          if sets[name]?.folder == known.folder { sets[name] = nil }
        }
        await known.set.close()
      } else {
        current.append(known.set)
      }
    }
    return current
  }

  private static func check(_ configuration: SQLiteIndexConfiguration) throws(SearchError) {
    let shards = 1...SQLiteIndexConfiguration.maxShardsLimit
    guard shards.contains(configuration.maxShards) else {
      throw SearchError(
        .misconfigured,
        "The number of shards is \(configuration.maxShards); it must be \(shards.lowerBound) to "
          + "\(shards.upperBound).")
    }
    let readers = 1...SQLiteIndexConfiguration.maxReadersLimit
    guard readers.contains(configuration.readers) else {
      throw SearchError(
        .misconfigured,
        "The number of readers is \(configuration.readers); it must be \(readers.lowerBound) to "
          + "\(readers.upperBound).")
    }
  }

  /// Passes when no other machine uses the folder: at once, or after watching its heartbeat stand still.
  private static func waitForHost(
    _ host: HostClaim, _ configuration: SQLiteIndexConfiguration
  ) async throws {
    guard let before = try host.current(), before.hostID != host.hostID else { return }
    try await ContinuousClock().sleep(for: configuration.heartbeatInterval * 3)
    guard let after = try host.current(), after != before, after.hostID != host.hostID else {
      return
    }
    throw host.inUse(folder: configuration.folder)
  }
}
