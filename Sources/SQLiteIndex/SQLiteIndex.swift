public import Search
public import Telemetry
public import Transcripts

/// The embedded search index: shard files of SQLite FTS5 in one folder.
///
/// Each process that opens the folder takes a free shard for its own writing and reads them all, so writing scales with
/// processes and each of them answers every search. A video that lives in another's shard is replaced there.
///
/// Keep ``run()`` running for as long as the index is used: it renews the claim on the folder and tidies up when idle.
public final class SQLiteIndex: SearchIndex {
  /// The most documents of one ``write(_:)``.
  public static let maxBatchDocuments = 1000

  private let configuration: SQLiteIndexConfiguration
  private let folder: ShardFolder
  private let writer: IndexWriter
  private let readers: ReaderPool
  private let threads: [StorageThread]
  private let logger: Logger

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
    try await index.writer.start()
    return index
  }

  private init(
    _ configuration: SQLiteIndexConfiguration, _ folder: ShardFolder, _ host: HostClaim,
    _ logger: Logger
  ) throws {
    self.configuration = configuration
    self.folder = folder
    self.logger = logger
    let writerThread = try StorageThread(name: "index-writer")
    var threads = [writerThread]
    for number in 1...configuration.readers {
      do {
        threads.append(try StorageThread(name: "index-reader-\(number)"))
      } catch {
        for thread in threads { thread.stop() }
        throw error
      }
    }
    self.threads = threads
    self.writer = IndexWriter(
      thread: writerThread, configuration: configuration, folder: folder, host: host,
      logger: logger)
    self.readers = ReaderPool(
      threads.dropFirst().map { IndexReader(thread: $0, configuration: configuration) })
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
      let failure = await self.writer.maintenanceFailure()
      guard let failure else { continue }
      if failure.code == .misconfigured { throw failure }
      // A full disk or a busy file: everything written is safe, and it is tried again.
      self.logger.warning("Maintenance of the index failed.", [.error: failure.message])
    }
  }

  /// Gives this process's shard back. Calls made afterwards throw ``SearchError/Code/unavailable``.
  public func close() async {
    await self.writer.close()
    await self.readers.close()
  }

  public func write(
    _ documents: [IndexDocument], to index: IndexName
  ) async throws -> [IndexOutcome] {
    try Self.check(index)
    guard documents.count <= Self.maxBatchDocuments else {
      throw SearchError(
        .invalidQuery,
        "The batch has \(documents.count) documents; \(Self.maxBatchDocuments) are allowed.")
    }
    let batch = await Self.prepare(documents)
    let prepared = batch.documents
    var changes = try await self.writer.changed(prepared)
    let changed = changes.indices.filter { changes[$0] != .none }
    if !changed.isEmpty {
      let contents = await Self.contents(prepared, changes)
      changes = try await self.writer.write(prepared, contents)
    }
    return documents.indices.map { index in
      if let reason = batch.rejections[index] { return .rejected(reason) }
      return changes[batch.replacements[index] ?? index] == .none ? .unchanged : .indexed
    }
  }

  /// Removes videos with all their tracks; durable when it returns.
  ///
  /// - Returns: How many documents there were.
  @discardableResult
  public func remove(_ videos: [VideoID], from index: IndexName) async throws -> Int {
    try Self.check(index)
    return try await self.writer.remove(videos)
  }

  public func search(_ query: SearchQuery) async throws -> SearchResults {
    try Self.check(query.index)
    let start = ContinuousClock.now
    let expression = MatchExpression(try QueryParser.parse(query))
    let token = try query.pageToken.map { text throws(SearchError) in
      try PageToken(text, for: query)
    }
    let shards = try self.folder.shards()
    var shardQuery = ShardQuery(
      expression: expression, ranking: Ranking(RankingStatistics(), expression),
      order: query.order,
      // One more than is shown tells whether there is a next page.
      max: query.pageSize + 1,
      after: token.map { Candidate(key: $0.sortKey, shard: $0.shard, row: $0.row) },
      moments: query.momentsPerHit, deadline: start + self.configuration.searchTimeout)
    let statistics = try await self.statistics(shardQuery, token, shards)
    shardQuery.ranking = Ranking(statistics, expression)
    let matches = try await self.readers.inParallel(shards) { [shardQuery] reader, shard in
      try await reader.scan(shardQuery, in: shard)
    }
    var best = BestCandidates(max: shardQuery.max, after: shardQuery.after)
    for found in matches { best.add(found.best) }
    let page = Array(best.candidates.prefix(query.pageSize))
    let hits = try await self.hits(
      page, zip(shards, matches).map { (shard: $0, places: $1.places) }, shardQuery)
    var next: String?
    if best.candidates.count > query.pageSize, let last = page.last {
      next = PageToken(
        sortKey: last.key, shard: last.shard, row: last.row, statistics: statistics.values
      ).encoded(for: query)
    }
    return SearchResults(
      hits: hits, total: matches.reduce(0) { $0 + $1.total }, totalIsExact: true,
      nextPageToken: next, took: ContinuousClock.now - start)
  }

  public func transcript(
    of video: VideoID, languageCode: String?, in index: IndexName
  ) async throws -> Transcript? {
    try Self.check(index)
    let shards = try self.folder.shards()
    let found = try await self.readers.inParallel(shards) {
      try await $0.transcripts(of: video, in: $1)
    }.flatMap { $0 }
    guard let languageCode else {
      return found.first { $0.track.kind == .manual } ?? found.first
    }
    return found.first { $0.track.languageCode == languageCode }
  }

  public func statistics(of index: IndexName) async throws -> IndexStatistics {
    try Self.check(index)
    let shards = try self.folder.shards()
    let counts = try await self.readers.inParallel(shards) { try await $0.counts(in: $1) }
    return IndexStatistics(
      documents: counts.reduce(0) { $0 + $1.documents },
      videos: counts.reduce(0) { $0 + $1.videos }, sizeBytes: try self.folder.sizeBytes(),
      backend: "sqlite", shards: shards.count)
  }

  /// Reads every shard completely and compares the index with what is stored. Minutes for a large index; writers wait.
  ///
  /// - Throws: ``SearchError/Code/corrupted``, with the name of the file.
  public func verify(_ index: IndexName) async throws {
    try Self.check(index)
    try await self.writer.verify()
  }

  /// Merges each shard's index into one segment: the smallest file and the fastest searches. Writers wait.
  public func optimize(_ index: IndexName) async throws {
    try Self.check(index)
    try await self.writer.optimize()
  }
}

extension SQLiteIndex {
  @concurrent
  private static func prepare(_ documents: [IndexDocument]) async -> PreparedBatch {
    PreparedBatch(documents)
  }

  @concurrent
  private static func contents(
    _ documents: [PreparedDocument?], _ changes: [IndexWriter.Change]
  ) async -> [Int: DocumentContent] {
    var encoder = DocumentEncoder()
    var contents: [Int: DocumentContent] = [:]
    for (index, change) in changes.enumerated() {
      guard change == .content, let document = documents[index] else { continue }
      contents[index] = DocumentContent(document, &encoder)
    }
    return contents
  }

  private func statistics(
    _ query: ShardQuery, _ token: PageToken?, _ shards: [ShardFile]
  ) async throws -> RankingStatistics {
    guard query.order == .relevance else { return RankingStatistics() }
    if let token {
      let count = query.expression.weighedPhrases.count
      guard let statistics = RankingStatistics(values: token.statistics, phrases: count) else {
        throw SearchError(
          .invalidPageToken, "The page token is of another kind of index; start again without one.")
      }
      return statistics
    }
    let parts = try await self.readers.inParallel(shards) {
      try await $0.statistics(of: query, in: $1)
    }
    var sum = RankingStatistics()
    for part in parts { sum.add(part) }
    return sum
  }

  /// The hits of a page, in its order.
  private func hits(
    _ page: [Candidate], _ places: [(shard: ShardFile, places: [Int64: FoundPlaces])],
    _ query: ShardQuery
  ) async throws -> [SearchHit] {
    let byShard = Dictionary(grouping: page, by: \.shard)
    let involved = places.filter { byShard[UInt64($0.shard.number)] != nil }
    let placesByShard = Dictionary(involved.map { ($0.shard, $0.places) }) { first, _ in first }
    let parts = try await self.readers.inParallel(involved.map(\.shard)) { reader, shard in
      try await reader.hits(
        byShard[UInt64(shard.number)] ?? [], placesByShard[shard] ?? [:], query, in: shard)
    }
    let found = Dictionary(
      zip(involved, parts).map { (UInt64($0.shard.number), $1) }
    ) { first, _ in first }
    return page.compactMap { found[$0.shard]?[$0.row] }
  }

  private static func check(_ index: IndexName) throws(SearchError) {
    guard index == .default else { throw SearchError.noSuchIndex(index) }
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
