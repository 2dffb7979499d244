internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import TestKit
internal import Testing

/// Who may connect, what clients are told when they cannot, and how they come back.
@Suite("Connections")
struct ConnectionTests {
  private static func client(
    _ port: UInt16, _ tls: TLSContext? = nil, host: String = "127.0.0.1"
  ) -> RPCClient {
    RPCClient(endpoints: [Endpoint(host: host, port: port)], tls: tls, serverName: nil)
  }

  private static func echo(
    _ client: RPCClient, _ options: RPCOptions = RPCOptions()
  ) async throws -> [UInt8] {
    try await client.unary(TestMethods.echo, .with { $0.value = [1] }, options).value
  }

  // MARK: Trust

  @Test(
    "A client without a certificate is UNAUTHENTICATED, and told why",
    .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
  func noCertificate() async throws {
    try await withServer(.mutualTLS) { fixture in
      let tls = try TLSContext.client(
        authority: try TestCertificates.shared.get().authority, certificate: nil, key: nil,
        protocols: RPCProtocol.names)
      let client = fixture.client(tls: tls)
      let error = await rpcError { _ = try await Self.echo(client) }
      #expect(error?.code == .unauthenticated)
      #expect(error?.message.contains("certificate") == true, "\(error?.message ?? "")")
      await client.close()
    }
  }

  @Test(
    "A client whose certificate another authority has signed is UNAUTHENTICATED",
    .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
  func foreignCertificate() async throws {
    try await withServer(.mutualTLS) { fixture in
      let certificates = try TestCertificates.shared.get()
      let tls = try TLSContext.client(
        authority: certificates.authority, certificate: certificates.foreign.certificate,
        key: certificates.foreign.key, protocols: RPCProtocol.names)
      let client = fixture.client(tls: tls)
      let error = await rpcError { _ = try await Self.echo(client) }
      #expect(error?.code == .unauthenticated, "\(String(describing: error))")
      await client.close()
    }
  }

  @Test(
    "A server that cannot be trusted is UNAVAILABLE, with the reason",
    .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
  func untrustedServer() async throws {
    try await withServer(.mutualTLS) { fixture in
      let certificates = try TestCertificates.shared.get()
      let foreign = fixture.client(
        tls: try .client(
          authority: certificates.foreignAuthority, certificate: certificates.client.certificate,
          key: certificates.client.key, protocols: RPCProtocol.names))
      let authority = await rpcError { _ = try await Self.echo(foreign) }
      #expect(authority?.code == .unavailable)
      #expect(authority?.message.contains("certificate") == true, "\(authority?.message ?? "")")
      await foreign.close()
      let misnamed = fixture.client(
        tls: try Transport.mutualTLS.clientTLS(), serverName: "elsewhere.test")
      let name = await rpcError { _ = try await Self.echo(misnamed) }
      #expect(name?.code == .unavailable)
      #expect(name?.message.contains("elsewhere.test") == true, "\(name?.message ?? "")")
      await misnamed.close()
    }
  }

  @Test(
    "A client that speaks no TLS to a TLS server, or the other way round, gets UNAVAILABLE",
    .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
  func mixedTLS() async throws {
    try await withServer(.mutualTLS) { fixture in
      let client = fixture.client(tls: nil)
      let error = await rpcError { _ = try await Self.echo(client) }
      #expect(error?.code == .unavailable)
      await client.close()
    }
    try await withServer(.plain) { fixture in
      let client = fixture.client(tls: try Transport.mutualTLS.clientTLS())
      let error = await rpcError { _ = try await Self.echo(client) }
      #expect(error?.code == .unavailable)
      await client.close()
    }
  }

  @Test(
    "An identity calls what its row allows, and is refused all else by name",
    .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
  func allowTable() async throws {
    let allow = RPCAllowTable([
      (service: "test.Service/Echo", identities: ["gateway.test"]),
      (service: "test.Service/Count", identities: ["*"]),
      (service: "test.Service", identities: ["spiffe://verbatim.test/indexer"]),
    ])
    try await withServer(.mutualTLS, allow: allow) { fixture in
      let echoed = try await fixture.echo([1])
      #expect(echoed == [1])
      let responses = fixture.client.serverStreaming(
        TestMethods.count, .with { $0.value = 1 }, RPCOptions())
      for try await _ in responses {}
      let error = await rpcError { _ = try await fixture.hold("a") }
      #expect(error?.code == .permissionDenied)
      #expect(error?.message.contains("gateway.test") == true)
      #expect(error?.message.contains("test.Service/Hold") == true)
    }
    try await withServer(.plain, allow: allow) { fixture in
      let error = await rpcError { _ = try await fixture.echo([1]) }
      #expect(error?.code == .permissionDenied)
      #expect(error?.message.contains("without a certificate") == true)
    }
  }

  @Test("Plain TCP is for loopback addresses only", arguments: ["0.0.0.0", "::", "192.0.2.1", ""])
  @NetworkActor
  func plainTCP(_ address: String) async throws {
    #expect(throws: NetworkError.self) {
      try RPCServer(address: address, port: 0, tls: nil, services: [TestService()])
    }
    guard !address.isEmpty else { return }
    let client = Self.client(1, host: address)
    let error = await rpcError { _ = try await Self.echo(client) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("loopback") == true, "\(error?.message ?? "")")
    await client.close()
  }

  // MARK: Reaching servers

  @Test("When nobody listens, the error names the address and what to look at")
  @NetworkActor
  func refused() async throws {
    // A port that was free a moment ago.
    let server = try RPCServer(address: "127.0.0.1", port: 0, tls: nil, services: [])
    let port = server.port
    server.beginGracefulShutdown()
    let client = Self.client(port)
    let error = await rpcError { _ = try await Self.echo(client) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    #expect(error?.message.contains("is the server running") == true, "\(error?.message ?? "")")
    let late = await rpcError {
      _ = try await Self.echo(
        client, RPCOptions(timeout: .milliseconds(300), waitForReady: true))
    }
    #expect(late?.code == .deadlineExceeded)
    #expect(late?.message.contains("127.0.0.1:\(port)") == true, "\(late?.message ?? "")")
    await client.close()
  }

  @Test("A name that does not exist is UNAVAILABLE by name")
  func unknownName() async throws {
    let client = RPCClient(
      endpoints: [Endpoint(host: "no-such-host.invalid", port: 1)], tls: nil, serverName: nil)
    let error = await rpcError { _ = try await Self.echo(client) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("no-such-host.invalid") == true, "\(error?.message ?? "")")
    await client.close()
  }

  @Test("A server that was killed and came back is found again", arguments: Transport.available)
  func reconnects(_ transport: Transport) async throws {
    let before = Signal<
      (client: RPCClient, port: UInt16, held: Task<ProtoStringValue, any Error>)
    >()
    try await withServer(transport) { fixture in
      let client = fixture.client(tls: try transport.clientTLS())
      let echoed = try await Self.echo(client)
      #expect(echoed == [1])
      let held = Task {
        try await client.unary(TestMethods.hold, .with { $0.value = "a" }, RPCOptions())
      }
      _ = await fixture.service.began.next()
      before.send((client, fixture.port, held))
    }
    // The server is gone: the running call has failed, and new ones do.
    let (client, port, held) = await before.next()
    let lost = await rpcError { _ = try await held.value }
    #expect(lost?.code == .unavailable)
    let gone = await rpcError { _ = try await Self.echo(client) }
    #expect(gone?.code == .unavailable)
    // A call that waits is served as soon as the server is back.
    let waiting = Task { try await Self.echo(client, RPCOptions(waitForReady: true)) }
    try await withServer(transport, port: port) { _ in
      let echoed = try await waiting.value
      #expect(echoed == [1])
    }
    await client.close()
  }

  @Test("Calls are spread over all servers, and go on when one is gone")
  func roundRobin() async throws {
    try await withServer { first in
      try await withServer { second in
        let client = RPCClient(
          endpoints: [first, second].map { Endpoint(host: "127.0.0.1", port: $0.port) }, tls: nil,
          serverName: nil)
        // Connections open one by one: once both are there, calls alternate.
        var held: [Task<ProtoStringValue, any Error>] = []
        for name in ["a", "b", "c", "d", "e", "f"] {
          _ = try await Self.echo(client)
          held.append(
            Task {
              try await client.unary(TestMethods.hold, .with { $0.value = name }, RPCOptions())
            })
        }
        for fixture in [first, second] {
          _ = await fixture.service.began.next()
          #expect(fixture.server.activeCalls >= 1)
        }
        first.server.beginGracefulShutdown()
        for _ in 0..<4 {
          let echoed = try await Self.echo(client)
          #expect(echoed == [1])
        }
        for call in held { call.cancel() }
        await client.close()
      }
    }
  }

  // MARK: Repeating

  @Test("A call that may be repeated is, while only UNAVAILABLE comes back")
  func repeats() async throws {
    try await withServer { fixture in
      let calls = try await fixture.client.unary(
        TestMethods.flaky, .with { $0.value = 2 }, RPCOptions())
      #expect(calls.value == 3)
    }
    try await withServer { fixture in
      let error = await rpcError {
        _ = try await fixture.client.unary(
          TestMethods.flaky, .with { $0.value = 100 }, RPCOptions())
      }
      #expect(error?.code == .unavailable)
      #expect(fixture.service.state.flakyCalls == 3)
    }
  }

  @Test("A call that may not be repeated is made once")
  func doesNotRepeat() async throws {
    try await withServer { fixture in
      let error = await rpcError {
        _ = try await fixture.client.unary(
          TestMethods.flakyOnce, .with { $0.value = 1 }, RPCOptions())
      }
      #expect(error?.code == .unavailable)
      #expect(fixture.service.state.flakyCalls == 1)
    }
  }

  @Test("More calls than a connection takes wait for room")
  func waitsForRoom() async throws {
    var options = RPCClientOptions()
    options.maxConcurrentCallsPerConnection = 10
    try await withServer(clientOptions: options) { fixture in
      try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<50 { group.addTask { try await fixture.hold("\(number)") } }
        for _ in 0..<50 {
          let name = await fixture.service.began.next()
          #expect(fixture.server.activeCalls <= 10)
          fixture.service.state.release(name)
        }
        var answers = 0
        for try await _ in group { answers += 1 }
        #expect(answers == 50)
      }
    }
  }
}
