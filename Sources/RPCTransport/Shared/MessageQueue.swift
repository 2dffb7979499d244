internal import Networking

/// Messages of one stream that have arrived and nobody has taken, with the stream's end behind them.
///
/// Bounded by stopping the connection: above `maxBytes` it holds its connection's ``ReadGate``, and below half of that it
/// lets go. On a connection without windows that is all there is; it delays the other calls of the connection.
@NetworkActor
final class MessageQueue {
  private let gate: ReadGate
  private let maxBytes: Int
  private var messages: [[UInt8]] = []
  private var first = 0
  private var bytes = 0
  private var holdsGate = false
  private var end: Result<Void, any Error>?
  private var reader: CheckedContinuation<[UInt8]?, any Error>?

  /// A message counts at least this much, so that empty ones are bounded too.
  private static let minMessageBytes = 64

  init(gate: ReadGate, maxBytes: Int) {
    self.gate = gate
    self.maxBytes = maxBytes
  }

  /// Puts a message in. After the end it is dropped.
  func append(_ message: [UInt8]) {
    guard self.end == nil else { return }
    if let reader {
      self.reader = nil
      reader.resume(returning: message)
      return
    }
    self.messages.append(message)
    self.bytes += Self.cost(message)
    if self.bytes > self.maxBytes, !self.holdsGate {
      self.holdsGate = true
      self.gate.hold()
    }
  }

  /// Puts a message before all others; only before anything was taken.
  func prepend(_ message: [UInt8]) {
    self.messages.insert(message, at: self.first)
    self.bytes += Self.cost(message)
  }

  /// Says that nothing more comes; with an error, once what is there has been taken. Only the first end counts.
  func finish(_ end: Result<Void, any Error> = .success(())) {
    guard self.end == nil else { return }
    self.end = end
    guard let reader else { return }
    self.reader = nil
    reader.resume(with: end.map { nil })
  }

  /// Throws away what is there and ends with `error`.
  func abort(_ error: any Error) {
    self.messages = []
    self.first = 0
    self.bytes = 0
    self.letGo()
    if self.end == nil { self.finish(.failure(error)) } else { self.end = .failure(error) }
  }

  /// The next message, nil at the end.
  ///
  /// - Throws: The end's error, and `CancellationError` when the task is cancelled while it waits.
  func next() async throws -> [UInt8]? {
    if self.first < self.messages.count { return self.take() }
    precondition(self.reader == nil, "a stream has one reader")
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { self.wait($0) }
    } onCancel: {
      onNetworkThread { self.readerCancelled() }
    }
  }

  /// Looks again, because an `await` may let others run even before its operation begins.
  private func wait(_ continuation: CheckedContinuation<[UInt8]?, any Error>) {
    if self.first < self.messages.count {
      continuation.resume(returning: self.take())
    } else if let end {
      continuation.resume(with: end.map { nil })
    } else if Task.isCancelled {
      continuation.resume(throwing: CancellationError())
    } else {
      self.reader = continuation
    }
  }

  private func readerCancelled() {
    guard let reader else { return }
    self.reader = nil
    reader.resume(throwing: CancellationError())
  }

  private func take() -> [UInt8] {
    let message = self.messages[self.first]
    self.messages[self.first] = []
    self.first += 1
    if self.first == self.messages.count {
      self.messages.removeAll(keepingCapacity: true)
      self.first = 0
    }
    self.bytes -= Self.cost(message)
    if self.bytes <= self.maxBytes / 2 { self.letGo() }
    return message
  }

  private func letGo() {
    guard self.holdsGate else { return }
    self.holdsGate = false
    self.gate.release()
  }

  private static func cost(_ message: [UInt8]) -> Int { max(message.count, self.minMessageBytes) }
}
