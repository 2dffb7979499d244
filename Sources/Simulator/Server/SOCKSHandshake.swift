/// What a client of a SOCKS 5 proxy says before its tunnel begins (RFC 1928, and RFC 1929 for user names). Does no I/O.
///
///     greeting ──▶ credentials ──▶ request ──▶ done
///         └──────────(none)──────────▲
struct SOCKSHandshake {
  /// What is to be done with the bytes so far.
  enum Action: Equatable {
    /// More have to come.
    case wait
    /// Drop so many of them, and send these.
    case answer(consumed: Int, reply: [UInt8])
    /// Drop so many of them, and open a tunnel; ``granted`` or ``refused`` is the answer.
    case connect(consumed: Int, host: String, port: UInt16)
    /// Send these, and close.
    case close(reply: [UInt8])
  }

  private enum State { case greeting, credentials, request, done }

  private static let noMethod = Action.close(reply: [5, 0xFF])
  /// To a command or an address that is not known.
  private static let notSupported = Action.close(reply: [5, 7, 0, 1, 0, 0, 0, 0, 0, 0])
  static let granted: [UInt8] = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]
  /// "Connection not allowed by ruleset".
  static let refused: [UInt8] = [5, 2, 0, 1, 0, 0, 0, 0, 0, 0]

  private var state = State.greeting
  /// The user name, once it was said.
  private(set) var user: String?

  /// Looks at what has come and was not dropped.
  mutating func next(_ bytes: [UInt8]) -> Action {
    guard let first = bytes.first else { return .wait }
    switch self.state {
    case .greeting:
      guard first == 5 else { return Self.noMethod }
      guard bytes.count > 1, bytes.count >= 2 + Int(bytes[1]) else { return .wait }
      let count = 2 + Int(bytes[1])
      let methods = bytes[2..<count]
      // Whoever can say a name says it.
      guard let method = [UInt8(2), 0].first(where: methods.contains) else { return Self.noMethod }
      self.state = method == 2 ? .credentials : .request
      return .answer(consumed: count, reply: [5, method])
    case .credentials:
      guard first == 1 else { return .close(reply: [1, 1]) }
      guard bytes.count > 1, bytes.count > 2 + Int(bytes[1]) else { return .wait }
      let passwordStart = 3 + Int(bytes[1])
      let count = passwordStart + Int(bytes[passwordStart - 1])
      guard bytes.count >= count else { return .wait }
      self.user = String(decoding: bytes[2..<(passwordStart - 1)], as: UTF8.self)
      self.state = .request
      return .answer(consumed: count, reply: [1, 0])
    case .request:
      guard bytes.count > 4 else { return .wait }
      // Version 5, CONNECT.
      guard first == 5, bytes[1] == 1 else { return Self.notSupported }
      let hostBytes: Range<Int>
      switch bytes[3] {
      case 1: hostBytes = 4..<8
      case 3: hostBytes = 5..<(5 + Int(bytes[4]))
      case 4: hostBytes = 4..<20
      default: return Self.notSupported
      }
      let count = hostBytes.upperBound + 2
      guard bytes.count >= count else { return .wait }
      self.state = .done
      let host =
        bytes[3] == 3
        ? String(decoding: bytes[hostBytes], as: UTF8.self)
        : bytes[hostBytes].map { "\($0)" }.joined(separator: ".")
      return .connect(
        consumed: count, host: host,
        port: UInt16(bytes[count - 2]) << 8 | UInt16(bytes[count - 1]))
    case .done: return .wait
    }
  }
}
