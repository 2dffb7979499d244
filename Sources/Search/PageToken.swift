internal import Base64
internal import Transcripts

/// Where the next page begins: the last hit of the page before, and what its score was computed from.
///
/// Opaque to callers. Bound to its query by a hash. It carries the term statistics of the first page, so that scores stay
/// the same while documents come in, and no hit is shown twice or left out because ranks moved.
public struct PageToken: Hashable, Sendable {
  /// The sort key of the last hit: its score or time, as bits.
  public var sortKey: UInt64
  /// Breaks ties: the shard and the row of the last hit, or what a back end uses.
  public var shard: UInt64
  public var row: Int64
  /// Statistics of the first page, as the back end wrote them.
  public var statistics: [UInt64]

  public init(sortKey: UInt64, shard: UInt64, row: Int64, statistics: [UInt64]) {
    self.sortKey = sortKey
    self.shard = shard
    self.row = row
    self.statistics = statistics
  }

  /// In the alphabet of base64url, so that it fits in a URL.
  public func encoded(for query: SearchQuery) -> String {
    var bytes: [UInt8] = []
    for value in [Self.fingerprint(of: query), self.sortKey] { Self.append(value, to: &bytes) }
    Varint.append(self.shard, to: &bytes)
    Varint.append(UInt64(bitPattern: self.row), to: &bytes)
    for value in self.statistics { Varint.append(value, to: &bytes) }
    Self.append(ContentHash.hash(bytes), to: &bytes)
    return Base64.encode(bytes, urlSafe: true, padded: false)
  }

  /// - Throws: ``SearchError/Code/invalidPageToken``.
  public init(_ text: String, for query: SearchQuery) throws(SearchError) {
    guard text.utf8.count <= SearchLimits.maxPageTokenCharacters,
      let bytes = Base64.decode(text), bytes.count >= 26,
      Self.value(bytes[(bytes.count - 8)...]) == ContentHash.hash(Array(bytes.dropLast(8)))
    else {
      throw SearchError(
        .invalidPageToken,
        "The page token is not one that this index gave. Take it unchanged from the page before, "
          + "or start again without one.")
    }
    guard Self.value(bytes[0..<8]) == Self.fingerprint(of: query) else {
      throw SearchError(
        .invalidPageToken,
        "The page token belongs to another query. Keep text, filters and order the same "
          + "from page to page, or start again without a token.")
    }
    var reader = Varint.Reader(Array(bytes.dropLast(8)), position: 16)
    var values: [UInt64] = []
    while let value = reader.next() { values.append(value) }
    guard reader.isAtEnd, values.count >= 2 else {
      throw SearchError(.invalidPageToken, "The page token is damaged; start again without one.")
    }
    self.sortKey = Self.value(bytes[8..<16])
    self.shard = values[0]
    self.row = Int64(bitPattern: values[1])
    self.statistics = Array(values.dropFirst(2))
  }

  /// Of everything that decides which hits there are, and in which order.
  private static func fingerprint(of query: SearchQuery) -> UInt64 {
    var bytes = Array(query.text.utf8)
    func append(_ values: [String]) {
      Varint.append(UInt64(values.count), to: &bytes)
      for value in values {
        Varint.append(UInt64(value.utf8.count), to: &bytes)
        bytes.append(contentsOf: value.utf8)
      }
    }
    let filters = query.filters
    append([
      query.index.text, query.order.token, query.wordForms == .exact ? "exact" : "",
      filters.kind?.rawValue ?? "", filters.publishedFrom.map(String.init) ?? "",
      filters.publishedBefore.map(String.init) ?? "",
    ])
    append(filters.languageCodes)
    append(filters.channelIDs)
    append(filters.playlistIDs)
    append(filters.videoIDs.map(\.text))
    return ContentHash.hash(bytes)
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  private static func value(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension SearchOrder {
  fileprivate var token: String {
    switch self {
    case .relevance: "relevance"
    case .newest: "newest"
    case .oldest: "oldest"
    }
  }
}
