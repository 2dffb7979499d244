import TestKit
import Testing

@testable import Networking

@NetworkActor
@Suite(
  "TLS", .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"),
  .timeLimit(.minutes(1)))
struct TLSTests {
  /// A certificate that must be refused, and how each side puts it.
  struct Refused: Sendable, CustomTestStringConvertible {
    let kind: TestCertificates.Kind
    /// Told where the certificate was refused.
    let here: String
    /// Told to its owner.
    let there: String
    let testDescription: String
  }

  nonisolated static let expired = Refused(
    kind: .expired,
    here: "it expired at 2020-01-02 00:00:00 UTC (CN = expired); it must be renewed",
    there: "refused our certificate: it is expired", testDescription: "expired")
  nonisolated static let foreign = Refused(
    kind: .foreign,
    here: "no authority trusted here has signed it: it was issued by CN = foreign-authority",
    there: "refused our certificate: it does not trust the authority", testDescription: "foreign")
  nonisolated static let wrongName = Refused(
    kind: .wrongName,
    here: "it is for elsewhere.test (CN = wrong-name), and must be for 127.0.0.1",
    there: "refused our certificate: it carries a wrong name", testDescription: "wrong name")
  nonisolated static let wrongUse = Refused(
    kind: .client, here: "its purpose (extended key usage) does not allow this use (CN = client)",
    there: "refused our certificate: its purpose", testDescription: "a client's")

  @Test(
    "A server's bad certificate is refused, and both sides are told why",
    arguments: [expired, foreign, wrongName, wrongUse])
  func badServer(_ refused: Refused) async throws {
    try await withEchoServer(tls: Contexts.server(refused.kind)) { server in
      let error = await #expect(throws: NetworkError.self) {
        _ = try await server.connect(tls: Contexts.client())
      }
      #expect(error?.code == .certificate)
      #expect(error?.message.contains(refused.here) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("127.0.0.1:\(server.port)") == true)
      let told = await server.failed.next()
      #expect(told.code == .certificate)
      #expect(told.message.contains(refused.there), "\(told.message)")
    }
  }

  @Test(
    "A client's bad certificate is refused, and both sides are told why",
    arguments: [expired, foreign])
  func badClient(_ refused: Refused) async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let stream = try await server.connect(tls: Contexts.client(refused.kind))
      // With TLS 1.3 a client learns of it after its handshake.
      let error = await stream.end()
      #expect(error?.code == .certificate)
      #expect(error?.message.contains(refused.there) == true, "\(error?.message ?? "")")
      let told = await server.failed.next()
      #expect(told.code == .certificate)
      #expect(told.message.contains(refused.here), "\(told.message)")
      #expect(server.streams.isEmpty)
    }
  }

  @Test("A client that writes at once still learns why its certificate was refused")
  func badClientThatWrites() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let stream = try await server.connect(tls: Contexts.client(.expired))
      stream.send([UInt8](repeating: 0, count: 8 << 20))
      let error = await stream.end()
      #expect(error?.code == .certificate, "\(error?.message ?? "an orderly end")")
    }
  }

  @Test("A client without a certificate is refused, and both sides say so")
  func noClientCertificate() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let stream = try await server.connect(tls: Contexts.client(nil))
      let error = await stream.end()
      #expect(
        error?.message
          == "127.0.0.1:\(server.port) requires a certificate, and none is configured here")
      #expect(
        await server.failed.next().message.hasSuffix(
          "was refused: it showed no certificate, and one is required here"))
    }
  }

  @Test(
    "A server that asks for no certificate takes clients with and without one",
    arguments: [true, false])
  func oneSided(clientHasOne: Bool) async throws {
    try await withEchoServer(tls: Contexts.server(mutual: false)) { server in
      let stream = try await server.connect(
        host: "localhost", tls: Contexts.client(clientHasOne ? .client : nil))
      stream.send([1])
      #expect(await stream.receive(1).bytes == [1])
      #expect(stream.peerIdentity?.commonName == "server")
      #expect(await server.accepted.next().peerIdentity == nil)
      stream.close()
    }
  }

  @Test("Each side knows whom the other's certificate names")
  func identities() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let stream = try await server.connect(tls: Contexts.client())
      let client = try #require(await server.accepted.next().peerIdentity)
      #expect(client.dnsNames == ["gateway.test"])
      #expect(client.uris == ["spiffe://verbatim.test/gateway"])
      #expect(client.commonName == "client")
      // 30 days from now, as the certificate says; 2020 is long gone.
      #expect(client.notAfter > .seconds(1_577_836_800))
      #expect(stream.peerIdentity?.dnsNames == ["localhost"])
      stream.close()
    }
  }

  @Test("The certificate must be for the name that was asked for, not for the address")
  func serverName() async throws {
    try await withEchoServer(tls: Contexts.server(.wrongName)) { server in
      let stream = try await server.connect(tls: Contexts.client(), serverName: "elsewhere.test")
      stream.close()
      let error = await #expect(throws: NetworkError.self) {
        _ = try await server.connect(
          tls: Contexts.client(),
          // The certificate's common name, which does not count.
          serverName: "wrong-name")
      }
      #expect(error?.code == .certificate)
    }
  }

  // MARK: ALPN

  @Test(
    "The server's first protocol that the client offers is used",
    arguments: [
      (["a/1", "ttrpc"], ["ttrpc", "a/1"], "a/1"), (["a/1", "ttrpc"], ["x", "ttrpc"], "ttrpc"),
      (["a/1"], [], nil), ([], ["a/1"], nil),
    ] as [([String], [String], String?)])
  func protocols(served: [String], offered: [String], chosen: String?) async throws {
    try await withEchoServer(tls: Contexts.server(protocols: served)) { server in
      let stream = try await server.connect(tls: Contexts.client(protocols: offered))
      #expect(stream.negotiatedProtocol == chosen)
      #expect(await server.accepted.next().negotiatedProtocol == chosen)
      stream.close()
    }
  }

  @Test(
    "A client that offers only unknown protocols is refused, and both sides say which were offered")
  func noCommonProtocol() async throws {
    try await withEchoServer(tls: Contexts.server(protocols: ["a/1", "ttrpc"])) { server in
      let error = await #expect(throws: NetworkError.self) {
        _ = try await server.connect(tls: Contexts.client(protocols: ["b/1", "h2"]))
      }
      #expect(
        error?.message
          == "127.0.0.1:\(server.port) speaks none of the protocols offered (ALPN b/1, h2)")
      #expect(
        await server.failed.next().message.hasSuffix(
          "it offers none of the protocols spoken here (ALPN a/1, ttrpc)"))
    }
  }

  // MARK: Not TLS

  @Test("A server that speaks plain text is recognised")
  func plainServer() async throws {
    try await withEchoServer { server in
      server.onAccept = { stream in
        stream.onReceive = { $0.clear() }
        stream.send(Array("220 mail.test ESMTP\r\n".utf8))
      }
      let error = await #expect(throws: NetworkError.self) {
        _ = try await server.connect(tls: Contexts.client())
      }
      #expect(error?.code == .tls)
      #expect(
        error?.message.contains("is it a port for plain text?") == true, "\(error?.message ?? "")")
    }
  }

  @Test("A client that speaks plain HTTP is recognised")
  func plainClient() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let stream = try await server.connect()
      stream.send(Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
      #expect(
        await server.failed.next().message.hasSuffix("sent plain HTTP to a TLS port; use https"))
      _ = await stream.end()
    }
  }

  @Test("TLS 1.2 is refused")
  func oldTLS() async throws {
    try await withEchoServer(tls: Contexts.server(mutual: false)) { server in
      let certificates = try TestCertificates.shared.get()
      let port = server.port
      // The command fails, because the server refuses it.
      let client = Task.detached {
        try certificates.run("s_client", "-tls1_2", "-connect", "127.0.0.1:\(port)", "-brief")
      }
      let told = await server.failed.next()
      #expect(
        told.message.hasSuffix("does not speak TLS 1.3, which is required here"), "\(told.message)")
      await #expect(throws: TestServerError.self) { try await client.value }
    }
  }

  // MARK: Reloading

  @Test("A replaced context serves new connections; old ones live on")
  func reload() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let old = try await server.connect(host: "localhost", tls: Contexts.client())
      server.tls = try await Contexts.server(.reloaded)
      let new = try await server.connect(host: "localhost", tls: Contexts.client())
      #expect(old.peerIdentity?.commonName == "server")
      #expect(new.peerIdentity?.commonName == "reloaded")
      for stream in [old, new] {
        stream.send([1, 2])
        #expect(await stream.receive(2).bytes == [1, 2])
        stream.close()
      }
    }
  }

  @Test("While certificates are replaced again and again, every connection works")
  func reloadWhileServing() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let contexts = try await [Contexts.server(.reloaded), Contexts.server()]
      let client = try await Contexts.client()
      let exchanges = (0..<40 as Range<UInt8>).map { number in
        Task { @NetworkActor in
          let stream = try await server.connect(host: "localhost", tls: client)
          stream.send([number])
          defer { stream.close() }
          return await stream.receive(1).bytes == [number]
        }
      }
      for number in 0..<40 {
        server.tls = contexts[number % 2]
        await Task.yield()
      }
      for exchange in exchanges { #expect(try await exchange.value) }
    }
  }
}
