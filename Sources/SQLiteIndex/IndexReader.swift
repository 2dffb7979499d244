internal import Compression
internal import Search
internal import Transcripts

/// Searches shards, on a thread of its own, over connections of its own: never waits for a writer.
actor IndexReader {
  private nonisolated let thread: StorageThread
  private let configuration: SQLiteIndexConfiguration
  private var connections: [Int: SQLiteConnection] = [:]
  var momentBuilder = MomentBuilder()
  let decompressor = ZstdDecompressor()
  private var frequencies: [PhraseInShard: KnownFrequency] = [:]

  nonisolated var unownedExecutor: UnownedSerialExecutor { self.thread.asUnownedSerialExecutor() }

  init(thread: StorageThread, configuration: SQLiteIndexConfiguration) {
    self.thread = thread
    self.configuration = configuration
  }

  /// How many documents there are, and how many have each of the phrases that are weighed against each other.
  func statistics(
    of query: ShardQuery, in shard: ShardFile
  ) throws -> RankingStatistics {
    let connection = try self.connection(to: shard)
    var statistics = RankingStatistics()
    try connection.statement("SELECT documents, tokens FROM totals").run { row in
      statistics.documents = UInt64(max(0, row.integer(0)))
      statistics.tokens = UInt64(max(0, row.integer(1)))
      return false
    }
    try self.interruptibly(connection, until: query.deadline) { () throws(SearchError) in
      for phrase in query.expression.weighedPhrases {
        statistics.documentFrequencies.append(
          try self.frequency(of: phrase, among: statistics.documents, in: shard, connection))
      }
    }
    return statistics
  }

  /// Goes through all documents that match.
  func scan(_ query: ShardQuery, in shard: ShardFile) throws -> ShardMatches {
    let connection = try self.connection(to: shard)
    var matches = ShardMatches(
      best: BestCandidates(max: query.max, after: query.after), keepsRows: !query.facets.isEmpty)
    try self.interruptibly(connection, until: query.deadline) { () throws(SearchError) in
      if query.order == .relevance {
        try self.scanByRelevance(query, in: shard, connection, &matches)
      } else {
        try self.scanByTime(query, in: shard, connection, &matches)
      }
      if !query.facets.isEmpty {
        matches.facets = try self.facets(query.facets, of: matches.rows, connection)
      }
    }
    return matches
  }

  /// What is shown of the documents in `rows`; those that have gone meanwhile are missing.
  ///
  /// - Parameter places: By row, what ``scan(_:in:)`` found; what is missing, or of an older text, is found now.
  func hits(
    _ rows: [Candidate], _ places: [Int64: FoundPlaces], _ query: ShardQuery, in shard: ShardFile
  ) throws -> [Int64: SearchHit] {
    let connection = try self.connection(to: shard)
    return try self.interruptibly(connection, until: query.deadline) { () throws(SearchError) in
      // One snapshot for content and index.
      try connection.transaction(immediate: false) { () throws(SearchError) in
        var hits: [Int64: SearchHit] = [:]
        for candidate in rows {
          hits[candidate.row] = try self.hit(candidate, places[candidate.row], query, connection)
        }
        return hits
      }
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
        found.append(try self.transcript(row.blob(0), row.blob(1), row.blob(2)))
      } catch {
        throw ShardTables(connection: connection).damaged(row: row.integer(3))
      }
      return true
    }
    return found
  }

  /// A transcript from what is stored of it.
  func transcript(
    _ header: [UInt8], _ offsets: [UInt8], _ segments: [UInt8]
  ) throws(DocumentCodecError) -> Transcript {
    var transcript = try DocumentCodec.decodeHeader(header)
    let segments = try StoredSegments(compressed: segments, self.decompressor)
    guard let offsets = OffsetMap(decoding: offsets), offsets.segmentCount == segments.count
    else { throw DocumentCodecError() }
    transcript.segments = segments.durations.indices.map {
      Segment(
        startMilliseconds: offsets.startMilliseconds[$0],
        durationMilliseconds: segments.durations[$0], text: segments.text(ofSegment: $0))
    }
    return transcript
  }

  /// Documents and videos in the shard.
  func counts(in shard: ShardFile) throws(SearchError) -> (documents: Int, videos: Int) {
    let connection = try self.connection(to: shard)
    let documents = try connection.statement("SELECT documents FROM totals").integer() ?? 0
    let videos = try connection.statement("SELECT count(DISTINCT video) FROM document").integer()
    return (Int(documents), Int(videos ?? 0))
  }

  func close() { self.connections = [:] }

  /// Documents that have a phrase, and among how many they were counted.
  private struct KnownFrequency {
    var frequency: UInt64
    var documents: UInt64
  }

  private struct PhraseInShard: Hashable {
    var shard: Int
    var phrase: String
  }

  /// Remembered frequencies; past that number all are forgotten.
  private static let maxKnownFrequencies = 8192
  /// A frequency is counted again when the number of documents has changed by a part of so many.
  private static let frequencyTolerance: UInt64 = 32

  /// Counting costs about as much as searching, and is needed but roughly: a page token carries what was used, so all
  /// pages of a search are of one mind.
  private func frequency(
    of phrase: String, among documents: UInt64, in shard: ShardFile, _ connection: SQLiteConnection
  ) throws(SearchError) -> UInt64 {
    let key = PhraseInShard(shard: shard.number, phrase: phrase)
    if let known = self.frequencies[key] {
      let change =
        known.documents > documents ? known.documents - documents : documents - known.documents
      if change <= documents / Self.frequencyTolerance { return known.frequency }
    }
    let count = try connection.statement("SELECT count(*) FROM f WHERE f MATCH ?1")
    let frequency = UInt64(max(0, try count.integer([.text(phrase)]) ?? 0))
    if self.frequencies.count >= Self.maxKnownFrequencies { self.frequencies = [:] }
    self.frequencies[key] = KnownFrequency(frequency: frequency, documents: documents)
    return frequency
  }

  private func scanByRelevance(
    _ query: ShardQuery, in shard: ShardFile, _ connection: SQLiteConnection,
    _ matches: inout ShardMatches
  ) throws(SearchError) {
    let scan = try DocumentScan(connection, query)
    let hashes = try connection.statement("SELECT hash FROM document WHERE id = ?1")
    try connection.statement("SELECT rowid, verbatim_scan(f, ?2, ?3) FROM f WHERE f MATCH ?1").run([
      .text(query.expression.text), .blob(query.ranking.bytes), scan.argument,
    ]) { (row) throws(SearchError) in
      guard !row.isNull(1) else { return true }
      let result = DocumentScan.result(row, 1)
      let candidate = Candidate(
        key: BestCandidates.key(score: result.score), shard: UInt64(shard.number),
        row: row.integer(0))
      matches.count(candidate.row)
      guard matches.best.offer(candidate) else { return true }
      scan.least = matches.best.last?.score ?? -.infinity
      if let moments = result.moments, let hash = try hashes.integer([.integer(candidate.row)]) {
        matches.remember(FoundPlaces(hash: hash, windows: moments), of: candidate.row)
      }
      return true
    }
    matches.forgetTheRest()
  }

  private func scanByTime(
    _ query: ShardQuery, in shard: ShardFile, _ connection: SQLiteConnection,
    _ matches: inout ShardMatches
  ) throws(SearchError) {
    let scan = try DocumentScan(connection, query)
    let isNewestFirst = query.order == .newest
    let hashes = try connection.statement("SELECT hash FROM document WHERE id = ?1")
    try connection.statement("SELECT rowid, verbatim_dated(f, ?2, ?3) FROM f WHERE f MATCH ?1").run(
      [
        .text(query.expression.text), .blob(query.ranking.bytes), scan.argument,
      ]) { (row) throws(SearchError) in
        guard !row.isNull(1) else { return true }
        let result = DocumentScan.dated(row, 1)
        let candidate = Candidate(
          key: BestCandidates.key(time: result.time, isNewestFirst: isNewestFirst),
          shard: UInt64(shard.number), row: row.integer(0))
        matches.count(candidate.row)
        guard matches.best.offer(candidate) else { return true }
        if let last = matches.best.last {
          scan.setLast(
            BestCandidates.time(last.key, isNewestFirst: isNewestFirst),
            isNewestFirst: isNewestFirst)
        }
        if let moments = result.moments, let hash = try hashes.integer([.integer(candidate.row)]) {
          matches.remember(FoundPlaces(hash: hash, windows: moments), of: candidate.row)
        }
        return true
      }
    matches.forgetTheRest()
  }

  private func hit(
    _ candidate: Candidate, _ found: FoundPlaces?, _ query: ShardQuery,
    _ connection: SQLiteConnection
  ) throws(SearchError) -> SearchHit? {
    var stored: (header: [UInt8], offsets: [UInt8], segments: [UInt8], hash: Int64)?
    try connection.statement(
      """
      SELECT c.header, c.offsets, c.segments, d.hash FROM content c JOIN document d USING(id)
        WHERE c.id = ?1
      """
    ).run([.integer(candidate.row)]) { row in
      stored = (row.blob(0), row.blob(1), row.blob(2), row.integer(3))
      return false
    }
    // Removed since it was scored.
    guard let stored else { return nil }
    var windows: [UInt8]?
    if let found, found.hash == stored.hash {
      windows = found.windows
    } else {
      try connection.statement(
        "SELECT verbatim_moments(f, ?2, ?3) FROM f WHERE f MATCH ?1 AND rowid = ?4"
      ).run([
        .text(query.expression.text), .blob(query.ranking.bytes), .integer(Int64(query.moments)),
        .integer(candidate.row),
      ]) { row in
        windows = row.blob(0)
        return false
      }
    }
    // Replaced since it was scored, by a text that does not match.
    guard let windows else { return nil }
    do throws(DocumentCodecError) {
      let document = try DocumentCodec.decodeHeader(stored.header)
      let segments = try StoredSegments(compressed: stored.segments, self.decompressor)
      guard let offsets = OffsetMap(decoding: stored.offsets) else { throw DocumentCodecError() }
      var found = MomentWindows.decode(windows)
      // The words are in the title only: the beginning.
      if found.isEmpty { found = [MomentWindows.Window(core: [], nearby: [])] }
      let moments = found.compactMap {
        self.momentBuilder.moment(
          of: $0.core, nearby: $0.nearby, in: segments, offsets: offsets)
      }
      return SearchHit(
        video: document.video, track: document.track,
        score: query.order == .relevance ? candidate.score : 0, moments: moments)
    } catch {
      throw ShardTables(connection: connection).damaged(row: candidate.row)
    }
  }

  /// Runs `body`, whose statements stop when the caller is cancelled or out of time.
  func interruptibly<Result>(
    _ connection: SQLiteConnection, until deadline: ContinuousClock.Instant,
    _ body: () throws(SearchError) -> Result
  ) throws -> Result {
    connection.shouldStop = { Task.isCancelled || ContinuousClock.now > deadline }
    defer { connection.shouldStop = nil }
    do {
      return try body()
    } catch {
      if Task.isCancelled { throw CancellationError() }
      throw error
    }
  }

  func connection(to shard: ShardFile) throws(SearchError) -> SQLiteConnection {
    if let known = self.connections[shard.number] { return known }
    let connection = try SQLiteConnection(
      path: shard.path, mode: .read, cacheBytes: self.configuration.readerCacheBytes,
      lockTimeout: self.configuration.lockTimeout)
    try Schema.check(connection)
    self.connections[shard.number] = connection
    return connection
  }
}
