internal import Search
internal import Transcripts

/// Searches shards, on a thread of its own, over connections of its own: never waits for a writer.
actor IndexReader {
  private nonisolated let thread: StorageThread
  private let configuration: SQLiteIndexConfiguration
  private var connections: [Int: SQLiteConnection] = [:]
  private var momentBuilder = MomentBuilder()

  nonisolated var unownedExecutor: UnownedSerialExecutor { self.thread.asUnownedSerialExecutor() }

  init(thread: StorageThread, configuration: SQLiteIndexConfiguration) {
    self.thread = thread
    self.configuration = configuration
  }

  /// How many documents there are, and how many have each scored phrase.
  func statistics(
    of expression: MatchExpression, in shard: ShardFile
  ) throws(SearchError) -> RankingStatistics {
    let connection = try self.connection(to: shard)
    var statistics = RankingStatistics()
    try connection.statement("SELECT documents, tokens FROM totals").run { row in
      statistics.documents = UInt64(max(0, row.integer(0)))
      statistics.tokens = UInt64(max(0, row.integer(1)))
      return false
    }
    let count = try connection.statement("SELECT count(*) FROM f WHERE f MATCH ?1")
    for phrase in expression.scoredPhrases {
      let frequency = try count.integer([.text(phrase)]) ?? 0
      statistics.documentFrequencies.append(UInt64(max(0, frequency)))
    }
    return statistics
  }

  /// Goes through all documents that match.
  ///
  /// - Parameter candidates: Keeps the best ones of all shards; empty at the beginning.
  /// - Returns: How many match, and the best of them.
  func scan(
    _ expression: MatchExpression, _ ranking: Ranking, order: SearchOrder, in shard: ShardFile,
    _ candidates: BestCandidates
  ) throws -> (total: Int, best: BestCandidates) {
    var candidates = candidates
    let connection = try self.connection(to: shard)
    var values: [SQLiteStatement.Value] = [.text(expression.text)]
    var sql = "SELECT f.rowid"
    if order == .relevance {
      values.append(.blob(ranking.bytes))
      sql += ", verbatim_score(f, ?2) FROM f"
    } else {
      sql += ", d.dated FROM f"
    }
    let hasDates = expression.publishedFrom != nil || expression.publishedBefore != nil
    if order != .relevance || hasDates {
      // CROSS: the index stays outside; the other way round every document would be looked up in it.
      sql += " CROSS JOIN document d ON d.id = f.rowid"
    }
    sql += " WHERE f MATCH ?1"
    if hasDates {
      sql += " AND d.dated >= ?\(values.count + 1) AND d.dated < ?\(values.count + 2)"
      values.append(.integer(expression.publishedFrom ?? .min))
      values.append(.integer(expression.publishedBefore ?? .max))
    }
    var total = 0
    var isCancelled = false
    try connection.statement(sql).run(values) { row in
      total += 1
      let key =
        switch order {
        case .relevance: BestCandidates.key(score: row.double(1))
        case .newest: BestCandidates.key(time: row.integer(1), isNewestFirst: true)
        case .oldest: BestCandidates.key(time: row.integer(1), isNewestFirst: false)
        }
      candidates.offer(Candidate(key: key, shard: UInt64(shard.number), row: row.integer(0)))
      if total % Self.rowsBetweenCancellationChecks == 0 { isCancelled = Task.isCancelled }
      return !isCancelled
    }
    if isCancelled { throw CancellationError() }
    return (total, candidates)
  }

  /// What is shown of the documents in `rows`; those that have gone meanwhile are missing.
  func hits(
    _ rows: [Candidate], _ expression: MatchExpression, _ ranking: Ranking, order: SearchOrder,
    moments: Int, in shard: ShardFile
  ) throws(SearchError) -> [Int64: SearchHit] {
    let connection = try self.connection(to: shard)
    // One snapshot for content and index.
    return try connection.transaction(immediate: false) { () throws(SearchError) in
      var hits: [Int64: SearchHit] = [:]
      for candidate in rows {
        let hit = try self.hit(candidate, expression, ranking, moments: moments, connection)
        hits[candidate.row] = hit
      }
      return hits
    }
  }

  /// All tracks of a video that are in the shard.
  func transcripts(of video: VideoID, in shard: ShardFile) throws(SearchError) -> [Transcript] {
    let connection = try self.connection(to: shard)
    var found: [Transcript] = []
    let statement = try connection.statement(
      """
      SELECT c.header, c.offsets, c.segments, c.id FROM document d JOIN content c ON c.id = d.id
        WHERE d.video = ?1 ORDER BY d.kind, d.id
      """)
    try statement.run([.text(video.text)]) { (row) throws(SearchError) in
      do throws(DocumentCodecError) {
        var transcript = try DocumentCodec.decodeHeader(row.blob(0))
        let segments = try StoredSegments(compressed: row.blob(2))
        guard let offsets = OffsetMap(decoding: row.blob(1)),
          offsets.segmentCount == segments.count
        else { throw DocumentCodecError() }
        transcript.segments = segments.durations.indices.map {
          Segment(
            startMilliseconds: offsets.startMilliseconds[$0],
            durationMilliseconds: segments.durations[$0], text: segments.text(ofSegment: $0))
        }
        found.append(transcript)
      } catch {
        throw ShardTables(connection: connection).damaged(row: row.integer(3))
      }
      return true
    }
    return found
  }

  /// Documents and videos in the shard.
  func counts(in shard: ShardFile) throws(SearchError) -> (documents: Int, videos: Int) {
    let connection = try self.connection(to: shard)
    let documents = try connection.statement("SELECT documents FROM totals").integer() ?? 0
    let videos = try connection.statement("SELECT count(DISTINCT video) FROM document").integer()
    return (Int(documents), Int(videos ?? 0))
  }

  func close() { self.connections = [:] }

  private static let rowsBetweenCancellationChecks = 1024

  private func hit(
    _ candidate: Candidate, _ expression: MatchExpression, _ ranking: Ranking, moments count: Int,
    _ connection: SQLiteConnection
  ) throws(SearchError) -> SearchHit? {
    var stored: (header: [UInt8], offsets: [UInt8], segments: [UInt8])?
    try connection.statement("SELECT header, offsets, segments FROM content WHERE id = ?1")
      .run([.integer(candidate.row)]) { row in
        stored = (row.blob(0), row.blob(1), row.blob(2))
        return false
      }
    var windows: [UInt8]?
    try connection.statement(
      "SELECT verbatim_moments(f, ?2, ?3) FROM f WHERE f MATCH ?1 AND rowid = ?4"
    ).run([
      .text(expression.text), .blob(ranking.bytes), .integer(Int64(count)), .integer(candidate.row),
    ]) { row in
      windows = row.blob(0)
      return false
    }
    // Replaced or removed since it was scored.
    guard let stored, let windows else { return nil }
    let damaged = ShardTables(connection: connection).damaged(row: candidate.row)
    do throws(DocumentCodecError) {
      let document = try DocumentCodec.decodeHeader(stored.header)
      let segments = try StoredSegments(compressed: stored.segments)
      guard let offsets = OffsetMap(decoding: stored.offsets) else { throw DocumentCodecError() }
      var found = MomentWindows.decode(windows)
      // The words are in the title only: the beginning.
      if found.isEmpty { found = [MomentWindows.Window(core: [], nearby: [])] }
      let moments = found.compactMap {
        self.momentBuilder.moment(
          of: $0.core, nearby: $0.nearby, in: segments, offsets: offsets)
      }
      return SearchHit(
        video: document.video, track: document.track, score: candidate.score, moments: moments)
    } catch {
      throw damaged
    }
  }

  private func connection(to shard: ShardFile) throws(SearchError) -> SQLiteConnection {
    if let known = self.connections[shard.number] { return known }
    let connection = try SQLiteConnection(
      path: shard.path, mode: .read, cacheBytes: self.configuration.readerCacheBytes,
      lockTimeout: self.configuration.lockTimeout)
    try Schema.check(connection)
    self.connections[shard.number] = connection
    return connection
  }
}
