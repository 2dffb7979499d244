internal import Search
internal import Telemetry
internal import Transcripts

/// One index: the shard files of a folder, with this process's own shard and readers for all.
final class ShardSet: Sendable {
  let name: IndexName
  let configuration: SQLiteIndexConfiguration
  private let folder: ShardFolder
  let writer: IndexWriter
  private let readers: ReaderPool

  /// - Parameters:
  ///   - folder: Of this index alone.
  ///   - host: Renewed with every maintenance; nil: another does that.
  ///   - threads: For writing, then at least one for reading; shared with other indexes.
  init(
    _ name: IndexName, _ configuration: SQLiteIndexConfiguration, _ folder: ShardFolder,
    _ host: HostClaim?, _ threads: [StorageThread], _ logger: Logger
  ) {
    self.name = name
    self.configuration = configuration
    self.folder = folder
    self.writer = IndexWriter(
      thread: threads[0], configuration: configuration, folder: folder, host: host,
      logger: logger)
    self.readers = ReaderPool(
      threads.dropFirst().map { IndexReader(thread: $0, configuration: configuration) })
  }

  /// Gives this process's shard back.
  func close() async {
    await self.writer.close()
    await self.readers.close()
  }

  func write(_ documents: [IndexDocument]) async throws -> [IndexOutcome] {
    guard documents.count <= SQLiteIndex.maxBatchDocuments else {
      throw SearchError(
        .invalidQuery,
        "The batch has \(documents.count) documents; \(SQLiteIndex.maxBatchDocuments) are allowed.")
    }
    let batch = await Self.prepare(documents)
    let changes = try await self.writeChanged(batch.documents)
    return documents.indices.map { index in
      if let reason = batch.rejections[index] { return .rejected(reason) }
      return changes[batch.replacements[index] ?? index] == .none ? .unchanged : .indexed
    }
  }

  func search(_ query: SearchQuery) async throws -> SearchResults {
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
      moments: query.momentsPerHit, facets: token == nil ? query.facets : [],
      deadline: start + self.configuration.searchTimeout)
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
    var facets = FacetCounts()
    for found in matches { facets.add(found.facets) }
    let total = matches.reduce(0) { $0 + $1.total }
    return SearchResults(
      hits: hits, total: total, totalIsExact: true, nextPageToken: next,
      facets: facets.facets(shardQuery.facets, atMost: query.facetValues),
      took: ContinuousClock.now - start)
  }

  func transcript(of video: VideoID, languageCode: String?) async throws -> Transcript? {
    let shards = try self.folder.shards()
    let found = try await self.readers.inParallel(shards) {
      try await $0.transcripts(of: video, in: $1)
    }.flatMap { $0 }
    guard let languageCode else {
      return found.first { $0.track.kind == .manual } ?? found.first
    }
    return found.first { $0.track.languageCode == languageCode }
  }

  func statistics() async throws -> IndexStatistics {
    let shards = try self.folder.shards()
    let counts = try await self.readers.inParallel(shards) { try await $0.counts(in: $1) }
    return IndexStatistics(
      index: self.name, documents: counts.reduce(0) { $0 + $1.documents },
      videos: counts.reduce(0) { $0 + $1.videos }, sizeBytes: try self.folder.sizeBytes(),
      backend: "sqlite", shards: shards.count)
  }

  /// Runs `body` for every shard, spread over the readers.
  func inParallel<Result: Sendable>(
    _ body: @Sendable @escaping (IndexReader, ShardFile) async throws -> Result
  ) async throws -> [Result] {
    try await self.readers.inParallel(try self.folder.shards(), body)
  }

  /// The same for one shard; nil when there is none of that number.
  func inShard<Result: Sendable>(
    _ number: Int, _ body: @Sendable @escaping (IndexReader, ShardFile) async throws -> Result
  ) async throws -> Result? {
    guard let shard = try self.folder.shards().first(where: { $0.number == number }) else {
      return nil
    }
    return try await self.readers.inParallel([shard], body).first
  }

  /// The numbers of all shards, ascending.
  func shardNumbers() throws(SearchError) -> [Int] { try self.folder.shards().map(\.number) }

  func deadline() -> ContinuousClock.Instant { .now + self.configuration.searchTimeout }
}

extension ShardSet {
  @concurrent
  private static func prepare(_ documents: [IndexDocument]) async -> PreparedBatch {
    PreparedBatch(documents)
  }

  /// Documents with fewer bytes than that together are normalized and packed on the writer's thread: it takes some
  /// tenths of a millisecond, and there and back to another thread is not much less.
  private static let maxBytesOnWriter = 32 << 10

  private func writeChanged(
    _ documents: [PreparedDocument?]
  ) async throws -> [IndexWriter.Change] {
    guard documents.reduce(0, { $0 + ($1?.segmentBytes ?? 0) }) >= Self.maxBytesOnWriter else {
      return try await self.writer.writeChanged(documents)
    }
    let changes = try await self.writer.changed(documents)
    guard changes.contains(where: { $0 != .none }) else { return changes }
    return try await self.writer.write(documents, await Self.contents(documents, changes))
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
}
