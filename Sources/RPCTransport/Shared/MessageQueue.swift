internal import Networking
internal import WireProtocol

/// Messages of one stream that have arrived and nobody has taken, with the stream's end behind them.
///
/// With windows the sender's credit bounds it, and ``onTaken`` tells what may be given back. Without, it stops the connection: above `maxBytes`
/// it holds its connection's ``ReadGate``, and below half of that it lets go, which delays the other calls of the connection.
@NetworkActor
final class MessageQueue {
  /// Nil: there are windows.
  private let gate: ReadGate?
  private let maxBytes: Int
  private var messages: [[UInt8]] = []
  private var first = 0
  private var bytes = 0
  private var holdsGate = false
  private var end: Result<Void, any Error>?
  private var reader: CheckedContinuation<Void, any Error>?
  /// What of the first message is not the window's: it came with its Request.
  private var freeBytes = 0
  /// Told what taken messages had used of the window.
  var onTaken: (@NetworkActor (Int) -> Void)?

  init(gate: ReadGate?, maxBytes: Int) {
    self.gate = gate
    self.maxBytes = maxBytes
  }

  /// Puts a message in. After the end it is dropped.
  func append(_ message: [UInt8]) {
    guard self.end == nil else { return }
    self.messages.append(message)
    self.bytes += messageCost(message.count)
    if let gate, self.bytes > self.maxBytes, !self.holdsGate {
      self.holdsGate = true
      gate.hold()
    }
    self.resumeReader(.success(()))
  }

  /// Puts a message before all others; only before anything was taken.
  func prepend(_ message: [UInt8]) {
    self.messages.insert(message, at: self.first)
    self.bytes += messageCost(message.count)
    self.freeBytes = messageCost(message.count)
  }

  /// Says that nothing more comes; with an error, once what is there has been taken. Only the first end counts.
  func finish(_ end: Result<Void, any Error> = .success(())) {
    guard self.end == nil else { return }
    self.end = end
    self.resumeReader(.success(()))
  }

  /// Throws away what is there and ends with `error`.
  func abort(_ error: any Error) {
    self.clear()
    if self.end == nil { self.finish(.failure(error)) } else { self.end = .failure(error) }
  }

  /// The next message, nil at the end.
  ///
  /// - Throws: The end's error, and `CancellationError` when the task is cancelled while it waits.
  func next() async throws -> [UInt8]? {
    while self.first == self.messages.count {
      if let end { return try end.map { nil }.get() }
      try await self.wait()
    }
    return self.take()
  }

  /// All messages that are there, waiting for one if there is none; nil at the end. Throws as ``next()`` does.
  func nextBatch() async throws -> [[UInt8]]? {
    while self.first == self.messages.count {
      if let end { return try end.map { nil }.get() }
      try await self.wait()
    }
    let batch = self.first == 0 ? self.messages : Array(self.messages[self.first...])
    let taken = self.bytes
    self.clear()
    self.taken(taken)
    return batch
  }

  /// Waits for a message or the end.
  private func wait() async throws {
    precondition(self.reader == nil, "a stream has one reader")
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        // Looks again, because an `await` may let others run even before its operation begins.
        if self.first < self.messages.count || self.end != nil {
          $0.resume()
        } else if Task.isCancelled {
          $0.resume(throwing: CancellationError())
        } else {
          self.reader = $0
        }
      }
    } onCancel: {
      onNetworkThread { self.resumeReader(.failure(CancellationError())) }
    }
  }

  private func resumeReader(_ result: Result<Void, any Error>) {
    guard let reader else { return }
    self.reader = nil
    reader.resume(with: result)
  }

  private func clear() {
    self.messages.removeAll(keepingCapacity: true)
    self.first = 0
    self.bytes = 0
    self.letGo()
  }

  private func take() -> [UInt8] {
    let message = self.messages[self.first]
    self.messages[self.first] = []
    self.first += 1
    if self.first == self.messages.count {
      self.messages.removeAll(keepingCapacity: true)
      self.first = 0
    }
    let cost = messageCost(message.count)
    self.bytes -= cost
    if self.bytes <= self.maxBytes / 2 { self.letGo() }
    self.taken(cost)
    return message
  }

  private func taken(_ bytes: Int) {
    let counted = bytes - self.freeBytes
    self.freeBytes = 0
    if counted > 0 { self.onTaken?(counted) }
  }

  private func letGo() {
    guard self.holdsGate else { return }
    self.holdsGate = false
    self.gate?.release()
  }
}
