/// The tables that HPACK's indices point into: the fixed one, and behind it what was sent before (RFC 7541 §2.3).
struct HPACKTable {
  struct Field: Equatable {
    var name: String
    var value: String

    /// What it counts for in the table: §4.1.
    var size: Int { self.name.utf8.count + self.value.utf8.count + 32 }
  }

  /// The most that the peer may keep in the table; we announce nothing else.
  static let maxSize = 4096

  /// Newest first.
  private var fields: [Field] = []
  private var size = 0
  private(set) var limit = maxSize

  /// The field at an index; nil when there is none.
  subscript(index: Int) -> Field? {
    if (1...Self.fixed.count).contains(index) { return Self.fixed[index - 1] }
    let place = index - Self.fixed.count - 1
    return self.fields.indices.contains(place) ? self.fields[place] : nil
  }

  mutating func insert(_ field: Field) {
    self.size += field.size
    self.fields.insert(field, at: 0)
    self.evict()
  }

  /// False when the peer asks for more than it may.
  mutating func setLimit(_ limit: Int) -> Bool {
    guard limit <= Self.maxSize else { return false }
    self.limit = limit
    self.evict()
    return true
  }

  private mutating func evict() {
    while self.size > self.limit, let oldest = self.fields.popLast() { self.size -= oldest.size }
  }

  /// Appendix A.
  static let fixed: [Field] = [
    Field(name: ":authority", value: ""), Field(name: ":method", value: "GET"),
    Field(name: ":method", value: "POST"), Field(name: ":path", value: "/"),
    Field(name: ":path", value: "/index.html"), Field(name: ":scheme", value: "http"),
    Field(name: ":scheme", value: "https"), Field(name: ":status", value: "200"),
    Field(name: ":status", value: "204"), Field(name: ":status", value: "206"),
    Field(name: ":status", value: "304"), Field(name: ":status", value: "400"),
    Field(name: ":status", value: "404"), Field(name: ":status", value: "500"),
    Field(name: "accept-charset", value: ""),
    Field(name: "accept-encoding", value: "gzip, deflate"),
    Field(name: "accept-language", value: ""), Field(name: "accept-ranges", value: ""),
    Field(name: "accept", value: ""), Field(name: "access-control-allow-origin", value: ""),
    Field(name: "age", value: ""), Field(name: "allow", value: ""),
    Field(name: "authorization", value: ""), Field(name: "cache-control", value: ""),
    Field(name: "content-disposition", value: ""), Field(name: "content-encoding", value: ""),
    Field(name: "content-language", value: ""), Field(name: "content-length", value: ""),
    Field(name: "content-location", value: ""), Field(name: "content-range", value: ""),
    Field(name: "content-type", value: ""), Field(name: "cookie", value: ""),
    Field(name: "date", value: ""), Field(name: "etag", value: ""),
    Field(name: "expect", value: ""), Field(name: "expires", value: ""),
    Field(name: "from", value: ""), Field(name: "host", value: ""),
    Field(name: "if-match", value: ""), Field(name: "if-modified-since", value: ""),
    Field(name: "if-none-match", value: ""), Field(name: "if-range", value: ""),
    Field(name: "if-unmodified-since", value: ""), Field(name: "last-modified", value: ""),
    Field(name: "link", value: ""), Field(name: "location", value: ""),
    Field(name: "max-forwards", value: ""), Field(name: "proxy-authenticate", value: ""),
    Field(name: "proxy-authorization", value: ""), Field(name: "range", value: ""),
    Field(name: "referer", value: ""), Field(name: "refresh", value: ""),
    Field(name: "retry-after", value: ""), Field(name: "server", value: ""),
    Field(name: "set-cookie", value: ""), Field(name: "strict-transport-security", value: ""),
    Field(name: "transfer-encoding", value: ""), Field(name: "user-agent", value: ""),
    Field(name: "vary", value: ""), Field(name: "via", value: ""),
    Field(name: "www-authenticate", value: ""),
  ]
}
