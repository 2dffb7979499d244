public import Transcripts

/// Where the next page of documents begins, for a back end that numbers its shards and rows.
public enum DocumentCursor {
  /// Bound to its index and filters.
  public static func text(shard: Int, row: Int64, for query: DocumentsQuery) -> String {
    PageToken(sortKey: 0, shard: UInt64(max(0, shard)), row: row, statistics: [])
      .encoded(for: self.asSearch(query))
  }

  /// - Throws: ``SearchError/Code/invalidPageToken``; ``SearchError/Code/invalidQuery`` for a page size out of bounds.
  public static func position(
    of query: DocumentsQuery
  ) throws(SearchError) -> (shard: Int, row: Int64) {
    guard (1...SearchLimits.maxDocumentsPage).contains(query.pageSize) else {
      throw SearchError(
        .invalidQuery,
        "The page size is \(query.pageSize); it must be 1 to \(SearchLimits.maxDocumentsPage).")
    }
    guard let cursor = query.cursor else { return (0, 0) }
    let token = try PageToken(cursor, for: self.asSearch(query))
    return (Int(clamping: token.shard), token.row)
  }

  /// The search that has the same fingerprint: none has an empty text.
  private static func asSearch(_ query: DocumentsQuery) -> SearchQuery {
    SearchQuery(index: query.index, text: "", filters: query.filters)
  }
}

extension PlacesQuery {
  /// How many places come before this page.
  ///
  /// - Throws: ``SearchError/Code/invalidPageToken``; ``SearchError/Code/invalidQuery`` for a page size out of bounds.
  public func offset() throws(SearchError) -> Int {
    guard (1...SearchLimits.maxPlacesPage).contains(self.pageSize) else {
      throw SearchError(
        .invalidQuery,
        "The page size is \(self.pageSize); it must be 1 to \(SearchLimits.maxPlacesPage).")
    }
    guard let text = self.pageToken else { return 0 }
    let row = try PageToken(text, for: self.asSearch).row
    return Int(clamping: max(0, row))
  }

  fileprivate var asSearch: SearchQuery {
    SearchQuery(
      index: self.index, text: self.text, wordForms: self.wordForms, order: .oldest,
      filters: SearchFilters(
        languageCodes: self.languageCode.map { [$0] } ?? [], videoIDs: [self.video]))
  }
}

extension PlacesPage {
  /// The page of `all` that begins at `first`.
  ///
  /// - Parameter isComplete: False: there are more than `all`.
  public init(
    video: Video, track: CaptionTrack, all: [Moment], isComplete: Bool, from first: Int,
    of query: PlacesQuery
  ) {
    let start = min(first, all.count)
    let end = min(all.count, start + query.pageSize)
    self.init(
      video: video, track: track, moments: Array(all[start..<end]), total: all.count,
      totalIsExact: isComplete,
      nextPageToken: end < all.count
        ? PageToken(sortKey: 0, shard: 0, row: Int64(end), statistics: [])
          .encoded(for: query.asSearch) : nil)
  }
}
