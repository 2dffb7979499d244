internal import Networking
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

  @Test("Sentinels and the name of their primary are understood")
  func sentinels() throws {
    let url = try RedisURL("rediss+sentinel://worker@a.example,b.example:5000,[::1]/main-1")
    #expect(url.usesTLS && url.user == "worker")
    #expect(
      url.sentinels
        == RedisSentinels(
          [
            Endpoint(host: "a.example", port: 26379), Endpoint(host: "b.example", port: 5000),
            Endpoint(host: "::1", port: 26379),
          ], primary: "main-1"))
    #expect(try RedisURL("redis://h").sentinels == nil)
    let configuration = RedisConfiguration(url, password: "hunter2")
    #expect(configuration.address.contains("b.example:5000"))
    #expect(!configuration.address.contains("hunter2"))
  }

  @Test("Nodes of a cluster are understood")
  func cluster() throws {
    let url = try RedisURL("rediss+cluster://worker@a.example,b.example:7001")
    #expect(url.usesTLS && url.user == "worker")
    #expect(
      url.cluster
        == RedisCluster([
          Endpoint(host: "a.example", port: 6379), Endpoint(host: "b.example", port: 7001),
        ]))
    #expect(try RedisURL("redis://h").cluster == nil)
    #expect(RedisConfiguration(url, password: "hunter2").address.contains("b.example:7001"))
  }

  @Test(
    "What cannot be used is refused, with the remedy and without credentials",
    arguments: [
      "", "localhost:6379", "http://h", "redis://", "redis://:6379", "redis://h:0",
      "redis://h:65536", "redis://h:x", "redis://h/1", "redis://u:hunter2%4@h", "redis://[::1",
      "redis://u:hunter2@h:99999", "redis+sentinel://h", "redis+sentinel://h/",
      "redis+sentinel://h,/x",
      "redis+sentinel://h:0/x", "redis+sentinel://h/x/y", "http+sentinel://h/x", "redis+cluster://",
      "redis+cluster://h,", "redis+cluster://h/1", "redis+cluster+sentinel://h/x",
    ])
  func refused(text: String) {
    let error = #expect(throws: RedisError.self) { try RedisURL(text) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("redis://HOST:PORT") == true)
    #expect(error?.message.contains("hunter2") == false)
  }
}
