internal import Glibc

/// Where log lines go.
public struct LogSink: Sendable {
  /// How lines look.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    /// One JSON object a line, for collectors.
    case json
    /// For people at a terminal.
    case text
  }

  /// Called for each line, from any thread, possibly at the same time.
  public let write: @Sendable (LogLine) -> Void

  public init(_ write: @escaping @Sendable (LogLine) -> Void) { self.write = write }

  /// Nowhere.
  public static let discard = LogSink { _ in }

  /// Standard error, one `write(2)` a line: lines of several threads and processes do not mix
  /// as long as they are shorter than a pipe's atomic size (4,096 bytes on Linux).
  public static func standardError(_ format: Format) -> LogSink {
    LogSink { line in
      Self.write(format == .json ? line.json() : line.text(), to: STDERR_FILENO)
    }
  }

  /// How often a full pipe is waited for (each time 10 ms) before the rest of a line is dropped: a reader of
  /// the log that stands still must not stop the service.
  private static let maxWaits = 100

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var written = 0
    var waits = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
      }
      if count >= 0 {
        written += count
      } else if errno == EAGAIN, waits < Self.maxWaits {
        waits += 1
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = Glibc.poll(&poll, 1, 10)
      } else if errno != EINTR {
        // There is nowhere left to tell it.
        return
      }
    }
  }
}
