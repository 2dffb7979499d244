import API
import Foundation
import Networking
import RPC
import RPCTransport
import TestKit

/// All of Verbatim on loopback, each service a process of its own: Redis, the simulator in place of YouTube, fetchers,
/// indexers, gateways; with the certificates that `deploy/certificates` makes.
final class Cluster {
  /// What a test wants of it.
  struct Setup {
    /// None: `gateway` names others, such as a test's own.
    var fetchers = 1
    /// As ``fetchers``.
    var indexers = 1
    var gateways = 1
    /// Options of `youtube-simulator`.
    var simulator: [String] = []
    /// Options of every fetcher.
    var fetcher: [String] = []
    /// Options of every indexer, by the cluster's ``Cluster/id``.
    var indexerOptions: (String) -> [String] = { _ in [] }
    /// Options of every gateway.
    var gateway: [String] = []
    /// How the simulator behaves, as JSON.
    var scenario: String?
    /// Redis is started as operators are told to, by `deploy/redis/start`.
    var hasShippedRedis = false
    /// Services reach Redis through a proxy that can cut their connections.
    var hasProxy = false
    /// Clocks of services that are wrong, by their name, such as `indexer-1`: by so many seconds.
    var clockErrors: [String: Int] = [:]
  }

  /// How long services may take to become ready; they are debug builds, and the machine is shared.
  static let startTimeout = Duration.seconds(60)

  /// No other cluster has it; lower case letters and digits.
  let id = String(UInt64.random(in: 0...UInt64(UInt32.max)), radix: 36)
  let redis: RedisServer
  let proxy: CuttingProxy?
  /// Of the simulator's control pages.
  let simulatorControlPort: UInt16
  private(set) var simulator: ServiceProcess
  private(set) var fetchers: [ServiceProcess] = []
  private(set) var indexers: [ServiceProcess] = []
  private(set) var gateways: [ServiceProcess] = []
  let certificates: URL
  let indexFolder: URL
  private let folder: URL
  private let clockErrors: [String: Int]
  private var clients: [RPCClient] = []

  /// Starts everything, waits until all are ready, runs `body`, and stops all.
  static func with<Result>(
    _ setup: Setup = Setup(), _ body: (Cluster) async throws -> Result
  ) async throws -> Result {
    let cluster = try Cluster(setup)
    do {
      try await cluster.waitUntilReady()
      let result = try await body(cluster)
      await cluster.stop()
      return result
    } catch {
      print(cluster.lastWords)
      await cluster.stop()
      throw error
    }
  }

  private init(_ setup: Setup) throws {
    self.folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("verbatim-cluster-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    self.certificates = self.folder.appendingPathComponent("certificates")
    self.indexFolder = self.folder.appendingPathComponent("index")
    try Self.run(
      Executables.repository.appendingPathComponent("deploy/certificates"),
      [self.certificates.path],
      // Certificates are good from now on: clocks that are behind need older ones.
      setup.clockErrors.isEmpty ? [:] : WrongClock.environment(by: -86_400))
    self.clockErrors = setup.clockErrors
    self.redis = try RedisServer(
      script: setup.hasShippedRedis
        ? Executables.repository.appendingPathComponent("deploy/redis/start") : nil)
    self.proxy = setup.hasProxy ? try CuttingProxy(to: self.redis.port) : nil
    self.simulatorControlPort = try FreePort.next()
    var simulatorOptions = setup.simulator
    if let scenario = setup.scenario {
      let file = self.folder.appendingPathComponent("scenario.json")
      try Data(scenario.utf8).write(to: file)
      simulatorOptions += ["--scenario", file.path]
    }
    let simulatorPort = try FreePort.next()
    self.simulator = try ServiceProcess(
      name: "simulator", executable: Executables.url("youtube-simulator"),
      arguments: [
        "--listen", "127.0.0.1:\(simulatorPort)",
        "--control-listen", "127.0.0.1:\(self.simulatorControlPort)",
        "--tls-certificate", self.certificates.appendingPathComponent("simulator.pem").path,
        "--tls-key", self.certificates.appendingPathComponent("simulator.key").path,
      ] + simulatorOptions, port: simulatorPort, hasHealthCheck: false,
      folder: self.folder)
    for number in 1..<(setup.fetchers + 1) {
      self.fetchers.append(
        try self.service(
          "transcript-fetcher", number,
          [
            "--connect-to", "127.0.0.1:\(simulatorPort)", "--source-ca", self.file("ca.pem"),
            "--rate-limit", "100000", "--rate-burst", "100000", "--rate-hourly", "100000000",
          ] + setup.fetcher))
    }
    for number in 1..<(setup.indexers + 1) {
      self.indexers.append(
        try self.service(
          "indexer", number,
          ["--data-folder", self.indexFolder.path] + setup.indexerOptions(self.id)))
    }
    let peers =
      self.fetchers.flatMap { ["--fetcher", "127.0.0.1:\($0.port)"] }
      + self.indexers.flatMap { ["--indexer", "127.0.0.1:\($0.port)"] }
    for number in 1...setup.gateways {
      self.gateways.append(try self.service("gateway", number, peers + setup.gateway))
    }
  }

  /// Path of a file that `deploy/certificates` made.
  func file(_ name: String) -> String { self.certificates.appendingPathComponent(name).path }

  private func service(_ name: String, _ number: Int, _ arguments: [String]) throws
    -> ServiceProcess
  {
    let port = try FreePort.next()
    let adminPort = try FreePort.next()
    return try ServiceProcess(
      name: "\(name)-\(number)", executable: Executables.url(name),
      arguments: [
        "--listen", "127.0.0.1:\(port)", "--admin-listen", "127.0.0.1:\(adminPort)",
        "--redis-url", "redis://127.0.0.1:\(self.proxy?.port ?? self.redis.port)",
        "--consumer-name",
        "\(name)-\(number)",
        "--tls-ca", self.file("ca.pem"), "--tls-certificate", self.file("\(name).pem"),
        "--tls-key", self.file("\(name).key"),
      ] + arguments,
      environment: self.clockErrors["\(name)-\(number)"].map { WrongClock.environment(by: $0) }
        ?? [:],
      port: port, hasHealthCheck: true, folder: self.folder)
  }

  /// Runs the command line tool against the first gateway.
  func verbatim(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    try self.startVerbatim(arguments).end()
  }

  /// Starts it; what it says must fit into the pipes until somebody reads it.
  func startVerbatim(_ arguments: [String]) throws -> RunningTool {
    try RunningTool(
      arguments + [
        "--gateway", "127.0.0.1:\(self.gateways[0].port)", "--tls-ca", self.file("ca.pem"),
        "--tls-certificate", self.file("client.pem"), "--tls-key", self.file("client.key"),
      ])
  }

  var services: [ServiceProcess] { self.fetchers + self.indexers + self.gateways }

  /// A client of one gateway, with the certificate of an ordinary caller unless another is named.
  func client(gateway: Int = 0, certificate: String = "client") throws -> GatewayClient {
    GatewayClient(try self.channel(self.gateways[gateway].port, "gateway", certificate))
  }

  /// A client of one indexer, as the gateway is.
  func indexer(_ number: Int) throws -> IndexerClient {
    IndexerClient(try self.channel(self.indexers[number].port, "indexer", "gateway"))
  }

  func channel(_ port: UInt16, _ name: String, _ certificate: String) throws -> RPCClient {
    self.channel(
      port, name,
      try .client(
        authority: self.file("ca.pem"), certificate: self.file("\(certificate).pem"),
        key: self.file("\(certificate).key"), protocols: RPCProtocol.names))
  }

  func channel(
    _ port: UInt16, _ name: String, _ tls: TLSContext,
    _ options: RPCClientOptions = RPCClientOptions()
  ) -> RPCClient {
    let client = RPCClient(
      endpoints: [Endpoint(host: "127.0.0.1", port: port)], tls: tls, serverName: name,
      options: options)
    self.clients.append(client)
    return client
  }

  func waitUntilReady() async throws {
    let deadline = ContinuousClock.now + Self.startTimeout
    for service in self.services {
      while !(await service.isReady()) {
        guard service.isRunning, ContinuousClock.now < deadline else {
          throw ClusterError("\(service.name) is not ready:\n\(service.lastWords)")
        }
        // A process of its own tells nothing when it becomes ready: asking is the only way to know.
        try await Task.sleep(for: .milliseconds(20), clock: .continuous)
      }
    }
  }

  func stop() async {
    for client in self.clients { await client.close() }
    for service in self.gateways + self.fetchers + self.indexers { service.kill() }
    self.simulator.kill()
    self.proxy?.stop()
    self.redis.stop()
    // A folder that cannot be removed stays in the system's temporary folder; no test depends on it.
    try? FileManager.default.removeItem(at: self.folder)
  }

  var lastWords: String {
    (self.services + [self.simulator]).map { "--- \($0.name)\n\($0.lastWords)" }
      .joined(separator: "\n")
  }

  private static func run(
    _ program: URL, _ arguments: [String], _ environment: [String: String]
  ) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ClusterError("\(program.lastPathComponent) ended with \(process.terminationStatus)")
    }
  }
}

/// The command line tool while it runs.
final class RunningTool {
  private let process = Process()
  private let (output, errors) = (Pipe(), Pipe())

  init(_ arguments: [String]) throws {
    self.process.executableURL = try Executables.url("verbatim")
    self.process.arguments = arguments
    self.process.standardInput = FileHandle.nullDevice
    self.process.standardOutput = self.output
    self.process.standardError = self.errors
    try self.process.run()
  }

  /// Waits for its end.
  func end() -> (status: Int32, output: String, errors: String) {
    let output = self.output.fileHandleForReading.readDataToEndOfFile()
    let errors = self.errors.fileHandleForReading.readDataToEndOfFile()
    self.process.waitUntilExit()
    return (
      self.process.terminationStatus, String(decoding: output, as: UTF8.self),
      String(decoding: errors, as: UTF8.self)
    )
  }
}

struct ClusterError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
