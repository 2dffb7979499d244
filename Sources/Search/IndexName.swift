/// The name of an index, or of an alias for one.
///
/// Lower case letters, digits, `-` and `_`, 1 to 64 of them, a letter or digit first: so it is a file's name on every
/// file system, and the name of an index on every search server.
public struct IndexName: Hashable, Comparable, Sendable, CustomStringConvertible {
  public static let maxCharacters = 64
  /// Where everything goes that names no other. It always exists.
  public static let `default` = IndexName(unchecked: "default")

  public let text: String

  /// Nil when `text` is not a name.
  public init?(_ text: some StringProtocol) {
    guard (1...Self.maxCharacters).contains(text.utf8.count),
      text.utf8.allSatisfy({ Self.isLetterOrDigit($0) || $0 == 0x2D || $0 == 0x5F }),
      text.utf8.first.map({ Self.isLetterOrDigit($0) }) == true
    else { return nil }
    self.text = String(text)
  }

  private init(unchecked text: String) { self.text = text }

  public static func < (a: IndexName, b: IndexName) -> Bool { a.text < b.text }

  public var description: String { self.text }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

/// Another name for an index: callers keep it while the index behind it changes.
public struct IndexAlias: Hashable, Sendable {
  public var alias: IndexName
  public var index: IndexName

  public init(_ alias: IndexName, of index: IndexName) {
    self.alias = alias
    self.index = index
  }
}
