internal import Networking
internal import TestKit
internal import Testing

@testable internal import RedisClient

@Suite("Redis client", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct RedisClientTests {
  private func withClient<Result>(
    arguments: [String] = [], _ body: (RedisServer, RedisClient) async throws -> Result
  ) async throws -> Result {
    try await RedisServer.with(arguments: arguments) { server async throws in
      let client = RedisClient(RedisConfiguration(host: "127.0.0.1", port: server.port))
      do {
        let result = try await body(server, client)
        await client.close()
        return result
      } catch {
        await client.close()
        throw error
      }
    }
  }

  // MARK: Commands

  @Test("Any bytes go through, in one piece or in many")
  func bytes() async throws {
    try await self.withClient { _, client async throws in
      let value: [UInt8] = Array(0...255) + Array("\r\n$3\r\n".utf8)
      let large = [UInt8](repeating: 13, count: 3 << 20)
      for (key, bytes) in [("small", value), ("large", large), ("empty", [])] {
        var set = RedisCommand("SET", key)
        set.append(bytes)
        #expect(try await client.send(set) == .status("OK"))
        #expect(try await client.send(RedisCommand("GET", key)).bytes == bytes)
      }
      #expect(try await client.send(RedisCommand("GET", "none")) == .null)
      #expect(
        try await client.send(RedisCommand("EVAL", "return {1,'a',{},{2,{'b'}}}", "0"))
          == .array([
            .integer(1), .bytes([97]), .array([]),
            .array([.integer(2), .array([.bytes([98])])]),
          ]))
    }
  }

  @Test(
    "Thousands of callers at once, before the first connection is made, get each their own reply")
  func manyCallers() async throws {
    try await self.withClient { _, client async throws in
      let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<2000 {
          group.addTask {
            try await client.send(RedisCommand("ECHO", "\(number)")).integer != number
          }
        }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(wrong == 0)
      let clients = try await client.send(RedisCommand("CLIENT", "LIST")).text ?? ""
      #expect(clients.split(separator: "\n").count == 1)
    }
  }

  @Test("One error among several commands is a value in its place")
  func errorsInPlace() async throws {
    try await self.withClient { _, client async throws in
      let replies = try await client.send([
        RedisCommand("SET", "k", "v"), RedisCommand("INCR", "k"), RedisCommand("GET", "k"),
      ])
      #expect(replies.count == 3)
      #expect(replies[0] == .status("OK") && replies[2].text == "v")
      guard case .error(let error) = replies[1] else {
        Issue.record("INCR of a text must fail")
        return
      }
      #expect(error.code == .other && error.replyCode == "ERR")
      await #expect(throws: RedisError.self) { try await client.send(RedisCommand("INCR", "k")) }
    }
  }

  // MARK: Connections that break

  @Test("After a crash of Redis the command on its way fails, and the next ones reach the new one")
  func crash() async throws {
    try await self.withClient { server, client async throws in
      _ = try await client.send(RedisCommand("SET", "k", "v"))
      let changes = ConnectionChanges()
      await client.observe(changes)
      let onItsWay = Task { try await client.send(RedisCommand("BLPOP", "nothing", "0")) }
      try await self.untilBlocked(server, 1)
      server.kill()
      let error = await #expect(throws: RedisError.self) { try await onItsWay.value }
      #expect(error?.code == .connectionLost)
      try server.restart()
      #expect(try await client.send(RedisCommand("GET", "k")).text == "v")
      #expect(await changes.made == 1)
    }
  }

  @Test(
    "While there is no Redis the caller is told where it was looked for, after the time it allows")
  func unreachable() async throws {
    var configuration = RedisConfiguration(host: "127.0.0.1", port: try FreePort.next())
    configuration.connectTimeout = .milliseconds(200)
    configuration.minReconnectDelay = .milliseconds(10)
    let client = RedisClient(configuration)
    let changes = ConnectionChanges()
    await client.observe(changes)
    for _ in 0..<2 {
      let error = await #expect(throws: RedisError.self) {
        try await client.send(RedisCommand("PING"))
      }
      #expect(error?.code == .unreachable)
      #expect(error?.message.contains(configuration.address) == true)
    }
    // It tried more than once each time, and ever more slowly.
    #expect((3...40).contains(await changes.errors.count))
    await client.close()
  }

  @Test(
    "Who would rather hear than wait is told after one attempt, others at once, and a Redis that is back is found"
  )
  func impatient() async throws {
    try await RedisServer.with { server async throws in
      var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port).impatient()
      configuration.outageMemory = .seconds(60)
      // As long as it would take them if they waited.
      configuration.connectTimeout = .seconds(60)
      configuration.minReconnectDelay = .seconds(60)
      let client = RedisClient(configuration)
      let changes = ConnectionChanges()
      await client.observe(changes)
      #expect(try await client.send(RedisCommand("PING")).text == "PONG")
      server.kill()
      var errors: [RedisError] = []
      // The first may find its connection lost.
      for _ in 0..<10 {
        do throws(RedisError) {
          _ = try await client.send(RedisCommand("PING"))
        } catch {
          errors.append(error)
        }
      }
      #expect(errors.count == 10)
      #expect(errors.dropFirst().allSatisfy { $0.code == .unreachable })
      #expect(errors.last?.message.contains(configuration.address) == true)
      #expect(errors.last?.message.contains("Start it, or correct the URL") == true)
      #expect(await changes.errors.count == 1)
      await client.close()

      // Without memory each is worth an attempt, whatever the pause between two of them.
      configuration.outageMemory = .zero
      let forgetful = RedisClient(configuration)
      await #expect(throws: RedisError.self) { try await forgetful.send(RedisCommand("PING")) }
      try server.restart()
      #expect(try await forgetful.send(RedisCommand("PING")).text == "PONG")
      await forgetful.close()
    }
  }

  @Test("A Redis that hangs is waited for once by those who would rather hear")
  func impatientWithHanging() async throws {
    try await RedisServer.with { server async throws in
      var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port).impatient()
      configuration.outageMemory = .seconds(60)
      configuration.commandTimeout = .milliseconds(200)
      configuration.connectTimeout = .seconds(60)
      let client = RedisClient(configuration)
      #expect(try await client.send(RedisCommand("PING")).text == "PONG")
      server.pause(true)
      for _ in 0..<3 {
        let error = await #expect(throws: RedisError.self) {
          try await client.send(RedisCommand("PING"))
        }
        #expect(error?.code == .timeout)
      }
      server.pause(false)
      await client.close()
    }
  }

  @Test("A Redis that starts later is found by those who wait")
  func startsLater() async throws {
    try await self.withClient { server, client async throws in
      server.kill()
      async let reply = client.send(RedisCommand("ECHO", "here"))
      try server.restart()
      #expect(try await reply.text == "here")
    }
  }

  @Test("A blocked command ends with its connection, with its task, and with the client")
  func blocked() async throws {
    try await self.withClient { server, client async throws in
      let block = RedisCommand("BLPOP", "nothing", "0")
      let cancelled = Task { try await client.sendBlocking(block, blockedFor: .seconds(600)) }
      try await self.untilBlocked(server, 1)
      cancelled.cancel()
      await #expect(throws: RedisError.self) { try await cancelled.value }

      let closed = Task { try await client.sendBlocking(block, blockedFor: .seconds(600)) }
      try await self.untilBlocked(server, 1)
      await client.close()
      let error = await #expect(throws: RedisError.self) { try await closed.value }
      #expect(error?.code == .closed)
      await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }

      let other = RedisClient(client.configuration)
      let killed = Task { try await other.sendBlocking(block, blockedFor: .seconds(600)) }
      try await self.untilBlocked(server, 1)
      server.kill()
      let lost = await #expect(throws: RedisError.self) { try await killed.value }
      #expect(lost?.code == .connectionLost)
      await other.close()
    }
  }

  /// Returns when Redis has so many blocked clients.
  private func untilBlocked(_ server: RedisServer, _ count: Int) async throws {
    let observer = RedisClient(RedisConfiguration(host: "127.0.0.1", port: server.port))
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      let info = try await observer.send(RedisCommand("INFO", "clients")).text ?? ""
      if info.contains("blocked_clients:\(count)\r\n") { break }
    }
    await observer.close()
  }

  // MARK: Servers that refuse

  @Test("User and password are sent; wrong or missing ones are told at once, and not tried again")
  func passwords() async throws {
    try await self.withClient { server, client async throws in
      for command in [
        RedisCommand("ACL", "SETUSER", "worker", "on", ">secret", "~*", "+get", "+set", "+ping"),
        RedisCommand("CONFIG", "SET", "requirepass", "right"),
      ] { _ = try await client.send(command) }

      func attempt(_ user: String, _ password: String, _ command: RedisCommand) async throws
        -> RedisValue
      {
        let client = RedisClient(
          RedisConfiguration(
            host: "127.0.0.1", port: server.port, user: user, password: password))
        do {
          let reply = try await client.send(command)
          await client.close()
          return reply
        } catch {
          await client.close()
          throw error
        }
      }
      let missing = await #expect(throws: RedisError.self) {
        _ = try await attempt("", "", RedisCommand("GET", "k"))
      }
      #expect(missing?.code == .authentication)
      #expect(try await attempt("", "right", RedisCommand("GET", "k")) == .null)
      #expect(try await attempt("worker", "secret", RedisCommand("GET", "k")) == .null)
      let wrong = await #expect(throws: RedisError.self) {
        _ = try await attempt("worker", "hunter2", RedisCommand("GET", "k"))
      }
      #expect(wrong?.code == .authentication)
      #expect(wrong?.message.contains("hunter2") == false)
      let denied = await #expect(throws: RedisError.self) {
        _ = try await attempt("worker", "secret", RedisCommand("FLUSHALL"))
      }
      #expect(denied?.code == .permission)
    }
  }

  @Test(
    "TLS with certificates on both sides, and the name in the server's is checked",
    .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
  func tls() async throws {
    let certificates = try TestCertificates.shared.get()
    let port = try FreePort.next()
    let arguments = [
      "--tls-port", String(port), "--tls-cert-file", certificates.server.certificate,
      "--tls-key-file", certificates.server.key, "--tls-ca-cert-file", certificates.authority,
    ]
    try await RedisServer.with(arguments: arguments) { _ async throws in
      let tls = try TLSContext.client(
        authority: certificates.authority, certificate: certificates.client.certificate,
        key: certificates.client.key)
      let client = RedisClient(RedisConfiguration(host: "localhost", port: port, tls: tls))
      #expect(try await client.send(RedisCommand("ECHO", "secretly")).text == "secretly")
      await client.close()

      let stranger = try TLSContext.client(
        authority: certificates.foreignAuthority, certificate: nil, key: nil)
      var configuration = RedisConfiguration(host: "localhost", port: port, tls: stranger)
      configuration.connectTimeout = .milliseconds(300)
      let refused = RedisClient(configuration)
      let error = await #expect(throws: RedisError.self) {
        try await refused.send(RedisCommand("PING"))
      }
      #expect(error?.code == .unreachable)
      await refused.close()
    }
  }

  // MARK: Sentinels

  @Test("Sentinels lead to the primary, and to the next one when it dies")
  func failover() async throws {
    let primary = try RedisServer()
    defer { primary.stop() }
    let replica = try RedisServer(arguments: ["--replicaof", "127.0.0.1 \(primary.port)"])
    defer { replica.stop() }
    let direct = RedisClient(RedisConfiguration(host: "127.0.0.1", port: replica.port))
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline,
      try await direct.send(RedisCommand("ROLE")).array?[3].text != "connected"
    {}
    let sentinel = try RedisServer.sentinel(of: primary)
    defer { sentinel.stop() }
    let down = try FreePort.next()
    let url = try RedisURL(
      "redis+sentinel://127.0.0.1:\(down),127.0.0.1:\(sentinel.port)/\(RedisServer.primaryName)")
    let client = RedisClient(RedisConfiguration(url))
    #expect(try await client.send(RedisCommand("SET", "k", "v")) == .status("OK"))
    #expect(try await direct.send(RedisCommand("ROLE")).array?.first?.text == "slave")
    // The sentinel has to know the replica before it can promote it.
    let watcher = RedisClient(RedisConfiguration(host: "127.0.0.1", port: sentinel.port))
    while ContinuousClock.now < deadline,
      try await watcher.send(
        RedisCommand("SENTINEL", "REPLICAS", RedisServer.primaryName)
      ).array?.isEmpty != false
    {}

    primary.kill()
    var promoted = false
    while !promoted, ContinuousClock.now < deadline {
      // Until the sentinel has noticed, the old primary is tried, and then the replica not yet writable.
      promoted = (try? await client.send(RedisCommand("SET", "k", "w"))) == .status("OK")
    }
    #expect(promoted)
    #expect(try await direct.send(RedisCommand("GET", "k")).text == "w")
    for client in [client, direct, watcher] { await client.close() }
  }

  @Test("A name that no sentinel knows is a mistake in the URL")
  func unknownPrimary() async throws {
    try await self.withClient { primary, _ async throws in
      let sentinel = try RedisServer.sentinel(of: primary)
      defer { sentinel.stop() }
      let client = RedisClient(
        RedisConfiguration(try RedisURL("redis+sentinel://127.0.0.1:\(sentinel.port)/other")))
      let error = await #expect(throws: RedisError.self) {
        try await client.send(RedisCommand("PING"))
      }
      #expect(error?.code == .invalidConfiguration)
      #expect(error?.message.contains("other") == true)
      await client.close()
    }
  }
}

/// Counts what a client tells about its connection.
@NetworkActor
final class ConnectionChanges {
  var made = 0
  var errors: [RedisError] = []
  nonisolated init() {}
}

extension RedisClient {
  func observe(_ changes: ConnectionChanges) {
    self.onConnectionChange = { error in
      if let error { changes.errors.append(error) } else { changes.made += 1 }
    }
  }
}
