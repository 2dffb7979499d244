/// Why a text is not the JSON that was asked for.
///
/// No part of the text is in `description`, so it may be logged anywhere.
public struct JSONError: Error, Hashable, CustomStringConvertible {
  /// What is wrong. More codes may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: Hashable {
      case syntax, unexpectedEnd, invalidUTF8, loneSurrogate
      case tooLarge, tooDeep, tooManyNodes, numberTooLong
    }
    private let value: Value

    /// A byte that the grammar does not allow there. Asking again gives the same; look at who wrote the text.
    public static let syntax = Self(value: .syntax)
    /// The text stops in the middle: probably cut on its way. Asking again may help.
    public static let unexpectedEnd = Self(value: .unexpectedEnd)
    /// The bytes are not UTF-8.
    public static let invalidUTF8 = Self(value: .invalidUTF8)
    /// An escape is half of a surrogate pair: see ``JSONLimits/loneSurrogates-swift.property``.
    public static let loneSurrogate = Self(value: .loneSurrogate)
    /// More than ``JSONLimits/maxBytes``.
    public static let tooLarge = Self(value: .tooLarge)
    /// More than ``JSONLimits/maxDepth``.
    public static let tooDeep = Self(value: .tooDeep)
    /// More than ``JSONLimits/maxNodes``.
    public static let tooManyNodes = Self(value: .tooManyNodes)
    /// More than ``JSONLimits/maxNumberBytes``.
    public static let numberTooLong = Self(value: .numberTooLong)

    /// The code's name.
    public var description: String { "\(self.value)" }
  }

  /// What is wrong.
  public let code: Code
  /// Where, in bytes from the start of the text.
  public let offset: Int
  /// What is wrong, for people.
  public let message: String

  /// Creates an error.
  public init(_ code: Code, at offset: Int, _ message: String) {
    self.code = code
    self.offset = offset
    self.message = message
  }

  /// Message and place.
  public var description: String { "JSON: \(self.message) at byte \(self.offset)" }
}
