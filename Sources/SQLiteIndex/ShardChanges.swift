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
  /// Of the texts of the rows that change; zero where a row goes.
  private var lengths: [Int64: Int32] = [:]

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
      INSERT OR REPLACE INTO document(id, video, language, kind, dated, hash, tokens, playlists)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """
    ).run([
      .integer(change.row), .text(document.video), .text(document.language),
      .integer(track.kind == .manual ? 0 : 1), .integer(document.dated), .integer(document.hash),
      .integer(Int64(content.tokens)), .text(playlists.joined(separator: "\n")),
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
    self.lengths[change.row] = Int32(clamping: content.tokens)
    self.documents += 1
    self.tokens += Int64(content.tokens)
  }

  /// Records more playlists for a document with the same content. Once for each row.
  mutating func add(
    playlists added: [String], to existing: ShardTables.Existing, _ transcript: Transcript
  ) throws(SearchError) {
    let playlists = ShardTables.union(existing.playlists, added)
    let meta = MetaTokens.tokens(transcript, playlists: playlists)
    let tokens = self.tokens
    let old = try self.takeOut(row: existing.row)
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
    self.lengths[existing.row] = 0
  }

  /// Makes searches see it all, once the transaction is committed. The last thing in the transaction.
  func finish() throws(SearchError) {
    try self.statement("UPDATE totals SET documents = documents + ?1, tokens = tokens + ?2")
      .run([.integer(self.documents), .integer(self.tokens)])
    try self.writeLengths()
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

  private func writeLengths() throws(SearchError) {
    let rowsPerChunk = Int64(csqlite_rows_per_chunk)
    let read = try self.statement("SELECT tokens FROM lengths WHERE chunk = ?1")
    let write = try self.statement("INSERT OR REPLACE INTO lengths(chunk, tokens) VALUES(?1, ?2)")
    for (chunk, changes) in Dictionary(grouping: self.lengths, by: { $0.key / rowsPerChunk }) {
      var bytes: [UInt8] = []
      try read.run([.integer(chunk)]) { row in
        bytes = row.blob(0)
        return false
      }
      for (row, tokens) in changes {
        let start = Int(row % rowsPerChunk) * MemoryLayout<Int32>.size
        let end = start + MemoryLayout<Int32>.size
        if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
        withUnsafeBytes(of: tokens) { bytes.replaceSubrange(start..<end, with: $0) }
      }
      try write.run([.integer(chunk), .blob(bytes)])
    }
  }

  /// FTS5 keeps no text: it must be told exactly what it was given, or words of the old text stay behind.
  private mutating func takeOut(row: Int64) throws(SearchError) -> IndexedText {
    var stored: (title: [UInt8], meta: String, text: [UInt8], segments: [UInt8], tokens: Int64)?
    let statement = try self.statement(
      """
      SELECT title, meta, text, segments, tokens FROM content JOIN document USING(id)
        WHERE content.id = ?1
      """)
    try statement.run([.integer(row)]) { columns in
      stored = (
        columns.blob(0), columns.text(1), columns.blob(2), columns.blob(3), columns.integer(4)
      )
      return false
    }
    guard let stored,
      let text = try? StoredText.decode(text: stored.text, segments: stored.segments)
    else { throw self.tables.damaged(row: row) }  // Why it cannot be decoded says nothing more.
    self.documents -= 1
    self.tokens -= stored.tokens
    return IndexedText(title: stored.title, text: text, meta: stored.meta)
  }

  private func statement(_ sql: String) throws(SearchError) -> SQLiteStatement {
    try self.tables.connection.statement(sql)
  }
}
