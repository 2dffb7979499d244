import Foundation

/// One process that a test started, and ends.
final class ServiceProcess {
  let name: String
  /// Where it serves.
  let port: UInt16
  private let hasHealthCheck: Bool
  private let log: URL
  private let executable: URL
  private let arguments: [String]
  /// Beside this process' own.
  private let environment: [String: String]
  private var process: Process

  init(
    name: String, executable: URL, arguments: [String], environment: [String: String] = [:],
    port: UInt16, hasHealthCheck: Bool, folder: URL
  ) throws {
    self.name = name
    self.port = port
    self.hasHealthCheck = hasHealthCheck
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.log = folder.appendingPathComponent("\(name).log")
    self.process = try Self.launch(executable, arguments, environment, self.log)
  }

  deinit { self.kill() }

  var processID: Int32 { self.process.processIdentifier }
  var isRunning: Bool { self.process.isRunning }

  /// SIGKILL: nothing gets a chance to clean up.
  func kill() {
    guard self.process.isRunning else { return }
    Foundation.kill(self.process.processIdentifier, SIGKILL)
    self.process.waitUntilExit()
  }

  /// SIGSTOP or SIGCONT.
  func pause(_ paused: Bool) {
    Foundation.kill(self.process.processIdentifier, paused ? SIGSTOP : SIGCONT)
  }

  /// Such as SIGHUP.
  func signal(_ number: Int32) { Foundation.kill(self.process.processIdentifier, number) }

  /// SIGTERM, and waits for the end.
  ///
  /// - Returns: The exit status.
  @discardableResult
  func stop() -> Int32 {
    if self.process.isRunning { self.process.terminate() }
    self.process.waitUntilExit()
    return self.process.terminationStatus
  }

  /// Starts it again with the same arguments, as a supervisor would.
  func restart() throws {
    self.kill()
    self.process = try Self.launch(self.executable, self.arguments, self.environment, self.log)
  }

  /// What the program's own `healthcheck` says.
  func readiness() async -> (isReady: Bool, text: String) {
    guard self.hasHealthCheck else { return (true, "") }
    let probe = Process()
    probe.executableURL = self.executable
    probe.arguments = ["healthcheck"] + self.arguments
    let output = Pipe()
    probe.standardError = output
    do { try probe.run() } catch { return (false, "\(self.name) cannot be started: \(error)") }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    probe.waitUntilExit()
    return (probe.terminationStatus == 0, text)
  }

  func isReady() async -> Bool { await self.readiness().isReady }

  /// The last lines of the log, for messages of failed tests.
  var lastWords: String { self.lines.suffix(20).joined(separator: "\n") }

  /// The lines of the log.
  var lines: [Substring] {
    // A log that is not there yet has no words.
    let text = (try? String(contentsOf: self.log, encoding: .utf8)) ?? ""
    return text.split(separator: "\n")
  }

  /// Waits until so many lines of the log hold `text`.
  ///
  /// - Returns: The last of them.
  @discardableResult
  func waitForLine(_ text: String, count: Int = 1) async throws -> String {
    while self.isRunning {
      let found = self.lines.filter { $0.contains(text) }
      if found.count >= count, let last = found.last { return String(last) }
      // A process of its own tells nothing when it writes: looking is the only way to know.
      try await Task.sleep(for: .milliseconds(10), clock: .continuous)
    }
    throw ClusterError("\(self.name) ended without \"\(text)\":\n\(self.lastWords)")
  }

  private static func launch(
    _ executable: URL, _ arguments: [String], _ environment: [String: String], _ log: URL
  ) throws -> Process {
    if !FileManager.default.fileExists(atPath: log.path) {
      try Data().write(to: log)
    }
    let output = try FileHandle(forWritingTo: log)
    try output.seekToEnd()
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    return process
  }
}
