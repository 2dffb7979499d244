internal import JSON
internal import Search

/// Where a page ends: what `search_after` takes, and page tokens hold.
struct SortKey: Hashable {
  enum Value: Hashable {
    case score(Double)
    case time(Int64)
  }

  var value: Value
  var id: String

  /// Of the last hit of a page. Nil when the answer has no sort values.
  init?(_ hit: JSONValue, _ order: SearchOrder) {
    guard let first = hit["sort"]?[0], let id = hit["sort"]?[1]?.string else { return nil }
    self.id = id
    if order == .relevance {
      guard let score = first.double else { return nil }
      self.value = .score(score)
    } else {
      guard let time = first.int64 else { return nil }
      self.value = .time(time)
    }
  }

  /// - Throws: ``SearchError/Code/invalidPageToken``.
  init(_ token: PageToken, _ order: SearchOrder) throws(SearchError) {
    let count = Int(clamping: token.row)
    var bytes: [UInt8] = []
    for word in token.statistics {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    guard count > 0, count <= bytes.count,
      let id = String(validating: bytes.prefix(count), as: UTF8.self)
    else {
      throw SearchError(
        .invalidPageToken, "The page token is of another kind of index; start again without one.")
    }
    self.id = id
    self.value =
      order == .relevance
      ? .score(Double(bitPattern: token.sortKey)) : .time(Int64(bitPattern: token.sortKey))
  }

  var token: PageToken {
    let bytes = Array(self.id.utf8)
    let words = stride(from: 0, to: bytes.count, by: 8).map { start in
      bytes[start..<min(start + 8, bytes.count)].reversed().reduce(UInt64(0)) {
        $0 << 8 | UInt64($1)
      }
    }
    let key =
      switch self.value {
      case .score(let score): score.bitPattern
      case .time(let time): UInt64(bitPattern: time)
      }
    return PageToken(sortKey: key, shard: 0, row: Int64(bytes.count), statistics: words)
  }
}
