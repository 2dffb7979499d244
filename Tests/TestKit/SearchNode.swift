public import Foundation

/// A real search server on a free loopback port, started from the folder that `VERBATIM_SEARCH_NODES` names, or one that
/// runs already and whose address is given.
///
/// Use ``with(_:_:)``, which stops it in every case. One at a time: each is a Java virtual machine.
public struct SearchNode: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case opensearch = "opensearch-2.19.4"
    case elasticsearch = "elasticsearch-8.19.0"

    /// The environment variable with the address of one that runs.
    public var addressVariable: String {
      switch self {
      case .opensearch: "VERBATIM_TEST_OPENSEARCH_URL"
      case .elasticsearch: "VERBATIM_TEST_ELASTICSEARCH_URL"
      }
    }

    fileprivate var address: String? { ProcessInfo.processInfo.environment[self.addressVariable] }

    /// Whether tests can use one; for `.enabled(if:)`.
    public var isAvailable: Bool { self.address != nil || SearchNode.missing == nil }
  }

  /// What is missing for starting one; nil: nothing.
  fileprivate static var missing: String? {
    guard let folder = Self.folder else {
      return "VERBATIM_SEARCH_NODES does not name a folder with search servers"
    }
    guard FileManager.default.isExecutableFile(atPath: "\(folder)/start") else {
      return "there is no start script in the folder that VERBATIM_SEARCH_NODES names"
    }
    return FileManager.default.isExecutableFile(atPath: "/usr/bin/java")
      ? nil : "Java is not installed (apt-get install openjdk-17-jre-headless)"
  }

  /// Why tests that need one are left out.
  public static var missingReason: String {
    "\(Self.missing ?? ""); VERBATIM_TEST_OPENSEARCH_URL and VERBATIM_TEST_ELASTICSEARCH_URL name none that runs"
  }

  /// Whether one with TLS and users can be started.
  public static var canBeSecure: Bool { Self.missing == nil && TestCertificates.isAvailable }

  private static var folder: String? {
    ProcessInfo.processInfo.environment["VERBATIM_SEARCH_NODES"]
  }

  /// `http://localhost:…`, or `https://localhost:…`.
  public let url: String
  public let folder: URL?
  private let arguments: [String]

  /// Runs `body` with a server, and stops it if it was started for that.
  ///
  /// - Parameters:
  ///   - certificates: With TLS by its ``TestCertificates/server``, and the user `elastic`; always started anew then.
  ///   - password: Of that user.
  public static func with<Result>(
    _ kind: Kind, secure certificates: TestCertificates? = nil, password: String = "",
    _ body: (SearchNode) async throws -> Result
  ) async throws -> Result {
    if certificates == nil, let address = kind.address {
      return try await body(SearchNode(url: address, folder: nil, arguments: []))
    }
    guard let scripts = Self.folder else { throw TestServerError(Self.missingReason) }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("verbatim-search-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // A folder that cannot be removed stays in the system's temporary folder; no test depends on it.
    defer { try? FileManager.default.removeItem(at: folder) }
    var arguments = ["\(scripts)/start", kind.rawValue, folder.path, String(try FreePort.next())]
    if let certificates {
      let pair = certificates.server
      arguments += ["--secure", pair.certificate, pair.key, certificates.authority, password]
    }
    // It stops what did not come up.
    let url = try Self.run(arguments)
    let node = SearchNode(url: url, folder: folder, arguments: arguments)
    defer { node.stop() }
    return try await body(node)
  }

  /// SIGKILL to all of it, as a crash.
  public func kill() throws {
    guard let folder else { throw TestServerError("the server was not started here") }
    let pid = try String(contentsOf: folder.appendingPathComponent("pid"), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    _ = try Self.run(["/bin/kill", "-9", "--", "-\(pid)"])
  }

  /// Starts it again on the same port and data, after ``kill()``.
  public func restart() throws { _ = try Self.run(self.arguments) }

  private func stop() {
    guard let folder, let scripts = Self.folder else { return }
    // One that was killed already is nothing to stop.
    _ = try? Self.run(["\(scripts)/stop", folder.path])
  }

  /// The last line that it prints.
  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: arguments[0])
    process.arguments = Array(arguments.dropFirst())
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // The script ends; what it starts writes into files.
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw TestServerError("\(arguments[0]) \(arguments.dropFirst().first ?? "") failed")
    }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
  }
}
