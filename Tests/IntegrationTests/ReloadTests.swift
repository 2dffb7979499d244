import API
import Foundation
import Networking
import Protobuf
import RPC
import RPCTransport
import TestKit
import Testing

extension RealPrograms {
  /// SIGHUP: certificates, authorities and tokens are exchanged under a running system.
  @Suite(
    "Reloading", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)),
    .enabled(if: TestCertificates.isAvailable, Comment(rawValue: TestCertificates.missingReason)))
  struct ReloadTests {
    private static let done = "Certificates and tokens were read again."
    private static let refused = "could not be read again; the old ones stay in use."

    @Test(
      "With a new authority, certificates and tokens, what is open goes on and what comes sees the new; a token taken back is refused at once"
    )
    func exchange() async throws {
      try await Self.withFolder { folder in
        let tokens = folder.appending(path: "tokens")
        let kept = try await Self.token("kept", tokens)
        let takenBack = try await Self.token("taken-back", tokens)
        var setup = Cluster.Setup()
        setup.gateway = ["--tokens", tokens.path]
        try await Cluster.with(setup) { cluster in
          let old = try cluster.client()
          #expect(try await old.index(TestPlaylists.samples).state == .done)
          #expect(try await Self.finds(old))
          #expect(try cluster.verbatim("pause", "--all").status == 0)
          let job = try await old.submit(TestPlaylists.synthetic(30))
          let (changes, told) = AsyncStream.makeStream(of: GatewayJob.self)
          async let followed = old.watch(job.id) { told.yield($0) }
          var iterator = changes.makeAsyncIterator()
          _ = await iterator.next()
          let keptCaller = try Self.caller(cluster, cluster.file("ca.pem"), token: kept)
          let refusedCaller = try Self.caller(cluster, cluster.file("ca.pem"), token: takenBack)
          for caller in [keptCaller, refusedCaller] { #expect(await Self.code(caller) == .ok) }
          // It connects with its first call, and knows the old authority only.
          let late = try cluster.client()

          let new = folder.appending(path: "new")
          try await Self.make(new)
          try Self.exchange(cluster, for: new)
          try Self.remove("taken-back", from: tokens)
          let added = try await Self.token("added", tokens)
          for service in cluster.services { service.signal(SIGHUP) }
          for service in cluster.services { try await service.waitForLine(Self.done) }

          // What was open: its client would not trust the server that it would find now.
          #expect(await Self.code(old) == .ok)
          #expect(await Self.code(keptCaller) == .ok)
          #expect(await Self.code(refusedCaller) == .unauthenticated)
          // What comes.
          let authority = new.appending(path: "ca.pem").path
          #expect(await Self.code(late) == .unavailable)
          let newcomer = try Self.caller(cluster, authority, new.appending(path: "client"))
          #expect(await Self.code(newcomer) == .ok)
          let stranger = try Self.caller(
            cluster, authority, cluster.certificates.appending(path: "client"))
          #expect(await Self.code(stranger) == .unauthenticated)
          #expect(
            await Self.code(try Self.caller(cluster, authority, token: added)) == .ok)
          #expect(
            await Self.code(try Self.caller(cluster, authority, token: takenBack))
              == .unauthenticated)

          // The stream that was open tells on, to the end.
          _ = try await newcomer.listJobs(GatewayListJobsRequest())
          let pipeline = PipelineClient(
            try Self.channel(cluster, authority, new.appending(path: "client")))
          _ = try await pipeline.resumePipeline(PipelineResumePipelineRequest())
          #expect(try await followed.counts?.done == 30)
          // The gateway as a caller: an indexer that starts now has the new certificate, and asks for one of the new authority.
          #expect(try await Self.finds(newcomer))
          try cluster.indexers[0].restart()
          try await cluster.waitUntilReady()
          #expect(try await Self.finds(newcomer))
        }
      }
    }

    @Test("A file that cannot be used is refused by its name, and all old ones stay in use")
    func broken() async throws {
      try await Self.withFolder { folder in
        let tokens = folder.appending(path: "tokens")
        let token = try await Self.token("caller", tokens)
        var setup = Cluster.Setup()
        setup.gateway = ["--tokens", tokens.path]
        try await Cluster.with(setup) { cluster in
          let gateway = cluster.gateways[0]
          let garbage = Data("no such thing\n".utf8)
          let otherKey = try Data(contentsOf: URL(filePath: cluster.file("client.key")))
          let files: [(path: String, content: Data?)] = [
            (cluster.file("gateway.pem"), garbage), (cluster.file("gateway.key"), garbage),
            (cluster.file("gateway.key"), otherKey), (cluster.file("gateway.key"), nil),
            (cluster.file("ca.pem"), garbage), (cluster.file("ca.pem"), Data()),
            (tokens.path, garbage), (tokens.path, nil),
          ]
          let authority = folder.appending(path: "ca.pem").path
          try FileManager.default.copyItem(atPath: cluster.file("ca.pem"), toPath: authority)
          for (number, file) in files.enumerated() {
            let url = URL(filePath: file.path)
            let before = try Data(contentsOf: url)
            if let content = file.content {
              try content.write(to: url, options: .atomic)
            } else {
              try FileManager.default.removeItem(at: url)
            }
            gateway.signal(SIGHUP)
            let line = try await gateway.waitForLine(Self.refused, count: number + 1)
            #expect(line.contains(file.path), "\(line)")
            #expect(line.contains(#""level":"error""#), "\(line)")
            // New connections, with a certificate and with a token.
            let known = try Self.caller(
              cluster, authority, cluster.certificates.appending(path: "client"))
            #expect(await Self.code(known) == .ok, "\(file.path)")
            #expect(
              await Self.code(try Self.caller(cluster, authority, token: token)) == .ok,
              "\(file.path)")
            try before.write(to: url, options: .atomic)
          }
          #expect(!gateway.lines.contains { $0.contains(Self.done) })
          gateway.signal(SIGHUP)
          try await gateway.waitForLine(Self.done)
        }
      }
    }

    // MARK: Callers

    /// A caller with a certificate (a path without `.pem` and `.key`), or with a token.
    private static func caller(
      _ cluster: Cluster, _ authority: String, _ certificate: URL? = nil, token: String? = nil
    ) throws -> GatewayClient {
      GatewayClient(try Self.channel(cluster, authority, certificate, token: token))
    }

    private static func channel(
      _ cluster: Cluster, _ authority: String, _ certificate: URL? = nil, token: String? = nil
    ) throws -> RPCClient {
      var options = RPCClientOptions()
      options.bearerToken = token
      return cluster.channel(
        cluster.gateways[0].port, "gateway",
        try .client(
          authority: authority, certificate: certificate.map { "\($0.path).pem" },
          key: certificate.map { "\($0.path).key" }, protocols: RPCProtocol.names), options)
    }

    /// How a call ends that nobody is refused who may call at all.
    private static func code(_ gateway: GatewayClient) async -> RPCStatusCode {
      do {
        _ = try await gateway.listJobs(GatewayListJobsRequest())
        return .ok
      } catch {
        return RPCStatusCode(of: error)
      }
    }

    /// Whether a search, which an indexer answers, finds something.
    private static func finds(_ gateway: GatewayClient) async throws -> Bool {
      let query = APISearchQuery.with { $0.text = "talk" }
      return try await (gateway.search(.with { $0.query = query }).results?.total ?? 0) > 0
    }

    // MARK: Files

    private static func withFolder(_ body: (URL) async throws -> Void) async throws {
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "verbatim-reload-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      // A folder that cannot be removed stays in the system's temporary folder; no test depends on it.
      defer { try? FileManager.default.removeItem(at: folder) }
      try await body(folder)
    }

    private static func make(_ certificates: URL) async throws {
      try await Self.run("deploy/certificates", certificates.path)
    }

    private static func token(_ identity: String, _ file: URL) async throws -> String {
      try await Self.run("deploy/token", identity, file.path)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @discardableResult
    private static func run(_ script: String, _ arguments: String...) async throws -> String {
      let ended = try await Program.run(
        Executables.repository.appending(path: script), arguments)
      guard ended.status == 0 else { throw ClusterError("\(script): \(ended.output)") }
      return ended.output
    }

    private static func remove(_ identity: String, from tokens: URL) throws {
      let lines = try String(contentsOf: tokens, encoding: .utf8).split(separator: "\n")
        .filter { !$0.contains(" \(identity) ") }
      try Data(lines.map { "\($0)\n" }.joined().utf8).write(to: tokens, options: .atomic)
    }

    /// The authority and what the services show; not what callers do.
    private static func exchange(_ cluster: Cluster, for new: URL) throws {
      let names = ["gateway", "transcript-fetcher", "indexer"].flatMap {
        ["\($0).pem", "\($0).key"]
      }
      for name in ["ca.pem"] + names {
        try Data(contentsOf: new.appending(path: name))
          .write(to: cluster.certificates.appending(path: name), options: .atomic)
      }
    }
  }
}
