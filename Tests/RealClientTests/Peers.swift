import Foundation
import JSON
import TestKit

/// youtube-transcript-api and yt-dlp as PyPI has them, in a Python environment of their own.
///
/// Installed once for the process, into a temporary folder; `VERBATIM_PEERS` names a Python that has them already.
struct Peers: Sendable {
  static let packages = ["youtube-transcript-api==1.2.5", "yt-dlp==2026.10.26"]
  static let missingReason =
    "Python with \(Self.packages.joined(separator: " and ")) could not be set up (apt-get install python3-venv, and pip needs PyPI)"

  /// Nil where they cannot be installed.
  static let installed: Peers? = {
    do {
      return try Peers()
    } catch {
      // The reason why tests are left out is printed with them; what exactly went wrong helps whoever sets it up.
      print("The peers could not be installed: \(error)")
      return nil
    }
  }()

  let folder: URL
  let python: String

  private init() throws {
    self.folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("verbatim-peers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    atexit { Peers.remove() }
    if let python = ProcessInfo.processInfo.environment["VERBATIM_PEERS"] {
      self.python = python
      return
    }
    do {
      try TestCommand.run(["/usr/bin/env", "python3", "-m", "venv", "venv"], in: self.folder)
      self.python = self.folder.appendingPathComponent("venv/bin/python").path
      try TestCommand.run(
        [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
          + Self.packages, in: self.folder)
    } catch {
      // What was made of it is of no use.
      try? FileManager.default.removeItem(at: self.folder)
      throw error
    }
  }

  private static func remove() {
    // Stays in the system's temporary folder where it cannot be removed.
    if let folder = Self.installed?.folder { try? FileManager.default.removeItem(at: folder) }
  }

  /// One thing to ask the simulator, or to parse.
  struct Case: Sendable {
    enum Client: String, Sendable { case transcript, playlist, subtitles, parse }

    var client: Client
    /// The proxy's user: the simulated address.
    var user = "reader"
    /// Of the video or playlist, or the path of a file.
    var id: String
  }

  /// Answers in the order of `cases`.
  func ask(_ cases: [Case], proxy: String = "127.0.0.1:1", authority: String = "")
    async throws -> [JSONValue]
  {
    let list = cases.map {
      "{\"client\":\"\($0.client.rawValue)\",\"user\":\"\($0.user)\",\"id\":\"\($0.id)\"}"
    }
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("clients.py").path
    let output = try await TestCommand.runAside(
      [self.python, script, proxy], in: self.folder,
      environment: [
        "REQUESTS_CA_BUNDLE": authority, "SSL_CERT_FILE": authority, "PYTHONDONTWRITEBYTECODE": "1",
      ],
      input: Data("[\(list.joined(separator: ","))]".utf8))
    let limits = JSONLimits(maxBytes: 64 << 20, maxDepth: 16, maxNodes: 4_000_000)
    return Array(try JSONDocument(parsing: [UInt8](output), limits: limits).root.elements)
  }
}

extension JSONValue {
  /// `[[start, duration, text]]` of the peer's answer.
  var segments: [[String]] {
    self["segments"]?.elements.map { segment in
      ["\(segment[0]?.int ?? -1)", "\(segment[1]?.int ?? -1)", segment[2]?.string ?? ""]
    } ?? []
  }
}
