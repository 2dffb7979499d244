package import Protobuf

/// Messages that go out: a service's responses or a client's requests.
public struct RPCResponses<Message: Sendable>: Sendable {
  private let write: @Sendable (Message) async throws -> Void

  /// Creates a destination.
  ///
  /// - Parameter write: Takes one message; it is called by one task at a time.
  public init(_ write: @escaping @Sendable (Message) async throws -> Void) { self.write = write }

  /// Sends a message. Returns when the next one may be sent: it waits while the reader is behind.
  ///
  /// - Throws: `CancellationError` when the task is cancelled (the caller is gone, or the deadline is over),
  ///   ``RPCError`` when the message is larger than a frame. A handler lets both pass.
  public func send(_ message: Message) async throws { try await self.write(message) }
}

extension RPCResponses where Message == [UInt8] {
  /// A destination for messages, which are encoded here.
  package func encoding<M: ProtoMessage>() -> RPCResponses<M> {
    RPCResponses<M> { try await self.send($0.encoded()) }
  }
}
