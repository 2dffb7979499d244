internal import Dispatch
internal import Glibc

/// Reads the process's standard input without holding up a thread that others need.
///
/// A file, a pipe and a terminal are read alike, by a blocking read on a queue of its own. Whoever waits for it is let go
/// when its task is cancelled; the read itself ends with the process.
final class StandardInput: Sendable {
  private static let maxPieceBytes = 64 << 10

  private let queue = DispatchQueue(label: "standard input")

  /// More bytes; nil at the end, after an error, and when the task is cancelled.
  func read() async -> [UInt8]? {
    let waiting = Waiting()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard waiting.begin(continuation) else { return }
        self.queue.async { waiting.end(Self.blockingRead()) }
      }
    } onCancel: {
      waiting.end(nil)
    }
  }

  private static func blockingRead() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: Self.maxPieceBytes)
    while true {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      return count > 0 ? Array(bytes.prefix(count)) : nil
    }
  }
}

/// Somebody who waits for one read, and is told once: of its result or of the end of waiting.
private final class Waiting: @unchecked Sendable {
  // Safety: `state` is touched on `lock` only.
  private let lock = DispatchQueue(label: "standard input, waiting")
  private var continuation: CheckedContinuation<[UInt8]?, Never>?
  private var hasEnded = false

  /// - Returns: False: the wait is over already, and was told so.
  func begin(_ continuation: CheckedContinuation<[UInt8]?, Never>) -> Bool {
    self.lock.sync {
      if self.hasEnded {
        continuation.resume(returning: nil)
        return false
      }
      self.continuation = continuation
      return true
    }
  }

  func end(_ result: [UInt8]?) {
    self.lock.sync {
      self.hasEnded = true
      self.continuation?.resume(returning: result)
      self.continuation = nil
    }
  }
}
