public import Foundation

/// Runs a program to its end.
///
/// Not Foundation's `Process`: its socket manager crashes when thousands of descriptors are open, as in tests of many connections.
public enum TestCommand {
  /// Blocks until the program has ended; see ``runAside(_:in:environment:input:)``.
  ///
  /// - Parameters:
  ///   - words: The program's path and its arguments.
  ///   - environment: Added to that of the tests.
  ///   - input: What it reads.
  /// - Returns: What it has written to its output.
  /// - Throws: ``TestServerError`` with the end of what it has complained of, when it cannot be started or fails.
  @discardableResult
  public static func run(
    _ words: [String], in folder: URL, environment: [String: String] = [:], input: Data = Data()
  ) throws -> Data {
    let ended = try Self.end(words, in: folder, environment: environment, input: input)
    guard ended.status == 0 else {
      let text = String(decoding: ended.errors.suffix(500), as: UTF8.self)
      throw TestServerError("\(words.joined(separator: " ")): \(text)")
    }
    return ended.output
  }

  /// What a program left.
  struct Ended {
    /// Its exit status; 128 and the signal's number if a signal ended it.
    let status: Int32
    let output: Data
    let errors: Data
  }

  /// Blocks until the program has ended, well or not.
  static func end(
    _ words: [String], in folder: URL, environment: [String: String], input: Data
  ) throws -> Ended {
    let files = ["in", "out", "err"].map {
      folder.appendingPathComponent("\(UUID().uuidString).\($0)")
    }
    defer {
      // One that cannot be removed goes with its folder.
      for file in files { try? FileManager.default.removeItem(at: file) }
    }
    try input.write(to: files[0])
    // The folder is the shell's business: `posix_spawn` has no portable way to choose it.
    let shell = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path] + words
    var variables = ProcessInfo.processInfo.environment
    variables.merge(environment) { $1 }
    let arguments = shell.map { strdup($0) } + [nil]
    let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for word in arguments + settings { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, files[0].path, O_RDONLY, 0)
    for (number, file) in [(Int32(1), files[1]), (Int32(2), files[2])] {
      posix_spawn_file_actions_addopen(&actions, number, file.path, O_WRONLY | O_CREAT, 0o600)
    }
    var process = pid_t()
    guard posix_spawn(&process, "/bin/sh", &actions, nil, arguments, settings) == 0 else {
      throw TestServerError("\(words[0]) could not be started")
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return Ended(
      status: signal == 0 ? (status >> 8) & 0xff : 128 + signal,
      output: try Data(contentsOf: files[1]), errors: try Data(contentsOf: files[2]))
  }

  /// As ``run(_:in:environment:input:)``, on a thread of its own: for programs that ask a server of the same test.
  public static func runAside(
    _ words: [String], in folder: URL, environment: [String: String] = [:], input: Data = Data()
  ) async throws -> Data {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            try Self.run(words, in: folder, environment: environment, input: input)
          })
      }
    }
  }
}
