internal import RPC
internal import Networking
internal import WireProtocol

/// A call that a server answers.
@NetworkActor
final class ServerCall {
  let id: StreamID
  nonisolated let route: Route
  let started: ContinuousClock.Instant
  /// When the handler is stopped. The context has it too, unless it is only the server's own limit for streams.
  let deadline: ContinuousClock.Instant
  /// Bytes of the request, held until the call has ended.
  let requestBytes: Int
  /// Messages after the first; nil for a method that takes one.
  let input: MessageQueue?
  /// Where the handler waits for credit; nil on connections without windows, and for methods with one response.
  let credit: CreditGate?
  /// What the handler says beside its response; nil: the client would not understand it.
  let response: RPCResponseMetadata?
  /// Whether the first message, or what goes before it, was written.
  var hasBegunToAnswer = false
  /// The task that runs the handler.
  var task: Task<Void, Never>?
  /// The message of a call that has one response and is answered as a stream.
  var onlyMessage: [UInt8]?
  /// Set when the handler has returned.
  var hasEnded = false
  /// Set when the call is over for its client before its handler has returned.
  private(set) var abandonedWith: RPCStatusCode?

  init(
    _ id: StreamID, _ route: Route, requestBytes: Int,
    started: ContinuousClock.Instant, deadline: ContinuousClock.Instant, input: MessageQueue?,
    credit: CreditGate?, response: RPCResponseMetadata?
  ) {
    self.deadline = deadline
    self.id = id
    self.route = route
    self.requestBytes = requestBytes
    self.started = started
    self.input = input
    self.credit = credit
    self.response = response
  }

  /// Stops the handler: nobody waits for it any more.
  func abandon(_ code: RPCStatusCode) {
    guard self.abandonedWith == nil else { return }
    self.abandonedWith = code
    self.task?.cancel()
    self.input?.abort(CancellationError())
    self.credit?.fail(CancellationError())
  }
}
