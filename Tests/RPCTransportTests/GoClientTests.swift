internal import Foundation
internal import Networking
internal import RPC
internal import TestKit
internal import Testing

/// A client that shares no code with us: containerd's ttrpc library for Go, over mutual TLS.
@Suite(
  "Go client",
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"),
  .enabled(if: GoClient.isBuildable, "\(GoClient.missingReason)"))
struct GoClientTests {
  @Test("Go calls the gateway over mutual TLS, and understands answers and errors")
  func calls() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "verbatim-go-client-\(UUID().uuidString)")
    // One that cannot be removed stays in the system's temporary folder; no test depends on it.
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = try await GoClient.build(in: folder)
    let gateway = StubGateway()
    try await withStubGateway(gateway) { port in
      let certificates = try TestCertificates.shared.get()
      let (status, output) = try await GoClient.run(
        program,
        [
          "-addr", "127.0.0.1:\(port)", "-ca", certificates.authority, "-cert",
          certificates.client.certificate, "-key", certificates.client.key,
          "submit", "https://youtube.com/playlist?list=PL1", "job", "job-1",
          "search", "hello", "submit", "nonsense", "job", "job-2",
        ])
      #expect(status == 1, "the last two calls fail")
      let lines = try output.split(separator: "\n").map {
        try #require(
          JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\(output)")
      }
      try #require(lines.count == 5, "\(output)")
      let submitted = lines[0]["response"] as? [String: Any]
      #expect(submitted?["created"] as? Bool == true)
      #expect((submitted?["job"] as? [String: Any])?["id"] as? String == "job-1")
      let job = (lines[1]["response"] as? [String: Any])?["job"] as? [String: Any]
      #expect(job?["url"] as? String == "https://youtube.com/playlist?list=PL1")
      let results = (lines[2]["response"] as? [String: Any])?["results"] as? [String: Any]
      let hit = (results?["hits"] as? [[String: Any]])?.first
      #expect((hit?["video"] as? [String: Any])?["title"] as? String == "About hello")
      #expect(lines[3]["code"] as? String == "InvalidArgument")
      #expect(lines[3]["message"] as? String == "\"nonsense\" names no playlist")
      #expect(lines[4]["code"] as? String == "NotFound")
      #expect(gateway.state.metadata.first?["client"] == "go")
    }
  }
}

/// `Tests/GoClient`, built and run.
enum GoClient {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../GoClient")
  private static let needed = [
    "/usr/bin/go", "/usr/bin/protoc", "/usr/bin/protoc-gen-go",
    "/usr/share/gocode/src/github.com/containerd/ttrpc",
  ]

  static var isBuildable: Bool {
    self.needed.allSatisfy { FileManager.default.fileExists(atPath: $0) }
  }
  static let missingReason =
    "Go or its packages are missing (apt-get install golang-go golang-github-containerd-ttrpc-dev golang-goprotobuf-dev protobuf-compiler)"

  /// Builds the program into a folder; Go's own cache makes that quick from the second time on.
  static func build(in output: URL) async throws -> URL {
    let (status, text) = try await Self.run(Self.folder.appending(path: "build"), [output.path])
    try #require(status == 0, "Tests/GoClient/build failed: \(text)")
    return output.appending(path: "verbatim-client")
  }

  /// Runs a program to its end: its status, and what it wrote.
  static func run(_ program: URL, _ arguments: [String]) async throws -> (Int32, String) {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "verbatim-output-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    let handle = try FileHandle(forWritingTo: file)
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = handle
    process.standardError = handle
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in ended.resume() }
      do { try process.run() } catch { ended.resume(throwing: error) }
    }
    try handle.close()
    let text = try String(contentsOf: file, encoding: .utf8)
    try FileManager.default.removeItem(at: file)
    return (process.terminationStatus, text)
  }
}
