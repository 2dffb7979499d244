internal import Protobuf
package import WireProtocol

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

  /// The entries in the form in which they travel, so that receiving them costs no second array. Keys are lower case.
  package private(set) var pairs: [KeyValue] = []

  /// Creates metadata without entries.
  public init() {}

  /// Metadata as they came; keys are lowered.
  package init(_ pairs: [KeyValue]) {
    self.pairs = pairs
    for index in pairs.indices where !Self.isOwnForm(pairs[index]) {
      self.pairs[index] = Self.pair(pairs[index].key, pairs[index].value)
    }
  }

  /// The first value of a key (given in any case), or nil. Setting replaces all its values; nil removes them.
  public subscript(key: String) -> String? {
    get {
      if self.pairs.isEmpty { return nil }
      let key = Self.lowered(key)
      return self.pairs.first { $0.key == key }?.value
    }
    set {
      let lowered = Self.lowered(key)
      self.pairs.removeAll { $0.key == lowered }
      if let newValue { self.pairs.append(Self.pair(lowered, newValue)) }
    }
  }

  /// All values of a key (given in any case), in order.
  public func values(of key: String) -> [String] {
    let key = Self.lowered(key)
    return self.pairs.filter { $0.key == key }.map(\.value)
  }

  /// Adds a value behind those that its key has.
  public mutating func append(_ key: String, _ value: String) {
    self.pairs.append(Self.pair(key, value))
  }

  private static func pair(_ key: String, _ value: String) -> KeyValue {
    .with { ($0.key, $0.value) = (Self.lowered(key), value) }
  }

  /// Whether a pair is as this type would have made it.
  private static func isOwnForm(_ pair: KeyValue) -> Bool {
    pair.unknownFields.isEmpty && Self.isLower(pair.key)
  }

  /// A key in lower case, which it mostly is already.
  private static func lowered(_ key: String) -> String {
    Self.isLower(key) ? key : key.lowercased()
  }

  private static func isLower(_ key: String) -> Bool {
    var key = key
    return key.withUTF8 { bytes in
      bytes.allSatisfy { $0 < 0x80 && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
  }
}

extension RPCMetadata: RandomAccessCollection {
  /// Always 0.
  public var startIndex: Int { 0 }
  /// The number of entries.
  public var endIndex: Int { self.pairs.count }
  /// The entry at a position.
  public subscript(position: Int) -> Entry {
    Entry(key: self.pairs[position].key, value: self.pairs[position].value)
  }
}

extension RPCMetadata: ExpressibleByDictionaryLiteral {
  /// Creates metadata from pairs, in order.
  public init(dictionaryLiteral pairs: (String, String)...) {
    for (key, value) in pairs { self.append(key, value) }
  }
}
