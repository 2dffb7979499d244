internal import CSQLite
internal import Search
internal import Transcripts

// What is asked beside searching.

extension IndexReader {
  /// Counts the values of documents.
  ///
  /// - Parameter rows: Ascending, so that the table is read from front to back.
  func facets(
    _ fields: [FacetField], of rows: [Int64], _ connection: SQLiteConnection
  ) throws(SearchError) -> FacetCounts {
    let fields = Set(fields)
    var channels: [Int64: Int] = [:]
    var kinds: [Int64: Int] = [:]
    var counts = FacetCounts()
    let statement = try connection.statement(
      "SELECT channel, kind, dated, language, playlists FROM document WHERE id = ?1")
    for row in rows {
      try statement.run([.integer(row)]) { columns in
        if fields.contains(.channel) { channels[columns.integer(0), default: 0] += 1 }
        if fields.contains(.kind) { kinds[columns.integer(1), default: 0] += 1 }
        if fields.contains(.year) {
          counts.add(FacetField.year(of: columns.integer(2)), of: .year)
        }
        if fields.contains(.language) { counts.add(columns.text(3).lowercased(), of: .language) }
        if fields.contains(.playlist) {
          for playlist in ShardTables.split(columns.text(4)) { counts.add(playlist, of: .playlist) }
        }
        return false
      }
    }
    for (kind, count) in kinds {
      counts.add((kind == 0 ? CaptionKind.manual : .automatic).rawValue, of: .kind, count)
    }
    let name = try connection.statement("SELECT name, title FROM channel WHERE id = ?1")
    for (channel, count) in channels where channel != 0 {
      try name.run([.integer(channel)]) { columns in
        counts.add(columns.text(0), of: .channel, count)
        counts.setLabel(columns.text(1), of: columns.text(0))
        return false
      }
    }
    return counts
  }

  /// Every place of the query's words in the documents of a video that match.
  func places(
    _ expression: MatchExpression, of video: VideoID, until deadline: ContinuousClock.Instant,
    in shard: ShardFile
  ) throws -> [FoundVideo] {
    let connection = try self.connection(to: shard)
    return try self.interruptibly(connection, until: deadline) { () throws(SearchError) in
      try connection.transaction(immediate: false) { () throws(SearchError) in
        var found: [FoundVideo] = []
        var rows: [(Int64, String)] = []
        try connection.statement(
          "SELECT id, language FROM document WHERE video = ?1 ORDER BY kind, id"
        )
        .run([.text(video.text)]) { row in
          rows.append((row.integer(0), row.text(1)))
          return true
        }
        for (row, language) in rows {
          found.append(try self.places(expression, of: row, language, connection))
        }
        return found
      }
    }
  }

  private func places(
    _ expression: MatchExpression, of row: Int64, _ language: String,
    _ connection: SQLiteConnection
  ) throws(SearchError) -> FoundVideo {
    var occurrences: [UInt8] = []
    let ranking = Ranking(RankingStatistics(), expression)
    try connection.statement(
      "SELECT verbatim_places(f, ?2) FROM f WHERE f MATCH ?1 AND rowid = ?3"
    ).run([.text(expression.text), .blob(ranking.bytes), .integer(row)]) { columns in
      occurrences = columns.blob(0)
      return false
    }
    var stored: (header: [UInt8], offsets: [UInt8], segments: [UInt8])?
    try connection.statement("SELECT header, offsets, segments FROM content WHERE id = ?1")
      .run([.integer(row)]) { columns in
        stored = (columns.blob(0), columns.blob(1), columns.blob(2))
        return false
      }
    let found = MomentWindows.occurrences(occurrences)
    do throws(DocumentCodecError) {
      guard let stored, let offsets = OffsetMap(decoding: stored.offsets) else {
        throw DocumentCodecError()
      }
      let document = try DocumentCodec.decodeHeader(stored.header)
      let segments = try StoredSegments(compressed: stored.segments, self.decompressor)
      return FoundVideo(
        video: document.video, track: document.track,
        moments: self.momentBuilder.everyMoment(of: found, in: segments, offsets: offsets),
        isComplete: found.count < Int(csqlite_max_occurrences))
    } catch {
      throw ShardTables(connection: connection).damaged(row: row)
    }
  }

  /// The documents behind `row`, at most `count`, with their rows.
  ///
  /// - Parameter expression: Filters; nil: all.
  func documents(
    _ expression: MatchExpression?, dates: Range<Int64>, after row: Int64, atMost count: Int,
    in shard: ShardFile
  ) throws(SearchError) -> [(row: Int64, document: IndexDocument)] {
    let connection = try self.connection(to: shard)
    let from =
      expression == nil ? "document d" : "f CROSS JOIN document d ON d.id = f.rowid"
    let condition = expression == nil ? "d.id > ?1" : "f MATCH ?5 AND f.rowid > ?1"
    let statement = try connection.statement(
      """
      SELECT d.id, c.header, c.offsets, c.segments, d.playlists FROM \(from)
        CROSS JOIN content c ON c.id = d.id
        WHERE \(condition) AND d.dated >= ?2 AND d.dated < ?3
        ORDER BY \(expression == nil ? "d.id" : "f.rowid") LIMIT ?4
      """)
    var values: [SQLiteStatement.Value] = [
      .integer(row), .integer(dates.lowerBound), .integer(dates.upperBound),
      .integer(Int64(count)),
    ]
    if let expression { values.append(.text(expression.text)) }
    var found: [(row: Int64, document: IndexDocument)] = []
    try statement.run(values) { (columns) throws(SearchError) in
      do throws(DocumentCodecError) {
        let transcript = try self.transcript(columns.blob(1), columns.blob(2), columns.blob(3))
        found.append(
          (
            columns.integer(0),
            IndexDocument(
              transcript: transcript, playlistIDs: ShardTables.split(columns.text(4)))
          ))
      } catch {
        throw ShardTables(connection: connection).damaged(row: columns.integer(0))
      }
      return true
    }
    return found
  }

  /// Words that begin so, with the number of documents that have them; as many as are found in the time.
  func words(
    beginning prefix: String, until deadline: ContinuousClock.Instant, in shard: ShardFile
  ) throws -> [String: Int] {
    let connection = try self.connection(to: shard)
    var found: [String: Int] = [:]
    do {
      try self.interruptibly(connection, until: deadline) { () throws(SearchError) in
        // The largest scalar ends the range; no normalized word holds it.
        try connection.statement("SELECT term, doc FROM v WHERE term >= ?1 AND term < ?2").run([
          .text(prefix), .text(prefix + "\u{10FFFF}"),
        ]) { row in
          found[row.text(0)] = Int(row.integer(1))
          return true
        }
      }
    } catch let error as SearchError where error.code == .timedOut {
      // What was found is good enough for a suggestion.
    }
    return found
  }

  /// How many documents have each of the words.
  func documents(
    withWords words: [String], until deadline: ContinuousClock.Instant, in shard: ShardFile
  ) throws -> [Int] {
    let connection = try self.connection(to: shard)
    return try self.interruptibly(connection, until: deadline) { () throws(SearchError) in
      let any = try connection.statement("SELECT 1 FROM f WHERE f MATCH ?1 LIMIT 1")
      let all = try connection.statement("SELECT count(*) FROM f WHERE f MATCH ?1")
      var counts: [Int] = []
      for word in words {
        // Nearly all candidates are no words: that is cheap to see.
        let expression = SQLiteStatement.Value.text("\"\(word)\"")
        let isThere = try any.integer([expression]) != nil
        counts.append(isThere ? Int(try all.integer([expression]) ?? 0) : 0)
      }
      return counts
    }
  }
}

/// The places in one track of a video.
struct FoundVideo: Sendable {
  var video: Video
  var track: CaptionTrack
  var moments: [Moment]
  /// False: there are more.
  var isComplete: Bool
}
