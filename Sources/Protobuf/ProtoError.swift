/// Why bytes are not the message that was asked for.
///
/// Two errors are equal if their codes are; where it happened is for people.
public struct ProtoError: Error, Sendable {
  /// What is wrong. More codes may be added.
  ///
  /// All but the limits say that the bytes are not protobuf or were cut: asking for the same bytes again helps only
  /// where they were damaged on their way.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    @usableFromInline
    enum Value: UInt8, Sendable {
      case truncated, malformedVarint, invalidTag, invalidUTF8, groupMismatch
      case depthLimit, sizeLimit, messageLimit
    }

    @usableFromInline let value: Value

    @inlinable
    init(_ value: Value) { self.value = value }

    /// A value goes on behind the end of its message.
    @inlinable public static var truncated: Self { Self(.truncated) }
    /// An integer of more than ten bytes.
    @inlinable public static var malformedVarint: Self { Self(.malformedVarint) }
    /// Field number 0, or one beyond 2²⁹ - 1.
    @inlinable public static var invalidTag: Self { Self(.invalidTag) }
    /// A string that is not UTF-8.
    @inlinable public static var invalidUTF8: Self { Self(.invalidUTF8) }
    /// A group that ends without a begin or with another number, or a wire type that does not exist.
    @inlinable public static var groupMismatch: Self { Self(.groupMismatch) }
    /// More than ``ProtoLimits/maxDepth``. The sender's message is not for this receiver.
    @inlinable public static var depthLimit: Self { Self(.depthLimit) }
    /// More than ``ProtoLimits/maxBytes``. The sender has to split it.
    @inlinable public static var sizeLimit: Self { Self(.sizeLimit) }
    /// More than ``ProtoLimits/maxMessages``. The sender has to split it.
    @inlinable public static var messageLimit: Self { Self(.messageLimit) }

    /// The code's name.
    public var description: String { "\(self.value)" }
  }

  /// What is wrong.
  public let code: Code
  /// The innermost message in which it happened, such as `google.protobuf.Timestamp`; empty if not known.
  public internal(set) var messageName: String
  /// The field that was read, or the last before; 0 if none was.
  public internal(set) var fieldNumber: Int

  /// Creates an error.
  public init(_ code: Code, messageName: String = "", fieldNumber: Int = 0) {
    self.code = code
    self.messageName = messageName
    self.fieldNumber = fieldNumber
  }

  /// See ``Code/truncated``.
  public static var truncated: Self { Self(.truncated) }
  /// See ``Code/malformedVarint``.
  public static var malformedVarint: Self { Self(.malformedVarint) }
  /// See ``Code/invalidTag``.
  public static var invalidTag: Self { Self(.invalidTag) }
  /// See ``Code/invalidUTF8``.
  public static var invalidUTF8: Self { Self(.invalidUTF8) }
  /// See ``Code/groupMismatch``.
  public static var groupMismatch: Self { Self(.groupMismatch) }
  /// See ``Code/depthLimit``.
  public static var depthLimit: Self { Self(.depthLimit) }
  /// See ``Code/sizeLimit``.
  public static var sizeLimit: Self { Self(.sizeLimit) }
  /// See ``Code/messageLimit``.
  public static var messageLimit: Self { Self(.messageLimit) }

  /// The error with its place, unless an inner message has said it already.
  @usableFromInline
  func within(_ messageName: String, tag: UInt32) -> ProtoError {
    guard self.messageName.isEmpty else { return self }
    return ProtoError(self.code, messageName: messageName, fieldNumber: Int(tag >> 3))
  }
}

extension ProtoError: Hashable {
  /// Whether the codes are the same.
  public static func == (a: ProtoError, b: ProtoError) -> Bool { a.code == b.code }

  /// Hashes the code.
  public func hash(into hasher: inout Hasher) { hasher.combine(self.code) }
}

extension ProtoError: CustomStringConvertible {
  /// What and where, without any of the content.
  public var description: String {
    let what =
      switch self.code.value {
      case .truncated: "a value goes on behind the end of its message"
      case .malformedVarint: "an integer has more than ten bytes"
      case .invalidTag: "a field number is 0 or too large"
      case .invalidUTF8: "a string is not UTF-8"
      case .groupMismatch: "a group or wire type that does not fit"
      case .depthLimit: "messages are nested deeper than maxDepth"
      case .sizeLimit: "the message is larger than maxBytes"
      case .messageLimit: "more nested messages than maxMessages"
      }
    if self.messageName.isEmpty { return "protobuf: \(what)" }
    if self.fieldNumber == 0 { return "protobuf: \(what), in \(self.messageName)" }
    return "protobuf: \(what), in \(self.messageName) at field \(self.fieldNumber)"
  }
}
