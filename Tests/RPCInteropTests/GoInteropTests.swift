internal import Foundation
internal import RPC
internal import RPCInteropKit
internal import TestKit
internal import Testing

/// The cases that plain ttrpc has for unary calls, from a client that shares no code with us.
///
/// Debian's ttrpc for Go is 1.1, which has no streams.
@Suite(
  "gRPC interoperability cases, Go client", .timeLimit(.minutes(3)),
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"),
  .enabled(if: GoPrograms.isBuildable, "\(GoPrograms.missingReason)"))
struct GoInteropTests {
  @Test("Go's ttrpc library passes every case against our server")
  func cases() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "verbatim-interop-client-\(UUID().uuidString)")
    // One that cannot be removed stays in the system's temporary folder; no test depends on it.
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = try await GoPrograms.build("interop-client", in: folder)
    let certificates = try TestCertificates.shared.get()
    try await Connection.with(.plainOverTLS) { connection in
      let run = try await Program.run(
        program,
        [
          "-addr", "127.0.0.1:\(connection.port)", "-ca", certificates.authority,
          "-cert", certificates.client.certificate, "-key", certificates.client.key,
        ])
      #expect(run.status == 0, "\(run.output)")
      #expect(run.output.split(separator: "\n").count { $0.hasPrefix("PASS ") } == 9)
      // Six calls reach a handler and end well or as they are told to; the one that waits is cancelled by its deadline.
      var ended = connection.service.ended.makeAsyncIterator()
      var calls: [InteropService.Ended] = []
      while calls.count < 7, let call = await ended.next() { calls.append(call) }
      let echo = calls.first { $0.metadata["x-grpc-test-echo-initial"] != nil }
      #expect(echo?.metadata["x-grpc-test-echo-initial"] == "test_initial_metadata_value")
      #expect(echo?.metadata["x-grpc-test-echo-trailing-bin"] == "q6ur")
      #expect(calls.filter(\.wasCancelled).map(\.method) == ["StreamingInputCall"])
    }
  }
}
