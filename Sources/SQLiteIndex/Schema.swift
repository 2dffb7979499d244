internal import Search

/// The tables of a shard file.
///
///     document   one row for each video and caption track: what decides whether it changed, and when it is from
///     content    the same rows: what is shown (header, offsets, segments) and what was indexed (title, text, meta)
///     f          FTS5 over `indexed`, a view that unpacks `content`
///     channel    names of channels, which `document` refers to
///     facts      tokens of the text of each document, and its date, as arrays: for scores and orders, read with every search
///     v          the words of `f`
///     totals     one row: documents, and tokens of their texts
///
/// `f` is given normalized text, whose tokens are separated by spaces (``Normalizer``): its tokenizer `ascii` then has
/// nothing left to decide.
enum Schema {
  /// "vbtm", in the file's header: tells a shard file from any other database.
  static let applicationID: Int64 = 0x7662_746D
  /// Goes up when the tables or ``Normalizer/version`` change in a way that old files cannot be read with.
  static let version: Int64 = 2
  /// With 16 KiB, writing is a fifth faster than with SQLite's 4 KiB.
  private static let pageBytes = 16384
  /// So many segments of one level are merged, in small steps with every write; a fifth faster than FTS5's 4.
  private static let automerge = 16
  /// So many are merged at once, whatever it costs. With FTS5's 16 that would happen at each merge, and a batch in a
  /// hundred would take a second; the steps keep the number far below this.
  private static let crisisMerge = 64

  /// Makes a new file. It is renamed afterwards, without a log: so it enters WAL mode as the last thing, when all that it
  /// has is in the file.
  static func create(_ connection: SQLiteConnection) throws(SearchError) {
    try connection.execute(
      """
      PRAGMA page_size = \(Self.pageBytes);
      PRAGMA journal_mode = DELETE;
      PRAGMA synchronous = FULL;
      BEGIN;
      CREATE TABLE document(
        id INTEGER PRIMARY KEY,
        video TEXT NOT NULL,
        language TEXT NOT NULL,
        kind INTEGER NOT NULL,
        dated INTEGER NOT NULL,
        hash INTEGER NOT NULL,
        tokens INTEGER NOT NULL,
        playlists TEXT NOT NULL,
        fetched INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        UNIQUE(video, language));
      CREATE TABLE content(
        id INTEGER PRIMARY KEY,
        header BLOB NOT NULL,
        offsets BLOB NOT NULL,
        segments BLOB NOT NULL,
        title TEXT NOT NULL,
        meta TEXT NOT NULL,
        text BLOB NOT NULL);
      CREATE TABLE channel(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL);
      CREATE TABLE facts(chunk INTEGER PRIMARY KEY, tokens BLOB NOT NULL, dated BLOB NOT NULL);
      CREATE VIEW indexed AS
        SELECT id, title, verbatim_indexed_text(text, segments) AS text, meta FROM content;
      CREATE TABLE totals(documents INTEGER NOT NULL, tokens INTEGER NOT NULL);
      INSERT INTO totals VALUES(0, 0);
      CREATE VIRTUAL TABLE f USING fts5(
        title, text, meta, content='indexed', content_rowid='id', tokenize='ascii', columnsize=0);
      CREATE VIRTUAL TABLE v USING fts5vocab(f, 'row');
      INSERT INTO f(f, rank) VALUES('automerge', \(Self.automerge));
      INSERT INTO f(f, rank) VALUES('crisismerge', \(Self.crisisMerge));
      PRAGMA application_id = \(Self.applicationID);
      PRAGMA user_version = \(Self.version);
      COMMIT;
      PRAGMA journal_mode = WAL;
      """)
  }

  /// Throws when the file is not a shard file of this version.
  static func check(_ connection: SQLiteConnection) throws(SearchError) {
    let application = try connection.statement("PRAGMA application_id").integer()
    guard application == Self.applicationID else {
      throw SearchError(
        .corrupted,
        "\(connection.path) is not a shard file of this index. Move it out of the folder.")
    }
    let version = try connection.statement("PRAGMA user_version").integer() ?? 0
    guard version == Self.version else {
      throw SearchError(
        .misconfigured,
        "\(connection.path) has format \(version), this indexer writes \(Self.version). Use the "
          + "indexer of the same release, or an empty folder, and submit the playlists again.")
    }
  }

  /// For a connection that writes.
  static func prepareForWriting(
    _ connection: SQLiteConnection, maxBytes: Int64?, maxWALBytes: Int64
  ) throws(SearchError) {
    // FULL: a commit is on the disk when it returns.
    try connection.execute(
      "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = \(maxWALBytes)")
    if let maxBytes {
      let pages = max(1, maxBytes / Int64(Self.pageBytes))
      try connection.execute("PRAGMA max_page_count = \(pages)")
    }
  }
}
