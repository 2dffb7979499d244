internal import RedisClient
internal import Testing

@Suite("Redis URLs")
struct RedisURLTests {
  @Test("Host, port, TLS, user and password are understood")
  func parts() throws {
    let plain = try RedisURL("redis://localhost")
    #expect(plain.host == "localhost")
    #expect(plain.port == 6379)
    #expect(!plain.usesTLS)
    #expect(plain.user.isEmpty && plain.password.isEmpty)
    let full = try RedisURL("rediss://worker:p%40ss:word@redis.example:6390/")
    #expect(full.usesTLS)
    #expect(full.host == "redis.example")
    #expect(full.port == 6390)
    #expect(full.user == "worker")
    #expect(full.password == "p@ss:word")
    let ipv6 = try RedisURL("redis://[::1]:7000")
    #expect(ipv6.host == "::1")
    #expect(ipv6.port == 7000)
    #expect(try RedisURL("redis://:secret@h").password == "secret")
  }

  @Test(
    "What cannot be used is refused, with the remedy and without credentials",
    arguments: [
      "", "localhost:6379", "http://h", "redis://", "redis://:6379", "redis://h:0",
      "redis://h:65536", "redis://h:x", "redis://h/1", "redis://u:hunter2%4@h", "redis://[::1",
      "redis://u:hunter2@h:99999",
    ])
  func refused(text: String) {
    let error = #expect(throws: RedisError.self) { try RedisURL(text) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("redis://HOST:PORT") == true)
    #expect(error?.message.contains("hunter2") == false)
  }
}
