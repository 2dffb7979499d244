internal import CSQLite
internal import Compression
internal import Search

/// A connection to one shard file. Belongs to one thread at a time.
final class SQLiteConnection {
  enum Mode {
    /// Makes the file when it is missing.
    case create
    case write
    case read
  }

  let path: String
  private let handle: OpaquePointer
  private var statements: [String: SQLiteStatement] = [:]
  /// Asked every some thousand steps of a statement: true ends it with ``SearchError/Code/timedOut``. Nil: nobody asks.
  var shouldStop: (() -> Bool)? {
    didSet {
      let this = Unmanaged.passUnretained(self).toOpaque()
      // Called on the connection's thread, within a statement: the connection is alive.
      sqlite3_progress_handler(
        self.handle, self.shouldStop == nil ? 0 : Self.stepsBetweenQuestions,
        { this in
          guard let this else { return 0 }
          let connection = Unmanaged<SQLiteConnection>.fromOpaque(this).takeUnretainedValue()
          return connection.shouldStop?() == true ? 1 : 0
        }, this)
    }
  }

  /// About a millisecond's.
  private static let stepsBetweenQuestions: Int32 = 5000

  /// Of the whole process, before its first connection. Every allocation would take a lock for statistics that nobody
  /// reads. Refused, without harm, when something else in the process uses SQLite already.
  private static let settings: Int32 = csqlite_disable_memory_statistics()

  /// Waits in steps of a millisecond: SQLite's own handler sleeps up to 100 ms, which is unfair among writers.
  private static let busyStepMilliseconds: Int32 = 1

  init(
    path: String, mode: Mode, cacheBytes: Int, lockTimeout: Duration
  ) throws(SearchError) {
    self.path = path
    _ = Self.settings
    var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE
    if mode == .create { flags |= SQLITE_OPEN_CREATE }
    var handle: OpaquePointer?
    let status = sqlite3_open_v2(path, &handle, flags, nil)
    guard status == SQLITE_OK, let handle else {
      let error = SearchError.sqlite(status, handle, file: path, doing: "Opening the index")
      sqlite3_close_v2(handle)
      throw error
    }
    self.handle = handle
    self.wait(atMost: lockTimeout)
    try self.check(csqlite_set_defensive(handle), "Securing the connection")
    try self.check(csqlite_register_functions(handle), "Registering functions")
    try self.registerIndexedText()
    try self.execute("PRAGMA cache_size = -\(max(1, cacheBytes / 1024))")
    if mode == .read { try self.execute("PRAGMA query_only = 1") }
  }

  deinit {
    self.statements = [:]
    sqlite3_close_v2(self.handle)
  }

  /// How long a statement waits for a lock that another connection holds.
  func wait(atMost timeout: Duration) {
    let steps = max(1, timeout.milliseconds / Int64(Self.busyStepMilliseconds))
    // The handler's argument is a number in a pointer's clothes: how often it may sleep.
    sqlite3_busy_handler(
      self.handle,
      { steps, count in
        guard Int(count) < Int(bitPattern: steps) else { return 0 }
        sqlite3_sleep(SQLiteConnection.busyStepMilliseconds)
        return 1
      }, UnsafeMutableRawPointer(bitPattern: Int(clamping: steps)))
  }

  /// How many rows statements of this connection have changed since it was opened.
  var changes: Int { Int(sqlite3_total_changes(self.handle)) }

  /// Runs statements without parameters or results.
  func execute(_ sql: String) throws(SearchError) {
    try self.check(sqlite3_exec(self.handle, sql, nil, nil, nil), "A statement")
  }

  /// A statement that is prepared once and kept. Only one use at a time.
  func statement(_ sql: String) throws(SearchError) -> SQLiteStatement {
    if let known = self.statements[sql] { return known }
    var raw: OpaquePointer?
    let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
    let status = sqlite3_prepare_v3(self.handle, sql, -1, flags, &raw, nil)
    // The statements are right for the tables of this version: so the tables are not what they were.
    if status == SQLITE_ERROR { throw SearchError.damagedSchema(self.handle, file: self.path) }
    try self.check(status, "Preparing")
    guard let raw else {
      throw SearchError(.unavailable, "A statement for \(self.path) is empty.")
    }
    let statement = SQLiteStatement(raw, file: self.path)
    self.statements[sql] = statement
    return statement
  }

  /// All that `body` does is written, or nothing. An immediate transaction has the write lock from its start.
  func transaction<Result>(
    immediate: Bool = true, _ body: () throws(SearchError) -> Result
  ) throws(SearchError) -> Result {
    try self.execute(immediate ? "BEGIN IMMEDIATE" : "BEGIN")
    do throws(SearchError) {
      let result = try body()
      try self.execute("COMMIT")
      return result
    } catch {
      // Some errors (a full disk) have rolled back already; then this has nothing to do, and its error says so.
      if sqlite3_get_autocommit(self.handle) == 0 {
        sqlite3_exec(self.handle, "ROLLBACK", nil, nil, nil)
      }
      throw error
    }
  }

  var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(self.handle) }

  private func check(_ status: Int32, _ what: String) throws(SearchError) {
    guard status == SQLITE_OK else {
      throw SearchError.sqlite(status, self.handle, file: self.path, doing: what)
    }
  }

  /// `verbatim_indexed_text(text, segments)`: what was given to FTS5, from how it is stored. FTS5 asks for it through the
  /// view `indexed`, when it checks its integrity and when it is rebuilt.
  private func registerIndexedText() throws(SearchError) {
    let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC
    try self.check(
      sqlite3_create_function_v2(
        self.handle, "verbatim_indexed_text", 2, flags, nil,
        { context, count, values in
          guard count == 2, let values,
            let text = try? StoredText.decode(
              text: SQLiteStatement.blob(values[0]), segments: SQLiteStatement.blob(values[1]))
          else {
            // Damaged content: the caller, an integrity check, has to fail.
            sqlite3_result_error_code(context, SQLITE_CORRUPT)
            return
          }
          text.withUnsafeBytes { csqlite_result_text(context, $0.baseAddress, Int32($0.count)) }
        }, nil, nil, nil), "Registering functions")
  }
}

extension Duration {
  /// Rounded down.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = self.components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
