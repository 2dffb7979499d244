public import Networking

/// Writes the body of one response bit by bit. Only valid inside the closure it was given to.
@NetworkActor
public final class HTTPBodyWriter {
  private let connection: HTTPServerConnection
  private let framing: Framing
  /// Bytes of body written so far.
  public private(set) var count = 0

  /// How the client finds the end of the body.
  enum Framing {
    case length(Int)
    case chunked
    case untilClose
    /// A reply to HEAD: nothing is sent, whatever is written.
    case none
  }

  init(_ connection: HTTPServerConnection, _ framing: Framing) {
    self.connection = connection
    self.framing = framing
  }

  /// Sends `bytes`, and waits while the client is further behind than `maxUnsentBytes`.
  ///
  /// - Throws: ``HTTPAborted`` when the client has gone, or when more is written than was promised.
  public func write(_ bytes: [UInt8]) async throws {
    guard !bytes.isEmpty else { return }
    self.count += bytes.count
    switch self.framing {
    case .none: return
    case .length(let length):
      guard self.count <= length else { throw HTTPAborted() }
      try self.connection.send(bytes)
    case .untilClose: try self.connection.send(bytes)
    case .chunked:
      try self.connection.send(Array("\(String(bytes.count, radix: 16))\r\n".utf8))
      try self.connection.send(bytes)
      try self.connection.send([0x0d, 0x0a])
    }
    try await self.connection.waitForRoom()
  }

  /// Ends the body. False: it is shorter than promised, the connection has to be cut.
  func finish() throws -> Bool {
    switch self.framing {
    case .none, .untilClose: return true
    case .length(let length): return self.count == length
    case .chunked:
      try self.connection.send(Array("0\r\n\r\n".utf8))
      return true
    }
  }
}
