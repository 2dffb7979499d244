public import Foundation

/// Programs whose exit status and messages a test looks at, run to their end; see ``TestCommand`` for those that must succeed.
public enum Program {
  /// What a program left.
  public struct Result: Sendable {
    /// Its exit status; 128 and the signal's number if a signal ended it.
    public let status: Int32
    /// Standard output, and standard error behind it.
    public let output: String
  }

  /// Runs a program on a thread of its own: Dispatch's queues share their few threads with Swift's tasks.
  ///
  /// - Parameter input: What its standard input holds.
  /// - Throws: ``TestServerError`` when it cannot be started.
  public static func run(
    _ program: URL, _ arguments: [String], input: String = ""
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Swift.Result {
            let ended = try TestCommand.end(
              [program.path] + arguments, in: FileManager.default.temporaryDirectory,
              environment: [:], input: Data(input.utf8))
            return Result(
              status: ended.status,
              output: String(decoding: ended.output + ended.errors, as: UTF8.self))
          })
      }
    }
  }
}
