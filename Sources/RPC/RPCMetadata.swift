/// Pairs of text that travel beside a request, in order; one key may have several values.
///
/// Keys are lower case, `[0-9a-z_.-]`: they are lowered when they are added. Values are text; bytes go as base64
/// under a key that ends in `-bin`.
public struct RPCMetadata: Sendable, Hashable {
  /// One key with one of its values.
  public struct Entry: Sendable, Hashable {
    /// Lower case.
    public let key: String
    /// Any text.
    public let value: String
  }

  private var entries: [Entry] = []

  /// Creates metadata without entries.
  public init() {}

  /// The first value of a key (given in any case), or nil. Setting replaces all its values; nil removes them.
  public subscript(key: String) -> String? {
    get {
      if self.entries.isEmpty { return nil }
      let key = key.lowercased()
      return self.entries.first { $0.key == key }?.value
    }
    set {
      let lowered = key.lowercased()
      self.entries.removeAll { $0.key == lowered }
      if let newValue { self.entries.append(Entry(key: lowered, value: newValue)) }
    }
  }

  /// All values of a key (given in any case), in order.
  public func values(of key: String) -> [String] {
    let key = key.lowercased()
    return self.entries.filter { $0.key == key }.map(\.value)
  }

  /// Adds a value behind those that its key has.
  public mutating func append(_ key: String, _ value: String) {
    self.entries.append(Entry(key: key.lowercased(), value: value))
  }
}

extension RPCMetadata: RandomAccessCollection {
  /// Always 0.
  public var startIndex: Int { 0 }
  /// The number of entries.
  public var endIndex: Int { self.entries.count }
  /// The entry at a position.
  public subscript(position: Int) -> Entry { self.entries[position] }
}

extension RPCMetadata: ExpressibleByDictionaryLiteral {
  /// Creates metadata from pairs, in order.
  public init(dictionaryLiteral pairs: (String, String)...) {
    for (key, value) in pairs { self.append(key, value) }
  }
}
