import API
import Foundation
import Networking
import Protobuf
import RPC
import RPCTransport
import TestKit
import Testing

extension RealPrograms {
  /// What of a call goes through a real gateway to the services behind it, which are the test's own.
  @Suite(
    "Calls through a gateway", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)),
    .enabled(if: TestCertificates.isAvailable, Comment(rawValue: TestCertificates.missingReason)))
  struct PropagationTests {
    private static let query = APISearchQuery.with { $0.text = "anything" }
    private static let heldQuery = APISearchQuery.with { $0.text = Recorder.held }

    /// A cluster of one gateway, with `recorder` in place of its fetcher and indexer.
    private static func with(
      _ body: (Cluster, Recorder) async throws -> Void
    ) async throws {
      let (indexer, fetcher) = (try FreePort.next(), try FreePort.next())
      var setup = Cluster.Setup()
      (setup.indexers, setup.fetchers) = (0, 0)
      setup.gateway = [
        "--indexer", "127.0.0.1:\(indexer)", "--fetcher", "127.0.0.1:\(fetcher)",
      ]
      try await Cluster.with(setup) { cluster in
        let recorder = Recorder()
        try await recorder.serving(indexer, as: "indexer", of: cluster) {
          try await recorder.serving(fetcher, as: "transcript-fetcher", of: cluster) {
            try await body(cluster, recorder)
          }
        }
      }
    }

    private static func code(_ body: () async throws -> Void) async -> RPCStatusCode {
      do {
        try await body()
        return .ok
      } catch {
        return RPCStatusCode(of: error)
      }
    }

    @Test(
      "An indexer is told the time that is left, the trace and the request's id, and nothing else")
    func search() async throws {
      try await Self.with { cluster, recorder in
        let gateway = try cluster.client()
        var arrivals = recorder.arrived.makeAsyncIterator()
        let trace = TraceContext.root(isSampled: true)
        _ = try await gateway.search(
          .with { $0.query = Self.query },
          options: RPCOptions(
            timeout: .seconds(20),
            metadata: [
              "traceparent": trace.traceparent, "tracestate": "vendor=7", "x-request-id": "r-1",
              "authorization": "Bearer secret", "x-other": "stays",
            ]))
        let told = try #require(await arrivals.next())
        #expect(told.method == "Search")
        // The gateway itself would give 30 s.
        let left = try #require(told.timeLeft)
        #expect(left > .zero && left < .seconds(20))
        #expect(told.trace?.traceIDText == trace.traceIDText)
        #expect(told.trace?.isSampled == true)
        // Two steps further: the gateway's answer, and its own call.
        #expect(told.trace.map { $0.spanID != trace.spanID } == true)
        #expect(told.metadata["tracestate"] == "vendor=7")
        #expect(told.metadata["x-request-id"] == "r-1")
        #expect(told.metadata["authorization"] == nil)
        #expect(told.metadata["x-other"] == nil)

        // Without any of it: the gateway's own limit, and a trace that begins there.
        _ = try await gateway.search(
          .with { $0.query = Self.query },
          options: RPCOptions(
            timeout: .seconds(600), metadata: ["traceparent": "nonsense", "tracestate": "a=b"]))
        let bare = try #require(await arrivals.next())
        #expect(try #require(bare.timeLeft) <= .seconds(30))
        #expect(bare.trace != nil)
        #expect(bare.metadata["tracestate"] == nil)
        #expect(bare.metadata["x-request-id"] == nil)
      }
    }

    @Test("A caller that gives up, goes away or has no time left stops what an indexer does for it")
    func cancellation() async throws {
      try await Self.with { cluster, recorder in
        let gateway = try cluster.client()
        var arrivals = recorder.arrived.makeAsyncIterator()
        var cancellations = recorder.cancelled.makeAsyncIterator()

        let search = Task {
          try await gateway.search(
            .with { $0.query = Self.heldQuery }, options: RPCOptions(timeout: .seconds(25)))
        }
        _ = await arrivals.next()
        // After 200 ms it is put to the indexer once more, and both are to end.
        _ = await arrivals.next()
        search.cancel()
        for _ in 0..<2 {
          let ended = try #require(await cancellations.next())
          #expect(ended.method == "Search")
          #expect(try #require(ended.timeLeft) > .zero, "only its deadline ended it")
        }

        // A stream, without any deadline of its caller.
        let index = IndexClient(try cluster.channel(cluster.gateways[0].port, "gateway", "client"))
        let export = Task {
          for try await _ in index.exportHits(.with { $0.query = Self.query }) {}
        }
        #expect(await arrivals.next()?.method == "ExportHits")
        export.cancel()
        #expect(await cancellations.next()?.method == "ExportHits")

        // A plain caller cannot cancel; its connection ends.
        let plain = cluster.channel(
          cluster.gateways[0].port, "gateway",
          try .client(
            authority: cluster.file("ca.pem"), certificate: cluster.file("client.pem"),
            key: cluster.file("client.key"), protocols: ["ttrpc"]))
        let plainExport = Task {
          for try await _ in IndexClient(plain).exportHits(.with { $0.query = Self.query }) {}
        }
        #expect(await arrivals.next()?.method == "ExportHits")
        await plain.close()
        #expect(await cancellations.next()?.method == "ExportHits")
        _ = await plainExport.result

        // Time that runs out: everybody measures it.
        let late = await Self.code {
          _ = try await gateway.search(
            .with { $0.query = Self.heldQuery }, options: RPCOptions(timeout: .milliseconds(150)))
        }
        #expect(late == .deadlineExceeded)
        #expect(await cancellations.next()?.method == "Search")
      }
    }

    @Test("A fetcher is told time and trace of a listing, which ends with its job or its gateway")
    func listing() async throws {
      try await Self.with { cluster, recorder in
        let gateway = try cluster.client()
        var arrivals = recorder.arrived.makeAsyncIterator()
        var cancellations = recorder.cancelled.makeAsyncIterator()
        let job = try await gateway.submit(TestPlaylists.synthetic(10))
        let told = try #require(await arrivals.next())
        #expect(told.method == "ListPlaylist")
        let left = try #require(told.timeLeft)
        #expect(left > .zero && left <= .seconds(3600))
        #expect(told.trace != nil)
        let cancelled = try await gateway.cancelJob(.with { $0.jobId = job.id })
        #expect(cancelled.job?.state == .cancelled)
        #expect(try #require(await cancellations.next()?.timeLeft) > .zero)

        _ = try await gateway.submit(TestPlaylists.synthetic(11))
        let next = try #require(await arrivals.next())
        #expect(next.trace?.traceIDText != told.trace?.traceIDText)
        #expect(cluster.gateways[0].stop() == 0)
        #expect(try #require(await cancellations.next()?.timeLeft) > .zero)
      }
    }
  }
}
