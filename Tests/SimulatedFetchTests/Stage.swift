import HTTPClient
import Networking
import Simulator
import Synchronization
import TestKit
import Testing
import Transcripts
import YouTubeSource

/// A simulator with every kind of proxy, and sources that ask it.
@NetworkActor
struct Stage {
  let simulator: Simulator
  let authority: String

  /// Runs `body` with a simulator.
  static func with(
    _ scenario: Scenario = .ideal, _ body: (Stage) async throws -> Void
  ) async throws {
    let pair = try TestCertificates.shared.get().youTube()
    var configuration = SimulatorConfiguration(
      certificateFile: pair.certificate, keyFile: pair.key)
    configuration.proxyPort = 0
    configuration.tlsProxyPort = 0
    configuration.socksPort = 0
    configuration.minutes = 1...2
    configuration.scenario = scenario
    let stage = Stage(
      simulator: try Simulator(configuration), authority: pair.certificate)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await stage.simulator.run() }
      try await body(stage)
      group.cancelAll()
    }
  }

  /// The address of the simulator's proxy of `scheme`, for the client of the simulated address `user`.
  func proxy(_ scheme: String, user: String) -> String {
    let port =
      switch scheme {
      case "http": self.simulator.proxyPort
      case "https": self.simulator.tlsProxyPort
      default: self.simulator.socksPort
      }
    return "\(scheme)://\(user):secret@127.0.0.1:\(port ?? 0)"
  }

  /// Runs `body` with a source that leaves through `proxies`, one a line; none: directly.
  func withSource(
    _ proxies: String = "", limiter: any EgressLimiter = OpenLimiter(),
    configure: (inout YouTubeConfiguration) -> Void = { _ in },
    _ body: (YouTubeSource) async throws -> Void
  ) async throws {
    var configuration = YouTubeConfiguration()
    configuration.caFile = self.authority
    configuration.proxyCAFile = self.authority
    configuration.proxies = try EgressProxy.list(parsing: proxies)
    if proxies.isEmpty { configuration.connectTo = ["::127.0.0.1:\(self.simulator.port)"] }
    configure(&configuration)
    let http = try HTTPClient(options: configuration.httpOptions)
    defer { http.close() }
    try await body(YouTubeSource(configuration: configuration, http: http, limiter: limiter))
  }

  func videos(_ count: Int) -> [VideoID] {
    self.simulator.videoIDs(of: "PLsim-\(count)").compactMap { VideoID($0) }
  }
}

/// Lets everything pass, and remembers what it was told.
final class OpenLimiter: EgressLimiter {
  private let log = Mutex<[String]>([])
  private let asked = Mutex<[String: Int]>([:])

  func permit(_ identity: EgressIdentity, weight: Int, count: Int) async throws -> Duration {
    self.asked.withLock { $0[identity.name, default: 0] += 1 }
    return .zero
  }

  func report(_ identity: EgressIdentity, _ outcome: EgressOutcome) async throws {
    self.log.withLock { $0.append("\(identity.name) \(outcome)") }
  }

  var outcomes: [String] { self.log.withLock { $0 } }
  /// Permits by identity.
  var permits: [String: Int] { self.asked.withLock { $0 } }
}

extension YouTubeSource {
  /// Nil: with a transcript; else the kind of the error.
  func kind(_ video: VideoID) async throws -> FetchError.Kind? {
    do {
      _ = try await self.transcript(
        of: video, languages: LanguagePreference(), deadline: .now + .seconds(60))
      return nil
    } catch let error as FetchError {
      return error.kind
    }
  }
}
