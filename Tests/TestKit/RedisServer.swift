public import Foundation

/// A real redis-server on a free loopback port, in a temporary folder of its own; it ends with ``stop()``.
///
/// Use ``with(arguments:_:)``, which stops it in every case.
public final class RedisServer: @unchecked Sendable {
  // Safety: `process` changes only in start, kill and stop, which one test calls one after another.

  /// Where Debian and most others install it.
  private static let candidates = [
    "/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server",
  ]
  private static var executable: String? {
    Self.candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Whether tests can start one; for `.enabled(if:)`.
  public static var isInstalled: Bool { Self.executable != nil }
  /// Why tests that need one are left out.
  public static let missingReason = "redis-server is not installed (apt-get install redis-server)"

  public let port: UInt16
  public let folder: URL
  /// Not yet those that every server gets.
  private let arguments: [String]
  /// A script that starts redis-server in the folder that is its first argument; nil: redis-server itself.
  private let script: URL?
  private var process: Process?

  /// Starts a server that is safe for work (`noeviction`, append-only file) unless `arguments` say otherwise.
  ///
  /// - Parameters:
  ///   - arguments: Options of redis-server, such as `["--maxmemory", "10mb"]`.
  ///   - script: Starts the server in its place, such as `deploy/redis/start`: called with the folder and all options.
  public init(arguments: [String] = [], script: URL? = nil) throws {
    self.folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("verbatim-redis-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    self.arguments = arguments
    self.script = script
    var lastError: any Error = TestServerError("no free port was found")
    for _ in 0..<5 {
      let port = try FreePort.next()
      do {
        let process = try Self.launch(port, self.folder, arguments, script)
        self.port = port
        self.process = process
        return
      } catch {
        // Somebody else may have taken the port meanwhile.
        lastError = error
      }
    }
    throw lastError
  }

  /// The name that a sentinel has for the primary it watches.
  public static let primaryName = "verbatim"

  /// Starts a sentinel that watches `primary`, and makes a replica the primary half a second after it died.
  public static func sentinel(of primary: RedisServer) throws -> RedisServer {
    try RedisServer(
      arguments: [
        "--sentinel", "monitor \(Self.primaryName) 127.0.0.1 \(primary.port) 1",
        "--sentinel", "down-after-milliseconds \(Self.primaryName) 300",
        "--sentinel", "failover-timeout \(Self.primaryName) 1000",
      ])
  }

  /// Runs `body` with a fresh server, and stops it.
  public static func with<Result>(
    arguments: [String] = [], _ body: (RedisServer) async throws -> Result
  ) async throws -> Result {
    let server = try RedisServer(arguments: arguments)
    defer { server.stop() }
    return try await body(server)
  }

  /// SIGKILL, as a crash.
  public func kill() {
    guard let process else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    self.process = nil
  }

  /// Stops the process where it is, or lets it go on.
  public func pause(_ paused: Bool) {
    guard let process else { return }
    Foundation.kill(process.processIdentifier, paused ? SIGSTOP : SIGCONT)
  }

  /// Starts it again on the same port and folder, after ``kill()``.
  public func restart() throws {
    self.kill()
    self.process = try Self.launch(self.port, self.folder, self.arguments, self.script)
  }

  /// Ends the server and removes its folder.
  public func stop() {
    self.pause(false)
    self.kill()
    // A folder that cannot be removed stays in the system's temporary folder; no test depends on it.
    try? FileManager.default.removeItem(at: self.folder)
  }

  private static func launch(
    _ port: UInt16, _ folder: URL, _ arguments: [String], _ script: URL?
  ) throws -> Process {
    guard let executable = Self.executable else { throw TestServerError(Self.missingReason) }
    let process = Process()
    process.executableURL = script ?? URL(fileURLWithPath: executable)
    process.arguments =
      (script == nil ? [] : [folder.path]) + (try Self.options(port, folder, arguments))
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // A server says nothing when it is ready: asking is the only way to know.
    for _ in 0..<500 {
      let answers = Self.answers(port)
      // One that answers although ours has ended is somebody else's.
      guard process.isRunning else { break }
      if answers { return process }
      usleep(10_000)
    }
    Foundation.kill(process.processIdentifier, SIGKILL)
    let log =
      (try? String(contentsOf: folder.appendingPathComponent("redis.log"), encoding: .utf8)) ?? ""
    throw TestServerError("redis-server did not start on port \(port): \(log.suffix(500))")
  }

  private static func options(
    _ port: UInt16, _ folder: URL, _ arguments: [String]
  ) throws -> [String] {
    let common = [
      "--port", String(port), "--bind", "127.0.0.1", "--dir", folder.path,
      "--logfile", folder.appendingPathComponent("redis.log").path,
    ]
    guard arguments.first == "--sentinel" else {
      return common + [
        "--save", "", "--appendonly", "yes", "--appendfsync", "no", "--maxmemory-policy",
        "noeviction",
      ] + arguments
    }
    // A sentinel keeps what it learns in its configuration file.
    let file = folder.appendingPathComponent("sentinel.conf")
    let options = common + arguments
    let lines = stride(from: 0, to: options.count - 1, by: 2).map {
      "\(options[$0].dropFirst(2)) \(options[$0 + 1])\n"
    }
    try lines.joined().write(to: file, atomically: true, encoding: .utf8)
    return [file.path, "--sentinel"]
  }

  /// Whether PING is answered; a server that still loads its data is not ready.
  private static func answers(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = Self.loopback(port)
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { return false }
    let ping = Array("PING\r\n".utf8)
    guard send(descriptor, ping, ping.count, Int32(MSG_NOSIGNAL)) == ping.count else {
      return false
    }
    var reply = [UInt8](repeating: 0, count: 64)
    let count = recv(descriptor, &reply, reply.count, 0)
    // `+PONG`, or `-NOAUTH`: both mean that it serves.
    return count > 0 && !String(decoding: reply[..<count], as: UTF8.self).hasPrefix("-LOADING")
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}

/// A server that tests need could not be started.
public struct TestServerError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
