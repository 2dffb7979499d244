import Foundation
import TestKit
import Testing

extension RealPrograms {
  /// The command line tool in its own process, against the services in theirs.
  @Suite(
    "Exploring with verbatim call", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)))
  struct ExploreTests {
    /// Runs `verbatim call` against a service of the cluster.
    private static func call(
      _ cluster: Cluster, _ service: ServiceProcess, as name: String, _ line: String...,
      input: String = ""
    ) async throws -> Program.Result {
      try await Program.run(
        Executables.url("verbatim"),
        [
          "call", "--address", "127.0.0.1:\(service.port)", "--tls-server-name", name,
          "--tls-ca", cluster.file("ca.pem"), "--tls-certificate", cluster.file("client.pem"),
          "--tls-key", cluster.file("client.key"), "--json",
        ] + line, input: input)
    }

    @Test(
      "Every service says that it is ready and what it offers, to any caller with a certificate")
    func everyService() async throws {
      try await Cluster.with { cluster in
        for (service, name, own) in [
          (cluster.gateways[0], "gateway", "verbatim.gateway.v1.GatewayService"),
          (cluster.fetchers[0], "transcript-fetcher", "verbatim.fetcher.v1.FetcherService"),
          (cluster.indexers[0], "indexer", "verbatim.indexer.v1.IndexerService"),
        ] {
          let health = try await Self.call(cluster, service, as: name, "Health/Check")
          #expect(health.output == "{\"status\":\"SERVING\"}\n")
          #expect(health.status == 0)
          let list = try await Self.call(cluster, service, as: name, "list")
          #expect(list.output.contains(own + "\n"), "\(list.output)")
          let text = try await Self.call(cluster, service, as: name, "describe", own)
          #expect(text.output.contains("service "), "\(text.output)")
        }
        // Who may call the service itself is another matter.
        let refused = try await Self.call(
          cluster, cluster.indexers[0], as: "indexer", "IndexerService/GetIndexStats")
        #expect(refused.output.hasPrefix("error: PERMISSION_DENIED: "), "\(refused.output)")
        #expect(refused.status == 2)
      }
    }

    @Test("The gateway is called by reflection alone: unary, streams, standard input, errors")
    func gateway() async throws {
      try await Cluster.with { cluster in
        let gateway = cluster.gateways[0]
        let submitted = try await Self.call(
          cluster, gateway, as: "gateway", "GatewayService/SubmitPlaylist", "-d", "-",
          input: "{\"url\": \"\(TestPlaylists.synthetic(3))\"}")
        #expect(submitted.output.hasPrefix("{\"job\":{\"id\":\""), "\(submitted.output)")
        let id = submitted.output.dropFirst("{\"job\":{\"id\":\"".count).prefix { $0 != "\"" }
        let watched = try await Self.call(
          cluster, gateway, as: "gateway", "GatewayService/WatchJob", "-d", "{\"jobId\": \"\(id)\"}"
        )
        #expect(watched.output.contains("\"state\":\"JOB_STATE_DONE\""), "\(watched.output)")
        #expect(watched.status == 0)
        let unknown = try await Self.call(
          cluster, gateway, as: "gateway", "GatewayService/GetJob", "-d", "{\"jobId\": \"0\"}")
        #expect(unknown.status == 2, "\(unknown.output)")
        let asked = try await Self.call(
          cluster, gateway, as: "gateway", "ServerReflection/ServerReflectionInfo", "-d", "-",
          input: "{\"listServices\": \"\"}\n{\"fileByFilename\": \"no.proto\"}")
        #expect(asked.output.split(separator: "\n").count == 2, "\(asked.output)")
        #expect(asked.output.contains("\"errorCode\":5"))
      }
    }
  }
}
