internal import RedisClient
internal import TestKit
internal import Testing

@Suite("Server check")
struct ServerCheckTests {
  @Test("A server that is set up as it should be has no problems")
  func good() {
    let check = ServerCheck(
      info: "redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n"
        + "aof_last_write_status:ok\r\n", server: "r:1")
    #expect(check.version == "7.0.15")
    #expect(check.problems.isEmpty)
  }

  @Test(
    "Each unsafe setting is one sentence with the server and the remedy",
    arguments: [
      ("redis_version:6.2.7", "upgrade"), ("redis_version:unknown", "7.0"), ("", "7.0"),
      ("redis_version:7.2.0\nmaxmemory_policy:allkeys-lru", "maxmemory-policy noeviction"),
      ("redis_version:10.0.1\naof_enabled:0", "appendonly yes"),
      ("redis_version:7.0.15\naof_enabled:1\naof_last_write_status:err", "disk space"),
    ])
  func problems(info: String, remedy: String) {
    let problems = ServerCheck(info: info, server: "redis.example:6379").problems
    #expect(problems.count == 1)
    #expect(problems.first?.contains(remedy) == true)
    #expect(problems.first?.contains("redis.example:6379") == true)
  }

  @Test(
    "A real server is looked at",
    .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
  func realServer() async throws {
    try await RedisServer.with { server in
      let client = RedisClient(RedisConfiguration(host: "127.0.0.1", port: server.port))
      #expect(try await client.check().problems.isEmpty)
      for (setting, value) in [("maxmemory-policy", "allkeys-lru"), ("appendonly", "no")] {
        _ = try await client.send(RedisCommand("CONFIG", "SET", setting, value))
      }
      #expect(try await client.check().problems.count == 2)
      await client.close()
    }
  }
}
