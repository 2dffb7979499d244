import HTTPClient
import Networking
import Simulator
import TestKit
import Testing
import Transcripts
import YouTubeSource

@Suite(
  "Many connections", .serialized, .timeLimit(.minutes(3)),
  .enabled(if: TestCertificates.isAvailable, Comment(rawValue: TestCertificates.missingReason)))
@NetworkActor
struct ManyConnectionsTests {
  @Test("The simulator holds 2,000 connections at once, and answers all of them")
  func twoThousand() async throws {
    var scenario = Scenario.ideal
    // Long enough that none is answered before the last has come.
    scenario.defaultLatency = .init(medianMilliseconds: 20_000)
    try await Stage.with(scenario) { stage in
      var options = HTTPClient.Options()
      options.maxTransfers = 2000
      options.maxIdleConnections = 2000
      // Of a version without HTTP/2 each transfer has a connection of its own.
      options.allowsHTTP2 = false
      options.caFile = stage.authority
      options.connectTo = ["::127.0.0.1:\(stage.simulator.port)"]
      let client = try HTTPClient(options: options)
      defer { client.close() }
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2000 {
          group.addTask {
            try await client.response(
              to: .init(
                url: "https://www.youtube.com/robots.txt", connectTimeout: .seconds(60),
                timeout: .seconds(120))
            ).status
          }
        }
        var answered = 0
        for try await _ in group { answered += 1 }
        #expect(answered == 2000)
      }
      #expect(stage.simulator.maxConcurrentRequests == 2000)
    }
  }
}
