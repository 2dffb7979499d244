internal import HTTPServer
internal import Networking

/// One client that speaks HTTP/2: moves bytes between a stream and the machine, and lets a handler answer.
@NetworkActor
final class HTTP2ServerConnection {
  typealias Handler = @NetworkActor @Sendable (HTTPRequest) async -> SimulatedAnswer

  let id: UInt64
  private let stream: Stream
  private let handler: Handler
  private let onEnd: @NetworkActor (HTTP2ServerConnection) -> Void
  private var machine = HTTP2ServerMachine()
  /// Handlers that run, by stream.
  private var calls: [UInt32: Task<Void, Never>] = [:]
  /// The call that ended last: one that never waits ends before it could be noted.
  private var endedCall: UInt32?
  private var isClosed = false

  init(
    id: UInt64, stream: Stream, handler: @escaping Handler,
    onEnd: @escaping @NetworkActor (HTTP2ServerConnection) -> Void
  ) {
    self.id = id
    self.stream = stream
    self.handler = handler
    self.onEnd = onEnd
    stream.onClose = { [weak self] _ in self?.closed() }
    stream.onDrained = { [weak self] in self?.sendMore() }
    stream.onReceive = { [weak self] in self?.received($0) }
  }

  /// Closes now; running handlers are cancelled.
  func close() { self.stream.close(HTTPAborted()) }

  private func received(_ buffer: ByteBuffer) {
    do throws(HTTP2Error) {
      for event in try self.machine.received(buffer, into: self.stream.outbound) {
        switch event {
        case .request(let id, let request): self.answer(id, request)
        case .cancelled(let id): self.calls.removeValue(forKey: id)?.cancel()
        }
      }
      self.stream.flush()
    } catch {
      buffer.clear()
      self.stream.flush()
      // Orderly, so that GOAWAY arrives.
      self.stream.close()
    }
  }

  private func answer(_ id: UInt32, _ request: HTTPRequest) {
    var request = request
    request.connectionID = self.id
    request.peerPort = self.stream.peerPort
    request.peerAddress = self.stream.peerAddress
    // A task of its own, because the callback that brought the bytes cannot wait; cancelled when its stream is reset or
    // the connection ends.
    let call = Task.immediate { @NetworkActor in
      let answer = await self.handler(request)
      self.calls[id] = nil
      self.endedCall = id
      self.machine.respond(
        id, with: answer.response, isCut: answer.isCut, isHead: request.method == "HEAD",
        into: self.stream.outbound)
      self.stream.flush()
    }
    if self.endedCall != id { self.calls[id] = call }
  }

  private func sendMore() {
    guard self.machine.hasBodies else { return }
    self.machine.send(into: self.stream.outbound)
    self.stream.flush()
  }

  private func closed() {
    guard !self.isClosed else { return }
    self.isClosed = true
    for call in self.calls.values { call.cancel() }
    self.calls = [:]
    self.onEnd(self)
  }
}
