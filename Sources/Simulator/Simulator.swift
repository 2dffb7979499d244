internal import HTTPServer
public import Networking

/// A stand-in for YouTube: real TLS, real paths, real shapes, invented content.
///
/// Made for demonstrations, tests and load runs; it answers only for its own identifiers (`README.md` in this folder).
@NetworkActor
public final class Simulator {
  private let youTube: SimulatedYouTube
  private let tunnels: Tunnels
  private let direct: DirectServer
  private let proxy: HTTPServer?
  private let tlsProxy: HTTPServer?
  private let socks: SOCKSServer?
  private let control: HTTPServer?

  /// Listens at once; ``run()`` serves.
  ///
  /// - Throws: what listening or reading the certificate throws; it names the address or the file.
  public init(_ configuration: SimulatorConfiguration) throws {
    let youTube = SimulatedYouTube(
      seed: configuration.seed, minutes: configuration.minutes,
      paddingBytes: min(max(0, configuration.paddingBytes), 400_000),
      scenario: configuration.scenario)
    let tunnels = Tunnels()
    self.youTube = youTube
    self.tunnels = tunnels
    self.direct = try DirectServer(configuration) { request in
      await youTube.answer(request, identity: tunnels.identity(of: request))
    }
    tunnels.port = self.direct.port
    let proxy = { (port: UInt16?, tls: TLSContext?) in
      try port.map {
        var options = HTTPServerOptions(address: configuration.address, port: $0)
        options.maxConnections = configuration.maxConnections
        return try HTTPServer(options: options, tls: tls) { await tunnels.answer($0) }
      }
    }
    self.proxy = try proxy(configuration.proxyPort, nil)
    self.tlsProxy = try proxy(
      configuration.tlsProxyPort,
      TLSContext.server(
        certificate: configuration.certificateFile, key: configuration.keyFile,
        clientAuthority: nil, protocols: ["http/1.1"]))
    self.socks = try configuration.socksPort.map {
      try SOCKSServer(configuration, port: $0, tunnels: tunnels)
    }
    if let port = configuration.controlPort {
      let control = ControlPages(youTube: youTube)
      let options = HTTPServerOptions(address: configuration.controlAddress, port: port)
      self.control = try HTTPServer(options: options) { control.answer($0) }
    } else {
      self.control = nil
    }
  }

  /// The port for TLS; see ``SimulatorConfiguration/port``.
  public var port: UInt16 { self.direct.port }
  public var proxyPort: UInt16? { self.proxy?.port }
  public var tlsProxyPort: UInt16? { self.tlsProxy?.port }
  public var socksPort: UInt16? { self.socks?.port }
  public var controlPort: UInt16? { self.control?.port }
  /// Connections to the TLS port that are open, those of tunnels too.
  public var connectionCount: Int { self.direct.connectionCount }

  /// Replaces how it behaves from the next request on.
  public var scenario: Scenario {
    get { self.youTube.scenario }
    set { self.youTube.scenario = newValue }
  }

  /// Requests of each kind so far.
  public var requestCounts: [Scenario.Path: Int] { self.youTube.ledger.requests }
  /// Requests of each identity so far.
  public var identityCounts: [String: Int] { self.youTube.ledger.identities }
  /// The most requests that were being answered at one time.
  public var maxConcurrentRequests: Int { self.youTube.ledger.maxRunning }

  /// Forgets attempts, windows, counters and the log.
  public func reset() { self.youTube.reset() }

  /// Words that only this synthetic video contains; empty for any other.
  public func rareWords(of videoID: String) -> [String] {
    SyntheticVideoID(videoID).map { self.youTube.catalog.speech.rareWords(of: $0) } ?? []
  }

  /// The identifiers of a playlist's videos, in its order; empty for an unknown playlist.
  public func videoIDs(of playlistID: String) -> [String] {
    guard let playlist = self.youTube.catalog.playlist(playlistID) else { return [] }
    return (0..<playlist.count).map { playlist.videoID(at: $0) }
  }

  /// Serves until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.direct.run() }
      for server in [self.proxy, self.tlsProxy, self.control].compactMap({ $0 }) {
        group.addTask { await server.run() }
      }
    }
    self.socks?.close()
  }
}
