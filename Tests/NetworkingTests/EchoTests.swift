internal import Foundation
internal import Networking
internal import Testing

@Suite("Streams")
struct EchoTests {
  /// A folder with a CA and certificates, made by deploy/certificates; gone at the end.
  private func withCertificates(
    _ body: @NetworkActor (_ folder: String) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "verbatim-networking-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }  // A leftover folder harms nobody.
    let process = Process()
    process.executableURL =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../deploy/certificates").standardizedFileURL
    process.arguments = [folder.path]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    try await body(folder.path)
  }

  @NetworkActor
  private func context(_ folder: String, server: Bool, name: String) throws -> TLSContext {
    try TLSContext(
      server: server, certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key",
      authority: "\(folder)/ca.pem")
  }

  /// Sends everything back.
  @NetworkActor
  private func echoServer(port: UInt16, tls: TLSContext?) throws -> Listener {
    try Listener(port: port, tls: tls) { stream in
      // The stream keeps this closure, and the closure the stream, until it is closed.
      stream.onReceive = { received in
        stream.outbound.append(received.bytes)
        received.consume(received.count)
        stream.flush()
      }
    }
  }

  /// Sends `bytes` and waits until as many have come back.
  @NetworkActor
  private func echo(_ bytes: [UInt8], over stream: Networking.Stream) async throws -> [UInt8] {
    var received: [UInt8] = []
    return try await withCheckedThrowingContinuation { continuation in
      stream.onReceive = { buffer in
        received.append(contentsOf: buffer.bytes)
        buffer.consume(buffer.count)
        if received.count == bytes.count { continuation.resume(returning: received) }
      }
      stream.onClose = { error in
        if received.count < bytes.count {
          continuation.resume(throwing: error ?? NetworkClosed())
        }
      }
      stream.outbound.append(bytes)
      stream.flush()
    }
  }

  private struct NetworkClosed: Error {}

  @Test("Four megabytes come back whole over TCP and over mutual TLS", arguments: [false, true])
  @NetworkActor
  func largeEcho(encrypted: Bool) async throws {
    try await self.withCertificates { folder in
      let port: UInt16 = encrypted ? 28_417 : 28_418
      let server = try self.echoServer(
        port: port, tls: encrypted ? self.context(folder, server: true, name: "gateway") : nil)
      let stream = try await Networking.Stream.connect(
        port: port, tls: encrypted ? self.context(folder, server: false, name: "client") : nil)
      let bytes = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
      let back = try await self.echo(bytes, over: stream)
      #expect(back == bytes)
      stream.close()
      _ = server
    }
  }
}
