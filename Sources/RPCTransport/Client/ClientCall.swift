internal import Networking
internal import RPC

/// A call that a client has sent: what its connection tells it.
@NetworkActor
protocol ClientCall: AnyObject {
  /// When it fails with `DEADLINE_EXCEEDED`.
  var deadline: ContinuousClock.Instant? { get }
  /// What is told beside the response, if the caller wants to know.
  var response: RPCResponseMetadata? { get }
  /// A message has come, and more may.
  func received(_ message: [UInt8])
  /// The call is over. A success may have a last message.
  func ended(_ result: Result<[UInt8]?, any Error>)
}

/// A call with one response.
@NetworkActor
final class ClientUnaryCall: ClientCall {
  let deadline: ContinuousClock.Instant?
  let response: RPCResponseMetadata?
  private var result: Result<[UInt8], any Error>?
  private var waiting: CheckedContinuation<[UInt8], any Error>?

  init(deadline: ContinuousClock.Instant?, response: RPCResponseMetadata?) {
    self.deadline = deadline
    self.response = response
  }

  func received(_ message: [UInt8]) {
    preconditionFailure("the protocol machine gives a call with one response no stream")
  }

  func ended(_ result: Result<[UInt8]?, any Error>) {
    let result = result.map { $0 ?? [] }
    if let waiting {
      self.waiting = nil
      waiting.resume(with: result)
    } else {
      self.result = result
    }
  }

  /// Gives the response to `continuation`, now or when it comes. Called once.
  func wait(_ continuation: CheckedContinuation<[UInt8], any Error>) {
    if let result { continuation.resume(with: result) } else { self.waiting = continuation }
  }
}

/// A call with a stream of responses.
@NetworkActor
final class ClientStreamingCall: ClientCall {
  let deadline: ContinuousClock.Instant?
  let response: RPCResponseMetadata?
  let responses: MessageQueue
  /// Whether anything has come back: then the call cannot be repeated.
  private(set) var hasReceived = false

  init(
    deadline: ContinuousClock.Instant?, response: RPCResponseMetadata?, responses: MessageQueue
  ) {
    self.deadline = deadline
    self.response = response
    self.responses = responses
  }

  func received(_ message: [UInt8]) {
    self.hasReceived = true
    self.responses.append(message)
  }

  func ended(_ result: Result<[UInt8]?, any Error>) {
    switch result {
    case .success(let last):
      self.hasReceived = true
      if let last { self.responses.append(last) }
      self.responses.finish()
    case .failure(let error): self.responses.finish(.failure(error))
    }
  }
}
