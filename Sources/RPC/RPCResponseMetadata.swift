internal import Synchronization

/// What a service says beside its responses: metadata known when the response begins, and trailers known at its end.
///
/// A handler finds one in ``RPCContext/response``; a caller that wants to know passes one in ``RPCOptions/response``. They travel
/// between peers that speak `verbatim-rpc/1`; to others they are not sent.
public final class RPCResponseMetadata: Sendable {
  private let isBusy = Atomic<Bool>(false)
  // Safety: touched only while `isBusy` is this thread's, which lasts for one assignment: shorter than any lock's own work. Each
  // call has one of these, so a lock with memory of its own would cost more than all else here.
  private nonisolated(unsafe) var pairs: (metadata: RPCMetadata, trailers: RPCMetadata)?

  /// Creates one that says nothing.
  public init() {}

  /// Known when the response begins. A stream's are sent with its first message; changes after that are not.
  public var metadata: RPCMetadata {
    get { self.withPairs { $0?.metadata ?? RPCMetadata() } }
    set { self.withPairs { $0 = (newValue, $0?.trailers ?? RPCMetadata()) } }
  }

  /// Known at the end of the response, whether it is a success or not.
  public var trailers: RPCMetadata {
    get { self.withPairs { $0?.trailers ?? RPCMetadata() } }
    set { self.withPairs { $0 = ($0?.metadata ?? RPCMetadata(), newValue) } }
  }

  /// Whether there is nothing to send.
  package var isEmpty: Bool {
    self.withPairs { $0.map { $0.metadata.isEmpty && $0.trailers.isEmpty } ?? true }
  }

  private func withPairs<Result>(
    _ body: (inout (metadata: RPCMetadata, trailers: RPCMetadata)?) -> Result
  ) -> Result {
    while !self.isBusy.compareExchange(
      expected: false, desired: true, ordering: .acquiring
    ).exchanged {}
    defer { self.isBusy.store(false, ordering: .releasing) }
    return body(&self.pairs)
  }
}
