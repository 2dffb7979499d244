internal import JSON
internal import Protobuf

/// Why a message could not be put into its other form.
///
/// `description` has names of types and fields, and no values, so it may be logged anywhere. A member's name that the
/// schema does not have is in it too, cut to some characters.
public struct ProtoJSONError: Error, Sendable, Hashable {
  /// What is wrong. More codes may be added.
  ///
  /// All mean that the same input will fail again; whoever made it has to change it, or for ``unknownType`` the
  /// pool, or for the limits ``ProtoJSONOptions``.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: Hashable {
      case syntax, malformedBinary, unknownType, unknownName, duplicate, wrongKind, invalidText
      case outOfRange, notRepresentable, sizeLimit, depthLimit, countLimit
    }
    private let value: Value

    /// The text is not JSON.
    public static let syntax = Self(value: .syntax)
    /// The bytes are not the binary form of a message.
    public static let malformedBinary = Self(value: .malformedBinary)
    /// A type that the pool does not have: of the whole, of a field, or in a `google.protobuf.Any`.
    public static let unknownType = Self(value: .unknownType)
    /// A member or enum name that the schema does not have.
    public static let unknownName = Self(value: .unknownName)
    /// A field, map key or oneof that is set twice.
    public static let duplicate = Self(value: .duplicate)
    /// A value of a kind that the field cannot have, such as a number for a string.
    public static let wrongKind = Self(value: .wrongKind)
    /// A string that is not what the field's type asks for: base64, a timestamp, a duration, a number.
    public static let invalidText = Self(value: .invalidText)
    /// A number, timestamp or duration that the field cannot hold.
    public static let outOfRange = Self(value: .outOfRange)
    /// A message that has no JSON form, such as a `google.protobuf.Value` of infinity.
    public static let notRepresentable = Self(value: .notRepresentable)
    /// More bytes than ``ProtoLimits/maxBytes``, in or out.
    public static let sizeLimit = Self(value: .sizeLimit)
    /// More levels than ``ProtoLimits/maxDepth``.
    public static let depthLimit = Self(value: .depthLimit)
    /// More messages than ``ProtoLimits/maxMessages`` or values than ``ProtoJSONOptions/maxValues``.
    public static let countLimit = Self(value: .countLimit)

    /// The code's name.
    public var description: String { "\(self.value)" }
  }

  /// Characters of a name from outside that a message shows.
  private static let maxShownCharacters = 40

  /// What is wrong.
  public let code: Code
  /// What is wrong, for people.
  public let message: String
  /// The field: names and places from the outermost message, such as `segments[3].startMs`; empty for the whole.
  /// The entries of a map are counted, as their keys are content.
  public internal(set) var path: String = ""
  /// Where in the JSON text, in bytes from its start; nil where the input is binary.
  public internal(set) var offset: Int?

  init(_ code: Code, _ message: String, at offset: Int? = nil) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  init(_ error: JSONError) {
    let code: Code =
      switch error.code {
      case .tooLarge: .sizeLimit
      case .tooDeep: .depthLimit
      case .tooManyNodes: .countLimit
      default: .syntax
      }
    self.init(code, error.message, at: error.offset)
  }

  init(_ error: ProtoError) {
    let code: Code =
      switch error.code {
      case .sizeLimit: .sizeLimit
      case .depthLimit: .depthLimit
      case .messageLimit: .countLimit
      default: .malformedBinary
      }
    self.init(code, error.description)
  }

  /// The error with the name of the field that it happened in.
  func within(_ name: String) -> Self {
    var error = self
    let joint = self.path.isEmpty || self.path.first == "[" ? "" : "."
    error.path = name + joint + self.path
    return error
  }

  /// The error with the place among elements or entries.
  func within(_ place: Int) -> Self { self.within("[\(place)]") }

  /// The error with the place in the text, unless it has one.
  func at(_ value: JSONValue) -> Self {
    guard self.offset == nil else { return self }
    var error = self
    error.offset = value.offset
    return error
  }

  /// A name from outside, fit for a message.
  static func quoted(_ name: String) -> String {
    let shown = String(name.prefix(Self.maxShownCharacters))
    return shown.debugDescription + (shown.utf8.count < name.utf8.count ? "…" : "")
  }
}

extension ProtoJSONError: CustomStringConvertible {
  /// Field, message and place.
  public var description: String {
    let place = self.offset.map { " at byte \($0)" } ?? ""
    return (self.path.isEmpty ? "" : self.path + ": ") + self.message + place
  }
}
