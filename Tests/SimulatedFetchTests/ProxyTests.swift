import HTTPClient
import Networking
import Simulator
import TestKit
import Testing
import Transcripts
import YouTubeSource

@Suite(
  "Ways out through real proxies", .serialized,
  .enabled(if: TestCertificates.isAvailable, Comment(rawValue: TestCertificates.missingReason)))
@NetworkActor
struct ProxyTests {
  @Test(
    "Videos come through a proxy of every kind, which is told its credentials",
    arguments: ["http", "https", "socks5h", "socks5"])
  func schemes(scheme: String) async throws {
    try await Stage.with { stage in
      let proxy = "one=\(stage.proxy(scheme, user: "reader"))"
      try await stage.withSource(
        proxy,
        configure: {
          // Names are resolved here, and there is no name server: the simulator's address stands for all.
          if scheme == "socks5" { $0.connectTo = ["::127.0.0.1:\(stage.simulator.port)"] }
        }
      ) { source in
        for video in stage.videos(3) {
          let kind = try await source.kind(video)
          #expect(kind == nil)
        }
      }
      #expect(Set(stage.simulator.identityCounts.keys) == ["reader"])
    }
  }

  @Test("A TLS proxy whose certificate is not trusted gets nothing, not even the credentials")
  func untrusted() async throws {
    try await Stage.with { stage in
      let proxy = "one=\(stage.proxy("https", user: "reader"))"
      try await stage.withSource(proxy, configure: { $0.proxyCAFile = nil }) { source in
        let kind = try await source.kind(stage.videos(1)[0])
        #expect(kind == .unreachable)
      }
      #expect(stage.simulator.identityCounts.isEmpty)
    }
  }

  @Test("A proxy of weight 3 gets three of four requests, and proxies of one weight the same")
  func weights() async throws {
    try await Stage.with { stage in
      let limiter = OpenLimiter()
      let proxies =
        "a=\(stage.proxy("http", user: "a"))\nb=\(stage.proxy("socks5h", user: "b")) weight=3"
      try await stage.withSource(proxies, limiter: limiter) { source in
        for video in stage.videos(40) {
          let kind = try await source.kind(video)
          #expect(kind == nil)
        }
      }
      let counts = stage.simulator.identityCounts
      // Two requests a video, and one guest session each.
      #expect(counts == ["a": 10 * 2 + 1, "b": 30 * 2 + 1])
    }
  }

  @Test("Each connection of a rotating proxy is another address, and a block costs a try only")
  func rotating() async throws {
    var scenario = Scenario.ideal
    scenario.rules = [.init(.botCheck, probability: 0.5, path: .player)]
    try await Stage.with(scenario) { stage in
      let limiter = OpenLimiter()
      let proxies = "pool=\(stage.proxy("http", user: "pool-rotate")) rotating weight=50"
      try await stage.withSource(proxies, limiter: limiter) { source in
        for video in stage.videos(20) {
          let kind = try await source.kind(video)
          #expect(kind == nil)
        }
      }
      #expect(!limiter.outcomes.contains { $0.contains("blocked") })
      // No address made more than one request.
      let counts = stage.simulator.identityCounts
      #expect(counts.count > 40 && counts.values.allSatisfy { $0 == 1 })
      #expect(counts.keys.allSatisfy { $0.hasPrefix("pool-rotate#") })
    }
  }

  @Test("A rotating proxy all of whose exits are blocked is blocked")
  func blockedPool() async throws {
    var scenario = Scenario.ideal
    scenario.rules = [.init(.botCheck, path: .player)]
    try await Stage.with(scenario) { stage in
      let limiter = OpenLimiter()
      let proxies = "pool=\(stage.proxy("http", user: "pool-rotate")) rotating"
      try await stage.withSource(proxies, limiter: limiter) { source in
        for video in stage.videos(2) {
          let kind = try await source.kind(video)
          #expect(kind == .blocked)
        }
      }
      // Ten exits for each video, and the twentieth block in a row is told.
      #expect(limiter.outcomes == ["pool blocked"])
    }
  }

  @Test("A video that is blocked on one identity goes to another at once")
  func failover() async throws {
    var scenario = Scenario.ideal
    scenario.rules = [
      .init(.botCheck, path: .player, identity: "a"),
      .init(.throttled, path: .timedText, identity: "b"),
    ]
    try await Stage.with(scenario) { stage in
      let limiter = OpenLimiter()
      let proxies = ["a", "b", "c"].map { "\($0)=\(stage.proxy("http", user: $0))" }
      try await stage.withSource(proxies.joined(separator: "\n"), limiter: limiter) { source in
        for video in stage.videos(6) {
          let kind = try await source.kind(video)
          #expect(kind == nil)
        }
      }
      #expect(limiter.outcomes.contains("a blocked"))
      #expect(limiter.outcomes.contains { $0.hasPrefix("b throttled") })
      #expect(limiter.outcomes.count { $0 == "c ok" } == 6)
    }
  }

  @Test("A proxy that is down is tried once and then left alone for a while")
  func down() async throws {
    try await Stage.with { stage in
      let limiter = OpenLimiter()
      let port = try FreePort.next()
      let proxies = "a=http://127.0.0.1:\(port)\nb=\(stage.proxy("http", user: "b"))"
      try await stage.withSource(proxies, limiter: limiter) { source in
        for video in stage.videos(10) {
          let kind = try await source.kind(video)
          #expect(kind == nil)
        }
      }
      // Its own, and that of the question for a guest session.
      #expect(limiter.permits["a"] == 2)
    }
  }
}
