internal import RedisClient
internal import Testing

@Suite("Misbehaving Redis")
struct MisbehavingServerTests {
  private func withClient(
    _ scripts: [[ScriptedServer.Reply]], commandTimeout: Duration = .seconds(5),
    maxReplyBytes: Int = 1000, clientName: String = "",
    _ body: (ScriptedServer, RedisClient) async throws -> Void
  ) async throws {
    let server = try await ScriptedServer(scripts)
    // Without a name the greeting is one command: PING.
    var configuration = RedisConfiguration(
      host: "127.0.0.1", port: await server.port, clientName: clientName)
    configuration.commandTimeout = commandTimeout
    configuration.maxReplyBytes = maxReplyBytes
    configuration.minReconnectDelay = .milliseconds(1)
    let client = RedisClient(configuration)
    try await body(server, client)
    await client.close()
    await server.close()
  }

  @Test("One that still loads its data is asked again until it is ready")
  func loading() async throws {
    let loading = ScriptedServer.Reply.bytes("-LOADING Redis is loading the dataset in memory\r\n")
    try await self.withClient([[loading], [loading], [.bytes("+PONG\r\n"), .bytes(":7\r\n")]]) {
      server, client async throws in
      #expect(try await client.send(RedisCommand("GET", "k")) == .integer(7))
      #expect(await server.connections == 3)
    }
  }

  @Test("One that cannot write to its disk can still be asked")
  func diskFull() async throws {
    try await self.withClient([
      [.bytes("-MISCONF Errors writing to the AOF file\r\n"), .bytes(":7\r\n")]
    ]) { _, client async throws in
      #expect(try await client.send(RedisCommand("GET", "k")) == .integer(7))
    }
  }

  @Test("One that turned into a replica is left: the next command connects again")
  func replica() async throws {
    try await self.withClient([
      [.bytes("+PONG\r\n"), .bytes("-READONLY You can't write\r\n")],
      [.bytes("+PONG\r\n"), .bytes("+OK\r\n")],
    ]) { server, client async throws in
      let error = await #expect(throws: RedisError.self) {
        try await client.send(RedisCommand("SET", "k", "v"))
      }
      #expect(error?.code == .readOnly)
      #expect(try await client.send(RedisCommand("SET", "k", "v")) == .status("OK"))
      #expect(await server.connections == 2)
    }
  }

  @Test("One that never answers is given up after the time for a command")
  func silence() async throws {
    try await self.withClient(
      [[.bytes("+PONG\r\n"), .silence]], commandTimeout: .milliseconds(50)
    ) { server, client async throws in
      for connections in 1...2 {
        let error = await #expect(throws: RedisError.self) {
          try await client.send(RedisCommand("GET", "k"))
        }
        #expect(error?.code == .timeout)
        #expect(await server.connections == connections)
      }
    }
  }

  @Test(
    "What is no reply, or one reply too many or too large, ends the connection and nothing else",
    arguments: [
      ("HTTP/1.1 400 Bad Request\r\n", RedisError.Code.protocolViolation),
      ("$12345678901234567890\r\n", .protocolViolation),
      ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", .protocolViolation),
      ("$5000\r\n" + String(repeating: "x", count: 3000), .replyTooLarge),
      ("$5\r\nab", .connectionLost),
    ])
  func garbage(text: String, code: RedisError.Code) async throws {
    try await self.withClient([[.bytes("+PONG\r\n"), .close(text)]]) { _, client async throws in
      let error = await #expect(throws: RedisError.self) {
        try await client.send(RedisCommand("GET", "k"))
      }
      #expect(error?.code == code, "\(error?.message ?? "none")")
    }
  }

  @Test("One that has too many clients, and closes after saying so, is understood")
  func tooManyClients() async throws {
    let refusal = ScriptedServer.Reply.close("-ERR max number of clients reached\r\n")
    try await self.withClient(
      [[refusal], [.bytes("-NOAUTH\r\n"), .bytes("-NOAUTH\r\n")]], clientName: "named"
    ) {
      _, client async throws in
      let changes = ConnectionChanges()
      await client.observe(changes)
      // It tried again, and was told something else.
      let error = await #expect(throws: RedisError.self) {
        try await client.send(RedisCommand("GET", "k"))
      }
      #expect(error?.code == .authentication)
      #expect(await changes.errors.first?.code == .busy)
    }
  }

  @Test("A reply that nobody asked for ends the connection")
  func unasked() async throws {
    try await self.withClient([
      [.bytes("+PONG\r\n"), .bytes("+OK\r\n+OK\r\n")], [.bytes("+PONG\r\n"), .bytes(":1\r\n")],
    ]) { server, client async throws in
      #expect(try await client.send(RedisCommand("SET", "k", "v")) == .status("OK"))
      #expect(try await client.send(RedisCommand("GET", "k")) == .integer(1))
      #expect(await server.connections == 2)
    }
  }
}
