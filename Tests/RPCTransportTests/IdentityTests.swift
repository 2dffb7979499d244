internal import Foundation
internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import TestKit
internal import Testing

/// Callers without certificates, and certificates that change while serving.
@Suite(
  "Identity", .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
struct IdentityTests {
  /// Runs `body` with a server that asks for no certificate but for tokens, and a way to make clients of it.
  @NetworkActor
  private func withTokens(
    _ tokens: RPCTokenTable, allow: RPCAllowTable,
    _ body: @NetworkActor (RPCServer, (String?) throws -> RPCClient) async throws -> Void
  ) async throws {
    let certificates = try TestCertificates.shared.get()
    var options = RPCServerOptions()
    options.tokens = tokens
    let server = try RPCServer(
      address: "127.0.0.1", port: 0,
      tls: .server(
        certificate: certificates.server.certificate, key: certificates.server.key,
        clientAuthority: certificates.authority, requiresCertificate: false,
        protocols: RPCProtocol.names),
      services: [TestService()], options: options, allow: allow)
    let running = Task { await server.run() }
    var clients: [RPCClient] = []
    let result: Result<Void, any Error>
    do {
      try await body(server) { token in
        var options = RPCClientOptions()
        options.bearerToken = token
        let client = RPCClient(
          endpoints: [Endpoint(host: "127.0.0.1", port: server.port)],
          tls: try .client(
            authority: certificates.authority, certificate: nil, key: nil,
            protocols: RPCProtocol.names), serverName: nil, options: options)
        clients.append(client)
        return client
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    for client in clients { await client.close() }
    running.cancel()
    await running.value
    try result.get()
  }

  private static func describe(_ client: RPCClient) async throws -> String {
    try await client.unary(TestMethods.describe, ProtoStringValue(), RPCOptions()).value
  }

  /// Tokens that `deploy/token` makes, and the file.
  private func makeTokens(_ identities: [String]) async throws -> (tokens: [String], file: String) {
    let file = FileManager.default.temporaryDirectory.appending(
      path: "verbatim-tokens-\(UUID().uuidString)")
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../deploy/token")
    var tokens: [String] = []
    for identity in identities {
      let ended = try await Program.run(script, [identity, file.path])
      try #require(ended.status == 0, "\(ended.output)")
      tokens.append(ended.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return (tokens, file.path)
  }

  @Test(
    "A token made by deploy/token stands for its identity, and for no other call than that may make"
  )
  func tokens() async throws {
    let (tokens, file) = try await self.makeTokens(["spiffe://example/batch", "other"])
    // What cannot be removed stays in the system's temporary folder.
    defer { try? FileManager.default.removeItem(atPath: file) }
    let table = try RPCTokenTable(text: String(contentsOfFile: file, encoding: .utf8), name: file)
    let allow = RPCAllowTable([
      (service: "test.Service/Describe", identities: ["spiffe://example/batch"])
    ])
    try await self.withTokens(table, allow: allow) { server, client in
      let batch = try client(tokens[0])
      let text = try await Self.describe(batch)
      #expect(text.contains("spiffe://example/batch"))
      #expect(!text.contains("authorization"), "a token goes no further than the server")
      let refused = await rpcError {
        _ = try await batch.unary(TestMethods.echo, ProtoBytesValue(), RPCOptions())
      }
      #expect(refused?.code == .permissionDenied)
      let other = try client(tokens[1])
      #expect(await rpcError { _ = try await Self.describe(other) }?.code == .permissionDenied)
      for token in [nil, "", "x", tokens[0] + "0", String(tokens[0].dropLast()), "." + tokens[0]] {
        let wrong = try client(token)
        let error = await rpcError { _ = try await Self.describe(wrong) }
        #expect(error?.code == .unauthenticated, "\(token ?? "none")")
      }
      // Taken back while serving.
      server.tokens = try RPCTokenTable(text: "")
      #expect(await rpcError { _ = try await Self.describe(batch) }?.code == .unauthenticated)
    }
  }

  @Test("A certificate that is shown counts, and needs no token")
  func certificateInstead() async throws {
    let certificates = try TestCertificates.shared.get()
    try await self.withTokens(try RPCTokenTable(text: ""), allow: .anyone) { server, _ in
      let client = RPCClient(
        endpoints: [Endpoint(host: "127.0.0.1", port: server.port)],
        tls: try Transport.mutualTLS.clientTLS(), serverName: nil)
      let text = try await Self.describe(client)
      #expect(text.contains("gateway.test"))
      await client.close()
      let foreign = RPCClient(
        endpoints: [Endpoint(host: "127.0.0.1", port: server.port)],
        tls: try .client(
          authority: certificates.authority, certificate: certificates.foreign.certificate,
          key: certificates.foreign.key, protocols: RPCProtocol.names), serverName: nil)
      #expect(await rpcError { _ = try await Self.describe(foreign) }?.code == .unauthenticated)
      await foreign.close()
    }
  }

  @Test(
    "A token table that cannot be right is refused, with the line",
    arguments: [
      "a b c", "a b 00112233445566778899 00", "a b 0011 " + String(repeating: "00", count: 32),
      "a b 001122334455667 " + String(repeating: "00", count: 32),
      "a b zz112233445566778899 " + String(repeating: "00", count: 32),
    ])
  func badTable(_ line: String) {
    let error = #expect(throws: RPCTokenTable.FormatError.self) {
      try RPCTokenTable(text: "# a comment\n\n\(line)\n", name: "tokens")
    }
    #expect(error?.description.hasPrefix("tokens, line 3") == true)
  }

  @Test("An expired certificate is refused on either side, with the reason")
  func expired() async throws {
    let certificates = try TestCertificates.shared.get()
    try await withServer(.mutualTLS) { fixture in
      let client = fixture.client(
        tls: try .client(
          authority: certificates.authority, certificate: certificates.expired.certificate,
          key: certificates.expired.key, protocols: RPCProtocol.names))
      let error = await rpcError { _ = try await Self.describe(client) }
      #expect(error?.code == .unauthenticated)
      #expect(error?.message.contains("expired") == true, "\(error?.message ?? "")")
      await client.close()
      fixture.server.tls = try .server(
        certificate: certificates.expired.certificate, key: certificates.expired.key,
        clientAuthority: certificates.authority, protocols: RPCProtocol.names)
      let other = fixture.client(tls: try Transport.mutualTLS.clientTLS())
      let refusal = await rpcError { _ = try await Self.describe(other) }
      #expect(refusal?.code == .unavailable)
      #expect(refusal?.message.contains("expired") == true, "\(refusal?.message ?? "")")
      await other.close()
    }
  }

  @Test("Certificates are exchanged while serving: new connections see the new one, old ones go on")
  func reload() async throws {
    let certificates = try TestCertificates.shared.get()
    try await withServer(.mutualTLS) { fixture in
      _ = try await fixture.echo([1])
      fixture.server.tls = try .server(
        certificate: certificates.reloaded.certificate, key: certificates.reloaded.key,
        clientAuthority: certificates.authority, protocols: RPCProtocol.names)
      let echoed = try await fixture.echo([2])
      #expect(echoed == [2])
      #expect(fixture.server.connectionCount == 1)
      let client = fixture.client(
        tls: try Transport.mutualTLS.clientTLS(), serverName: "reloaded.test")
      _ = try await Self.describe(client)
      await client.close()
    }
  }
}
