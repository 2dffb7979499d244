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
    var arguments = [
      "\(scripts)/start", kind.rawValue, Self.home(folder), String(try FreePort.next()),
    ]
    if let certificates {
      let pair = certificates.server
      arguments += ["--secure", pair.certificate, pair.key, certificates.authority, password]
    }
    // It stops what did not come up.
    let url = try await Self.run(arguments, in: folder)
    let node = SearchNode(url: url, folder: folder, arguments: arguments)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(node)) } catch { result = .failure(error) }
    _ = try await Self.run(["\(scripts)/stop", Self.home(folder)], in: folder)
    return try result.get()
  }

  /// Where the server is unpacked and keeps its data.
  private static func home(_ folder: URL) -> String { folder.appendingPathComponent("node").path }

  /// SIGKILL to all of it, as a crash.
  public func kill() async throws {
    guard let folder else { throw TestServerError("the server was not started here") }
    let pid = try String(contentsOfFile: "\(Self.home(folder))/pid", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    // It is gone a little later than the signal has come.
    let script =
      "kill -9 -- -$1; for i in $(seq 100); do kill -0 -- -$1 2>/dev/null || exit 0; sleep 0.1; done"
    _ = try await Self.run(["/bin/bash", "-c", script, "kill", pid], in: folder)
  }

  /// Starts it again on the same port and data, after ``kill()``.
  public func restart() async throws {
    guard let folder else { throw TestServerError("the server was not started here") }
    _ = try await Self.run(self.arguments, in: folder)
  }

  /// The last line that it prints.
  private static func run(_ words: [String], in folder: URL) async throws -> String {
    let output = try await TestCommand.runAside(words, in: folder)
    return String(decoding: output, as: UTF8.self).split(separator: "\n").last.map(String.init)
      ?? ""
  }
}
