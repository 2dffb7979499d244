internal import Foundation
internal import Networking
internal import RPC
internal import TestKit
internal import Testing

/// A client that shares no code with us: containerd's ttrpc library for Go, over mutual TLS.
@Suite(
  "Go client",
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"),
  .enabled(if: GoPrograms.isBuildable, "\(GoPrograms.missingReason)"))
struct GoClientTests {
  @Test("Go calls the gateway over mutual TLS, and understands answers and errors")
  func calls() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "verbatim-go-client-\(UUID().uuidString)")
    // One that cannot be removed stays in the system's temporary folder; no test depends on it.
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = try await GoPrograms.build("verbatim-client", in: folder)
    let gateway = StubGateway()
    try await withStubGateway(gateway) { port in
      let certificates = try TestCertificates.shared.get()
      let run = try await Program.run(
        program,
        [
          "-addr", "127.0.0.1:\(port)", "-ca", certificates.authority, "-cert",
          certificates.client.certificate, "-key", certificates.client.key,
          "submit", "https://youtube.com/playlist?list=PL1", "job", "job-1",
          "search", "hello", "submit", "nonsense", "job", "job-2",
        ])
      #expect(run.status == 1, "the last two calls fail")
      let lines = try run.output.split(separator: "\n").map {
        try #require(
          JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\(run.output)")
      }
      try #require(lines.count == 5, "\(run.output)")
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
