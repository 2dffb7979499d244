/// Why a connection or a frame cannot be used.
package struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what to do about it.
  package struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String, Sendable {
      case frameTooLarge, messageTooLarge, tooManyFaults, tooMuchOverhead
      case protocolViolation, windowExceeded, tooManyPings
    }

    private let value: Value

    /// A received length that no peer sends. Close the connection.
    package static let frameTooLarge = Self(value: .frameTooLarge)
    /// A message to be sent does not fit a frame. Fail its call; nothing was written.
    package static let messageTooLarge = Self(value: .messageTooLarge)
    /// The peer broke the rules more often than ``FaultBudget`` allows. Close the connection.
    package static let tooManyFaults = Self(value: .tooManyFaults)
    /// The peer sent too many frames that carry nothing. Close the connection.
    package static let tooMuchOverhead = Self(value: .tooMuchOverhead)
    /// A frame of the extended dialect that no peer sends. Close the connection.
    package static let protocolViolation = Self(value: .protocolViolation)
    /// The peer sent more than it had credit for. Close the connection.
    package static let windowExceeded = Self(value: .windowExceeded)
    /// The peer sent PINGs more often than it was told. Close the connection.
    package static let tooManyPings = Self(value: .tooManyPings)

    /// The code's name.
    package var description: String { self.value.rawValue }
  }

  /// What is wrong.
  package let code: Code
  /// The same with numbers, for logs.
  package let message: String

  /// Creates an error.
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The status number that a GOAWAY tells the peer.
  package var statusNumber: Int32 {
    switch self.code {
    case .tooManyFaults, .tooMuchOverhead, .tooManyPings, .messageTooLarge:
      StatusNumber.resourceExhausted
    default: StatusNumber.invalidArgument
    }
  }

  /// The message.
  package var description: String { self.message }
}
