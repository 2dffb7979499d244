internal import CSQLite
internal import Search

/// One run over all documents that match: their scores and, of those that are good enough, their moments.
///
/// The other half of `verbatim_scan` and `verbatim_dated` (`csqlite.h`), which point here while their statement runs.
final class DocumentScan {
  private let state = UnsafeMutablePointer<csqlite_scan>.allocate(capacity: 1)
  /// Keeps the statement that `state` points to.
  private let facts: SQLiteStatement

  /// Moments are wanted of documents that come after the query's ``ShardQuery/after`` only.
  init(_ connection: SQLiteConnection, _ query: ShardQuery) throws(SearchError) {
    self.facts = try connection.statement("SELECT tokens, dated FROM facts WHERE chunk = ?1")
    self.state.initialize(to: csqlite_scan())
    self.facts.give(to: self.state)
    self.state.pointee.dated_from = query.expression.publishedFrom ?? .min
    self.state.pointee.dated_before = query.expression.publishedBefore ?? .max
    self.state.pointee.moments = Int32(clamping: query.moments)
    self.state.pointee.chunk = -1
    self.state.pointee.least = -.infinity
    self.state.pointee.most = query.after?.score ?? .infinity
    self.state.pointee.dated_least = .min
    self.state.pointee.dated_most = .max
    guard let after = query.after else { return }
    switch query.order {
    case .relevance: break
    case .newest:
      self.state.pointee.dated_most = BestCandidates.time(after.key, isNewestFirst: true)
    case .oldest:
      self.state.pointee.dated_least = BestCandidates.time(after.key, isNewestFirst: false)
    }
  }

  deinit { self.state.deallocate() }

  /// To be bound as the function's argument.
  var argument: SQLiteStatement.Value { .scan(self.state) }

  /// A score below which no moments are wanted any more.
  var least: Double {
    get { self.state.pointee.least }
    set { self.state.pointee.least = newValue }
  }

  /// A time after which (or before which, from the newest on) no moments are wanted any more.
  func setLast(_ time: Int64, isNewestFirst: Bool) {
    if isNewestFirst {
      self.state.pointee.dated_least = time
    } else {
      self.state.pointee.dated_most = time
    }
  }

  /// What `verbatim_dated` returned for a row that is not NULL.
  static func dated(
    _ row: borrowing SQLiteStatement.Row, _ column: Int32
  ) -> (time: Int64, moments: [UInt8]?) {
    guard row.isBlob(column) else { return (row.integer(column), nil) }
    let bytes = row.blob(column)
    guard bytes.count >= MemoryLayout<Int64>.size else { return (0, nil) }
    let time = bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    return (time, Array(bytes.dropFirst(MemoryLayout<Int64>.size)))
  }

  /// What `verbatim_scan` returned for a row that is not NULL.
  static func result(
    _ row: borrowing SQLiteStatement.Row, _ column: Int32
  ) -> (score: Double, moments: [UInt8]?) {
    guard row.isBlob(column) else { return (row.double(column), nil) }
    let bytes = row.blob(column)
    guard bytes.count >= MemoryLayout<Double>.size else { return (0, nil) }
    let score = bytes.withUnsafeBytes { $0.loadUnaligned(as: Double.self) }
    return (score, Array(bytes.dropFirst(MemoryLayout<Double>.size)))
  }
}
