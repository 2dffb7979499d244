internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Testing

/// Several servers behind one name: which is called, when another one is, and how new ones are found.
@Suite("Replicas")
struct ReplicaTests {
  /// Answers with its name; may hold calls back first.
  private final class Replica: RPCService {
    static let serviceName = "test.Replica"
    static let name = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
      service: Replica.serviceName, name: "Name", kind: .unary, idempotency: .noSideEffects)
    static let append = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
      service: Replica.serviceName, name: "Append", kind: .unary, idempotency: .unknown)

    let ownName: String
    let isStuck: Bool
    let began = Signal<String>()
    let cancelled = Signal<String>()

    init(_ name: String, isStuck: Bool = false) {
      self.ownName = name
      self.isStuck = isStuck
    }

    var handlers: [RPCHandler] {
      [Self.name, Self.append].map { method in
        RPCHandler(unary: method) { [self] _, _ in
          await self.began.send(method.name)
          if self.isStuck {
            do {
              try await Task.sleep(for: .seconds(3600))
            } catch {
              await self.cancelled.send(self.ownName)
              throw error
            }
          }
          return .with { $0.value = self.ownName }
        }
      }
    }
  }

  @NetworkActor
  private func withReplicas(
    _ replicas: [Replica], _ transport: Transport = .available.last ?? .plain,
    _ body: @NetworkActor ([RPCServer]) async throws -> Void
  ) async throws {
    let servers = try replicas.map {
      try RPCServer(
        address: "127.0.0.1", port: 0, tls: try transport.serverTLS(), services: [$0])
    }
    let running = servers.map { server in Task { await server.run() } }
    let result: Result<Void, any Error>
    do { result = .success(try await body(servers)) } catch { result = .failure(error) }
    for task in running { task.cancel() }
    for task in running { await task.value }
    try result.get()
  }

  private static func address(_ server: RPCServer) async throws -> SocketAddress {
    try #require(SocketAddress("127.0.0.1", port: await server.port))
  }

  private static func name(_ client: RPCClient, _ options: RPCOptions = RPCOptions()) async throws
    -> String
  {
    try await client.unary(Replica.name, ProtoStringValue(), options).value
  }

  @Test("A server that does not answer is not waited for when another one may be asked")
  func hedging() async throws {
    let stuck = Replica("stuck", isStuck: true)
    let quick = Replica("quick")
    try await self.withReplicas([stuck, quick], .mutualTLS) { servers in
      let client = RPCClient(
        endpoints: servers.map { Endpoint(host: "127.0.0.1", port: $0.port) },
        tls: try Transport.mutualTLS.clientTLS(), serverName: nil)
      // Until it is connected to both, there is only one to ask.
      while !servers.allSatisfy({ $0.connectionCount == 1 }) {
        _ = await rpcErrorIfAny {
          _ = try await Self.name(client, RPCOptions(timeout: .milliseconds(20)))
        }
      }
      while stuck.began.count > 0 { _ = await stuck.began.next() }
      let options = RPCOptions(hedgingDelay: .milliseconds(20))
      // Taken in turn, so that the stuck one is asked first at least once.
      while stuck.began.count == 0 {
        let name = try await Self.name(client, options)
        #expect(name == "quick")
      }
      // Its call is over, and it is told.
      #expect(await stuck.cancelled.next() == "stuck")
      await client.close()
    }
  }

  @Test("A method that may not be repeated is asked for once, however long it takes")
  func noHedging() async throws {
    let stuck = Replica("stuck", isStuck: true)
    try await self.withReplicas([stuck], .plain) { servers in
      let client = RPCClient(
        endpoints: [Endpoint(host: "127.0.0.1", port: servers[0].port)], tls: nil,
        serverName: nil)
      let error = await rpcError {
        _ = try await client.unary(
          Replica.append, ProtoStringValue(),
          RPCOptions(timeout: .milliseconds(200), hedgingDelay: .milliseconds(1)))
      }
      #expect(error?.code == .deadlineExceeded)
      #expect(stuck.began.count <= 1)
      await client.close()
    }
  }

  /// What a name server would say.
  @NetworkActor
  private final class Names {
    var addresses: [SocketAddress] = []

    nonisolated init() {}

    func set(_ addresses: [SocketAddress]) { self.addresses = addresses }
  }

  @Test(
    "A replica that is added gets calls, and one that is taken away gets none, without a restart")
  func scaling() async throws {
    try await self.withReplicas([Replica("a"), Replica("b")]) { servers in
      let names = Names()
      names.set([try await Self.address(servers[0])])
      var options = RPCClientOptions()
      options.resolveInterval = .milliseconds(1)
      options.lookUp = { _ in await names.addresses }
      let client = RPCClient(
        endpoints: [Endpoint(host: "localhost", port: 1)],
        tls: try (Transport.available.last ?? .plain).clientTLS(), serverName: nil,
        options: options)
      let first = try await Self.name(client)
      #expect(first == "a")
      names.set([try await Self.address(servers[0]), try await Self.address(servers[1])])
      while try await Self.name(client) != "b" {}
      names.set([try await Self.address(servers[1])])
      while servers[0].connectionCount > 0 { _ = try await Self.name(client) }
      let last = try await Self.name(client)
      #expect(last == "b")
      await client.close()
    }
  }
}
