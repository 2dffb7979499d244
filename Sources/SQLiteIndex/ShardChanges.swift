internal import CSQLite
internal import Search
internal import Transcripts

/// What one transaction changes in a shard.
///
/// First all rows of ordinary tables are written, then ``finish()`` tells FTS5. In turns it would be several times as
/// slow: a statement on an ordinary table may open a savepoint, and at each savepoint FTS5 writes what it has collected
/// as a segment of its own, which has to be merged later.
struct ShardChanges {
  private let tables: ShardTables
  private var documents: Int64 = 0
  private var tokens: Int64 = 0
  private var texts: [TextChange] = []
  /// Of the rows that change; zeros where a row goes.
  private var facts: [Int64: Facts] = [:]
  /// By name, the channels that were looked up.
  private var channels: [String: Int64] = [:]

  /// What is kept in arrays.
  private struct Facts {
    var tokens: Int32
    var dated: Int64
  }

  /// Of one row of the index.
  private struct TextChange {
    var row: Int64
    var old: IndexedText?
    var new: IndexedText?
  }

  /// What FTS5 is given for a row, normalized.
  private struct IndexedText {
    var title: [UInt8]
    var text: [UInt8]
    var meta: String
    /// What is stored beside.
    var header: [UInt8] = []
  }

  /// Within a transaction.
  init(_ tables: ShardTables) { self.tables = tables }

  /// Writes a document that is new or has other content. Once for each row.
  mutating func write(
    _ document: PreparedDocument, _ content: DocumentContent, over existing: ShardTables.Existing?
  ) throws(SearchError) {
    let playlists = ShardTables.union(existing?.playlists ?? [], document.playlists)
    var change = TextChange(row: 0, old: nil, new: nil)
    if let existing {
      change.row = existing.row
      change.old = try self.takeOut(row: existing.row)
    } else {
      let last = try self.statement("SELECT max(id) FROM document").integer()
      change.row = (last ?? 0) + 1
    }
    let track = document.transcript.track
    try self.statement(
      """
      INSERT OR REPLACE INTO document(
          id, video, language, kind, dated, hash, tokens, playlists, fetched, channel)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      """
    ).run([
      .integer(change.row), .text(document.video), .text(document.language),
      .integer(track.kind == .manual ? 0 : 1), .integer(document.dated), .integer(document.hash),
      .integer(Int64(content.tokens)), .text(playlists.joined(separator: "\n")),
      .integer(document.transcript.fetchedMilliseconds),
      .integer(try self.channel(of: document.transcript.video)),
    ])
    let meta = MetaTokens.tokens(document.transcript, playlists: playlists)
    try self.statement(
      """
      INSERT OR REPLACE INTO content(id, header, offsets, segments, title, meta, text)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """
    ).run([
      .integer(change.row), .blob(content.header), .blob(content.offsets), .blob(content.segments),
      .textBytes(content.title), .text(meta), .blob(content.storedText),
    ])
    change.new = IndexedText(title: content.title, text: content.text, meta: meta)
    self.texts.append(change)
    self.facts[change.row] = Facts(
      tokens: Int32(clamping: content.tokens), dated: document.dated)
    self.documents += 1
    self.tokens += Int64(content.tokens)
  }

  /// Records other playlists for a document with the same content. Once for each row.
  mutating func set(
    playlists: [String], of existing: ShardTables.Existing
  ) throws(SearchError) {
    let tokens = self.tokens
    let old = try self.takeOut(row: existing.row)
    guard let stored = try? DocumentCodec.decodeHeader(old.header) else {
      throw self.tables.damaged(row: existing.row)  // Why it cannot be decoded says nothing more.
    }
    let meta = MetaTokens.tokens(stored, playlists: playlists)
    // The same text comes back.
    self.documents += 1
    self.tokens = tokens
    try self.statement("UPDATE document SET playlists = ?2 WHERE id = ?1").run([
      .integer(existing.row), .text(playlists.joined(separator: "\n")),
    ])
    try self.statement("UPDATE content SET meta = ?2 WHERE id = ?1").run([
      .integer(existing.row), .text(meta),
    ])
    var new = old
    new.meta = meta
    self.texts.append(TextChange(row: existing.row, old: old, new: new))
  }

  /// Removes a document. Once for each row.
  mutating func remove(_ existing: ShardTables.Existing) throws(SearchError) {
    let old = try self.takeOut(row: existing.row)
    let row: [SQLiteStatement.Value] = [.integer(existing.row)]
    try self.statement("DELETE FROM content WHERE id = ?1").run(row)
    try self.statement("DELETE FROM document WHERE id = ?1").run(row)
    self.texts.append(TextChange(row: existing.row, old: old, new: nil))
    self.facts[existing.row] = Facts(tokens: 0, dated: 0)
  }

  /// Makes searches see it all, once the transaction is committed. The last thing in the transaction.
  func finish() throws(SearchError) {
    try self.statement("UPDATE totals SET documents = documents + ?1, tokens = tokens + ?2")
      .run([.integer(self.documents), .integer(self.tokens)])
    try self.writeFacts()
    let insert = try self.statement(
      "INSERT INTO f(rowid, title, text, meta) VALUES(?1, ?2, ?3, ?4)")
    let delete = try self.statement(
      "INSERT INTO f(f, rowid, title, text, meta) VALUES('delete', ?1, ?2, ?3, ?4)")
    // Ascending: at a row that is lower than the one before, FTS5 writes a segment too.
    for change in self.texts.sorted(by: { $0.row < $1.row }) {
      for (statement, text) in [(delete, change.old), (insert, change.new)] {
        guard let text else { continue }
        try statement.run([
          .integer(change.row), .textBytes(text.title), .textBytes(text.text), .text(text.meta),
        ])
      }
    }
  }

  private func writeFacts() throws(SearchError) {
    let rowsPerChunk = Int64(csqlite_rows_per_chunk)
    let read = try self.statement("SELECT tokens, dated FROM facts WHERE chunk = ?1")
    let write = try self.statement(
      "INSERT OR REPLACE INTO facts(chunk, tokens, dated) VALUES(?1, ?2, ?3)")
    for (chunk, changes) in Dictionary(grouping: self.facts, by: { $0.key / rowsPerChunk }) {
      var tokens: [UInt8] = []
      var dated: [UInt8] = []
      try read.run([.integer(chunk)]) { row in
        tokens = row.blob(0)
        dated = row.blob(1)
        return false
      }
      for (row, facts) in changes {
        let index = Int(row % rowsPerChunk)
        Self.set(facts.tokens, at: index, in: &tokens)
        Self.set(facts.dated, at: index, in: &dated)
      }
      try write.run([.integer(chunk), .blob(tokens), .blob(dated)])
    }
  }

  /// Sets an element of an array of native integers, which grows as needed.
  private static func set<Value: FixedWidthInteger>(
    _ value: Value, at index: Int, in bytes: inout [UInt8]
  ) {
    let start = index * MemoryLayout<Value>.size
    let end = start + MemoryLayout<Value>.size
    if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
    withUnsafeBytes(of: value) { bytes.replaceSubrange(start..<end, with: $0) }
  }

  /// The row of the video's channel; 0 when that is not known. The newest title stays.
  private mutating func channel(of video: Video) throws(SearchError) -> Int64 {
    guard !video.channelID.isEmpty else { return 0 }
    if let known = self.channels[video.channelID] { return known }
    let values: [SQLiteStatement.Value] = [.text(video.channelID), .text(video.channelTitle)]
    try self.statement(
      """
      INSERT INTO channel(name, title) VALUES(?1, ?2)
        ON CONFLICT(name) DO UPDATE SET title = ?2 WHERE title <> ?2 AND ?2 <> ''
      """
    ).run(values)
    let row = try self.statement("SELECT id FROM channel WHERE name = ?1")
      .integer([.text(video.channelID)])
    self.channels[video.channelID] = row
    return row ?? 0
  }

  /// FTS5 keeps no text: it must be told exactly what it was given, or words of the old text stay behind.
  private mutating func takeOut(row: Int64) throws(SearchError) -> IndexedText {
    var stored:
      (
        title: [UInt8], meta: String, text: [UInt8], segments: [UInt8], tokens: Int64,
        header: [UInt8]
      )?
    let statement = try self.statement(
      """
      SELECT title, meta, text, segments, tokens, header FROM content JOIN document USING(id)
        WHERE content.id = ?1
      """)
    try statement.run([.integer(row)]) { columns in
      stored = (
        columns.blob(0), columns.text(1), columns.blob(2), columns.blob(3), columns.integer(4),
        columns.blob(5)
      )
      return false
    }
    guard let stored,
      let text = try? StoredText.decode(text: stored.text, segments: stored.segments)
    else { throw self.tables.damaged(row: row) }  // Why it cannot be decoded says nothing more.
    self.documents -= 1
    self.tokens -= stored.tokens
    return IndexedText(title: stored.title, text: text, meta: stored.meta, header: stored.header)
  }

  private func statement(_ sql: String) throws(SearchError) -> SQLiteStatement {
    try self.tables.connection.statement(sql)
  }
}
