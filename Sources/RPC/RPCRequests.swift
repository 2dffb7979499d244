package import Protobuf

/// Messages that come in: a service's requests or a client's responses.
///
/// Nothing happens before the first iteration: iterating a client's responses makes the call, and iterating them
/// again makes another one. Leaving the loop early, or cancelling the task, ends the call. A slow reader slows the
/// sender: few messages wait in between.
public struct RPCRequests<Message: Sendable>: AsyncSequence, Sendable {
  /// What is iterated.
  public typealias Element = Message
  /// Gives the next message, nil at the end, or throws how the call failed.
  public typealias Read = @Sendable () async throws -> Message?

  private let makeRead: @Sendable () -> Read

  /// Creates a sequence.
  ///
  /// - Parameter makeRead: Begins an iteration. What it returns is called by one task at a time.
  public init(_ makeRead: @escaping @Sendable () -> Read) { self.makeRead = makeRead }

  /// A sequence of messages that are there already; for tests of services.
  public init(_ messages: [Message]) {
    self.init {
      let position = Position()
      return { position.next(below: messages.count).map { messages[$0] } }
    }
  }

  /// Begins an iteration.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(read: self.makeRead()) }

  /// One iteration.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let read: Read

    /// The next message; nil at the end.
    ///
    /// - Throws: ``RPCError``: how the call failed.
    public mutating func next() async throws -> Message? { try await self.read() }

    /// The next message; nil at the end.
    ///
    /// - Throws: ``RPCError``: how the call failed.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Message? {
      try await self.read()
    }
  }
}

/// A position in an array.
///
/// Safety: an iteration is used by one task at a time, which is what its owner promises.
private final class Position: @unchecked Sendable {
  private var value = 0

  func next(below count: Int) -> Int? {
    guard self.value < count else { return nil }
    self.value += 1
    return self.value - 1
  }
}

extension RPCRequests where Message == [UInt8] {
  /// The messages decoded, one by one as they are asked for.
  package func decoding<M: ProtoMessage>(_ type: M.Type) -> RPCRequests<M> {
    RPCRequests<M> {
      let read = self.makeAsyncIterator().read
      return { try await read().map { try M(received: $0) } }
    }
  }
}
