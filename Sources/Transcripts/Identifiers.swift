/// The identifier of a video: eleven characters of `[0-9A-Za-z_-]`.
public struct VideoID: Hashable, Sendable, CustomStringConvertible {
  public let text: String

  /// Nil when `text` is not a video's identifier.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count == 11, text.utf8.allSatisfy(\.isIdentifierCharacter) else { return nil }
    self.text = String(text)
  }

  public var description: String { self.text }
}

extension UInt8 {
  /// `[0-9A-Za-z_-]`, the alphabet of YouTube's identifiers.
  var isIdentifierCharacter: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
