internal import Testing

@testable internal import RedisClient

@Suite("Redis errors")
struct RedisErrorTests {
  @Test(
    "An error reply is understood by its first word, and names the server",
    arguments: [
      ("NOAUTH Authentication required.", RedisError.Code.authentication),
      ("WRONGPASS invalid username-password pair or user is disabled.", .authentication),
      ("ERR AUTH <password> called without any password configured", .authentication),
      ("DENIED Redis is running in protected mode because", .authentication),
      ("NOPERM this user has no permissions to run the 'fcall' command", .permission),
      ("OOM command not allowed when used memory > 'maxmemory'.", .outOfMemory),
      ("LOADING Redis is loading the dataset in memory", .loading),
      ("READONLY You can't write against a read only replica.", .readOnly),
      ("NOREPLICAS Not enough good replicas to write.", .readOnly),
      ("MASTERDOWN Link with MASTER is down", .readOnly),
      ("MISCONF Errors writing to the AOF file: No space left on device", .notPersisting),
      ("MOVED 3999 127.0.0.1:6381", .moved),
      ("ASK 3999 127.0.0.1:6381", .moved),
      ("BUSY Redis is busy running a script.", .busy),
      ("CLUSTERDOWN The cluster is down", .busy),
      ("TRYAGAIN Multiple keys request during rehashing of slot", .busy),
      ("ERR max number of clients reached", .busy),
      ("NOGROUP No such key 'x' or consumer group", .groupMissing),
      ("ERR Function not found", .functionMissing),
      ("ERR unknown command 'FCALL', with args beginning with:", .unknownCommand),
      ("FULL as many jobs run as there may be", .other),
      ("ERR something new", .other),
      ("", .other),
    ])
  func understood(text: String, code: RedisError.Code) {
    let error = RedisError.reply(text, from: "redis.example:6379")
    #expect(error.code == code)
    #expect(error.replyCode == text.prefix { $0 != " " })
    #expect(error.message.contains("redis.example:6379"))
  }

  @Test("Of a long error text only the beginning is kept")
  func long() {
    let error = RedisError.reply("ERR " + String(repeating: "x", count: 10_000), from: "r:1")
    #expect(error.message.utf8.count < 500)
  }
}
