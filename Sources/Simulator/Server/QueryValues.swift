internal import HTTPServer

/// The parameters of one request's query, cut apart once: addresses of caption tracks have twenty, and most are looked at.
struct QueryValues: Sendable {
  private let pairs: [(name: Substring, value: Substring)]

  init(_ query: String) {
    self.pairs = query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
      let name = pair.prefix { $0 != UInt8(ascii: "=") }
      return (Substring(name), Substring(pair[name.endIndex...].dropFirst()))
    }
  }

  /// The first value under `name`, decoded; nil when there is none. Names are looked for as they are: no client encodes them.
  subscript(name: String) -> String? {
    guard let value = self.pairs.first(where: { $0.name == name })?.value else { return nil }
    let isCoded = value.utf8.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
    return isCoded ? HTTPQuery.decode(value.utf8) : String(value)
  }
}
