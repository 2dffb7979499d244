public import Foundation

/// Programs that are not ours, run to their end.
///
/// Started by `posix_spawn`: Foundation's `Process` loses the end of one of several that run at once, and crashes while a test
/// holds thousands of descriptors.
public enum Program {
  /// What a program left.
  public struct Result: Sendable {
    /// Its exit status; 128 and the signal's number if a signal ended it.
    public let status: Int32
    /// Standard output and standard error together.
    public let output: String
  }

  /// Runs a program to its end, and waits without holding a thread up that tests need.
  ///
  /// - Parameter input: What its standard input holds.
  /// - Throws: ``TestServerError`` when it cannot be started.
  public static func run(
    _ program: URL, _ arguments: [String], input: String = ""
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      // A thread of its own: Dispatch's queues share their few threads with Swift's tasks.
      Thread.detachNewThread {
        continuation.resume(
          with: Swift.Result { try Self.runBlocking(program.path, arguments, input: input) })
      }
    }
  }

  /// Runs a program to its end; the calling thread waits.
  ///
  /// - Parameter folder: Where it runs; nil: where this process does.
  static func runBlocking(
    _ program: String, _ arguments: [String], in folder: String? = nil, input: String = ""
  ) throws -> Result {
    // Files, not pipes: a pipe that nobody empties holds its program up.
    let inputFile = try Self.temporaryFile()
    defer { close(inputFile) }
    let outputFile = try Self.temporaryFile()
    defer { close(outputFile) }
    let text = Array(input.utf8)
    guard write(inputFile, text, text.count) == text.count, lseek(inputFile, 0, SEEK_SET) == 0
    else { throw TestServerError("the input of \(program) cannot be written") }
    // The folder is the shell's business: `posix_spawn` has no portable way to choose it.
    let words = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder ?? ".", program] + arguments
    var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for word in argv { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, inputFile, 0)
    posix_spawn_file_actions_adddup2(&actions, outputFile, 1)
    posix_spawn_file_actions_adddup2(&actions, outputFile, 2)
    var process = pid_t()
    guard posix_spawn(&process, "/bin/sh", &actions, nil, &argv, environ) == 0 else {
      throw TestServerError("\(program) could not be started")
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return Result(
      status: signal == 0 ? (status >> 8) & 0xff : 128 + signal,
      output: try Self.content(of: outputFile))
  }

  /// A file without a name, gone when it is closed.
  private static func temporaryFile() throws -> Int32 {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "verbatim-program-\(UUID().uuidString)").path
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw TestServerError("\(path) cannot be made") }
    unlink(path)
    return file
  }

  private static func content(of file: Int32) throws -> String {
    guard lseek(file, 0, SEEK_SET) == 0 else { throw TestServerError("the output cannot be read") }
    var content: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(file, &piece, piece.count)
      guard count > 0 else { return String(decoding: content, as: UTF8.self) }
      content += piece.prefix(count)
    }
  }
}
