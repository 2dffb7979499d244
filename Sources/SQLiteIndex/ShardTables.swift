internal import Search
internal import Transcripts

/// Reads and changes the rows of one shard, on its connection's thread.
struct ShardTables {
  let connection: SQLiteConnection

  /// A document as it is.
  struct Existing: Sendable {
    var row: Int64
    var language: String
    var hash: Int64
    var playlists: [String]
  }

  /// Playlists that a document remembers; from then on the ones known longest are dropped.
  static let maxPlaylists = 4096

  /// All tracks of a video.
  func tracks(of video: String) throws(SearchError) -> [Existing] {
    var found: [Existing] = []
    let statement = try self.connection.statement(
      "SELECT id, language, hash, playlists FROM document WHERE video = ?1")
    try statement.run([.text(video)]) { row in
      found.append(
        Existing(
          row: row.integer(0), language: row.text(1), hash: row.integer(2),
          playlists: Self.split(row.text(3))))
      return true
    }
    return found
  }

  /// Writes a document that is new or has other content. Within a transaction.
  func write(
    _ document: PreparedDocument, _ content: DocumentContent, over existing: Existing?
  ) throws(SearchError) {
    let playlists = Self.union(existing?.playlists ?? [], document.playlists)
    let row: Int64
    if let existing {
      row = existing.row
      try self.removeFromIndex(row: row)
    } else {
      let last = try self.connection.statement("SELECT max(id) FROM document").integer()
      row = (last ?? 0) + 1
    }
    let track = document.transcript.track
    try self.connection.statement(
      """
      INSERT OR REPLACE INTO document(id, video, language, kind, dated, hash, tokens, playlists)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """
    ).run([
      .integer(row), .text(document.video), .text(document.language),
      .integer(track.kind == .manual ? 0 : 1), .integer(document.dated), .integer(document.hash),
      .integer(Int64(content.tokens)), .text(playlists.joined(separator: "\n")),
    ])
    let meta = MetaTokens.tokens(document.transcript, playlists: playlists)
    try self.connection.statement(
      """
      INSERT OR REPLACE INTO content(id, header, offsets, segments, title, meta, text)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """
    ).run([
      .integer(row), .blob(content.header), .blob(content.offsets), .blob(content.segments),
      .textBytes(content.title), .text(meta), .blob(content.storedText),
    ])
    try self.addToIndex(row: row, title: content.title, text: content.text, meta: meta)
    try self.addToTotals(documents: 1, tokens: Int64(content.tokens))
  }

  /// Records more playlists for a document with the same content. Within a transaction.
  func add(
    playlists added: [String], to existing: Existing, _ transcript: Transcript
  ) throws(SearchError) {
    let playlists = Self.union(existing.playlists, added)
    let meta = MetaTokens.tokens(transcript, playlists: playlists)
    let (title, text, tokens) = try self.removeFromIndex(row: existing.row)
    try self.connection.statement("UPDATE document SET playlists = ?2 WHERE id = ?1").run([
      .integer(existing.row), .text(playlists.joined(separator: "\n")),
    ])
    try self.connection.statement("UPDATE content SET meta = ?2 WHERE id = ?1").run([
      .integer(existing.row), .text(meta),
    ])
    try self.addToIndex(row: existing.row, title: title, text: text, meta: meta)
    try self.addToTotals(documents: 1, tokens: tokens)
  }

  /// Removes a document. Within a transaction.
  func remove(_ existing: Existing) throws(SearchError) {
    try self.removeFromIndex(row: existing.row)
    let row: [SQLiteStatement.Value] = [.integer(existing.row)]
    try self.connection.statement("DELETE FROM content WHERE id = ?1").run(row)
    try self.connection.statement("DELETE FROM document WHERE id = ?1").run(row)
  }

  /// The playlists of `first`, then those of `second` that are new.
  static func union(_ first: [String], _ second: [String]) -> [String] {
    var known = Set(first)
    // A line break separates playlists; no playlist's ID has one.
    let new = second.filter {
      !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "\n")) && known.insert($0).inserted
    }
    return Array((first + new).suffix(Self.maxPlaylists))
  }

  private static func split(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init)
  }

  private func addToIndex(
    row: Int64, title: [UInt8], text: [UInt8], meta: String
  ) throws(SearchError) {
    try self.connection.statement("INSERT INTO f(rowid, title, text, meta) VALUES(?1, ?2, ?3, ?4)")
      .run([.integer(row), .textBytes(title), .textBytes(text), .text(meta)])
  }

  /// FTS5 keeps no text: it must be told exactly what it was given, or words of the old text stay behind.
  @discardableResult
  private func removeFromIndex(
    row: Int64
  ) throws(SearchError) -> (title: [UInt8], text: [UInt8], tokens: Int64) {
    var stored: (title: [UInt8], meta: String, text: [UInt8], segments: [UInt8], tokens: Int64)?
    let statement = try self.connection.statement(
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
    else { throw self.damaged(row: row) }
    try self.connection.statement(
      "INSERT INTO f(f, rowid, title, text, meta) VALUES('delete', ?1, ?2, ?3, ?4)"
    ).run([.integer(row), .textBytes(stored.title), .textBytes(text), .text(stored.meta)])
    try self.addToTotals(documents: -1, tokens: -stored.tokens)
    return (stored.title, text, stored.tokens)
  }

  private func addToTotals(documents: Int64, tokens: Int64) throws(SearchError) {
    try self.connection.statement(
      "UPDATE totals SET documents = documents + ?1, tokens = tokens + ?2"
    ).run([.integer(documents), .integer(tokens)])
  }

  func damaged(row: Int64) -> SearchError {
    SearchError(
      .corrupted,
      "Document \(row) in \(self.connection.path) cannot be read: the file is damaged. Stop the "
        + "indexers of this machine, move the file away or restore it from a backup, and submit "
        + "the playlists again: what is missing is indexed anew.")
  }
}
