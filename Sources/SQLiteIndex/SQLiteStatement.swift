internal import CSQLite
internal import Search

/// A prepared statement. Belongs to its connection's thread.
final class SQLiteStatement {
  private let raw: OpaquePointer
  private let file: String

  init(_ raw: OpaquePointer, file: String) {
    self.raw = raw
    self.file = file
  }

  deinit { sqlite3_finalize(self.raw) }

  /// A value to bind.
  enum Value {
    case integer(Int64)
    case text(String)
    /// Bytes that are text in UTF-8.
    case textBytes([UInt8])
    case blob([UInt8])
    /// See ``DocumentScan``.
    case scan(UnsafeMutablePointer<csqlite_scan>)
  }

  /// Runs the statement with `values`, calling `row` for each row until it returns false.
  func run(
    _ values: [Value] = [], row: (borrowing Row) throws(SearchError) -> Bool = { _ in true }
  ) throws(SearchError) {
    defer {
      sqlite3_reset(self.raw)
      sqlite3_clear_bindings(self.raw)
    }
    for (index, value) in values.enumerated() {
      let status = self.bind(value, at: Int32(index + 1))
      guard status == SQLITE_OK else { throw self.error(status) }
    }
    while true {
      let status = sqlite3_step(self.raw)
      if status == SQLITE_DONE { return }
      guard status == SQLITE_ROW else { throw self.error(status) }
      guard try row(Row(raw: self.raw)) else { return }
    }
  }

  /// The first column of the first row as an integer; nil without a row.
  func integer(_ values: [Value] = []) throws(SearchError) -> Int64? {
    var result: Int64?
    try self.run(values) { row in
      result = row.integer(0)
      return false
    }
    return result
  }

  private func bind(_ value: Value, at index: Int32) -> Int32 {
    switch value {
    case .integer(let value): return sqlite3_bind_int64(self.raw, index, value)
    case .text(var text):
      return text.withUTF8 { Self.bindText(self.raw, index, UnsafeRawBufferPointer($0)) }
    case .textBytes(let bytes):
      return bytes.withUnsafeBytes { Self.bindText(self.raw, index, $0) }
    case .blob(let bytes):
      return bytes.withUnsafeBytes {
        csqlite_bind_blob(self.raw, index, $0.baseAddress, Int32($0.count))
      }
    case .scan(let scan): return csqlite_bind_scan(self.raw, index, scan)
    }
  }

  /// Makes this the statement that `scan` asks for lengths and dates.
  func give(to scan: UnsafeMutablePointer<csqlite_scan>) { scan.pointee.facts = self.raw }

  private static func bindText(
    _ raw: OpaquePointer, _ index: Int32, _ bytes: UnsafeRawBufferPointer
  ) -> Int32 {
    guard let base = bytes.baseAddress else { return csqlite_bind_text(raw, index, "", 0) }
    return csqlite_bind_text(
      raw, index, base.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
  }

  private func error(_ status: Int32) -> SearchError {
    SearchError.sqlite(status, sqlite3_db_handle(self.raw), file: self.file, doing: "A statement")
  }

  /// The columns of the current row.
  struct Row: ~Copyable {
    fileprivate let raw: OpaquePointer

    fileprivate init(raw: OpaquePointer) { self.raw = raw }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(self.raw, column) }
    func double(_ column: Int32) -> Double { sqlite3_column_double(self.raw, column) }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(self.raw, column) == SQLITE_NULL }
    func isBlob(_ column: Int32) -> Bool { sqlite3_column_type(self.raw, column) == SQLITE_BLOB }
    func text(_ column: Int32) -> String {
      // By its length: a text may hold a null character. The length is asked for after the conversion to text.
      guard let text = sqlite3_column_text(self.raw, column) else { return "" }
      let count = Int(sqlite3_column_bytes(self.raw, column))
      return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }
    func blob(_ column: Int32) -> [UInt8] {
      SQLiteStatement.bytes(
        sqlite3_column_blob(self.raw, column), sqlite3_column_bytes(self.raw, column))
    }
  }

  /// The bytes of an argument of an SQL function.
  static func blob(_ value: OpaquePointer?) -> [UInt8] {
    Self.bytes(sqlite3_value_blob(value), sqlite3_value_bytes(value))
  }

  private static func bytes(_ pointer: UnsafeRawPointer?, _ count: Int32) -> [UInt8] {
    guard let pointer, count > 0 else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: pointer, count: Int(count)))
  }
}
