import API
import Foundation
import Protobuf
import RPC
import TestKit
import Testing

extension RealPrograms {
  /// What callers of a gateway are told while there is no Redis.
  @Suite(
    "Calls without Redis", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missingReason)))
  struct OutageTests {
    /// Shorter than any wait for Redis that would not end by itself, and than the command line's.
    private static let patience = RPCOptions(timeout: .seconds(8))

    private static func error(_ gateway: GatewayClient) async -> RPCError? {
      do {
        _ = try await gateway.listJobs(GatewayListJobsRequest(), options: Self.patience)
        return nil
      } catch {
        return error as? RPCError
      }
    }

    @Test(
      "When Redis dies under calls, every caller hears it in time, with where it was and what to do; then all goes on"
    )
    func killed() async throws {
      try await Cluster.with { cluster in
        let gateway = try cluster.client()
        let job = try await gateway.index(TestPlaylists.samples)
        let (failures, tell) = AsyncStream.makeStream(of: RPCError?.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<8 {
            group.addTask {
              while !Task.isCancelled { tell.yield(await Self.error(gateway)) }
            }
          }
          var ends = failures.makeAsyncIterator()
          _ = await ends.next()
          cluster.redis.kill()
          // Some were answered before; then each of the callers meets it many times.
          var told: [RPCError] = []
          while told.count < 100, let end = await ends.next() { end.map { told.append($0) } }
          group.cancelAll()
          #expect(told.allSatisfy { $0.code == .unavailable }, "\(told.map(\.code))")
          let last = try #require(told.last)
          #expect(last.message.contains("Redis at 127.0.0.1:\(cluster.redis.port)"), "\(last)")
          #expect(last.message.contains("Start it, or correct the URL"), "\(last)")
        }
        let listed = try cluster.verbatim("jobs")
        #expect(listed.status == 69, "\(listed.errors)")
        #expect(listed.errors.contains("127.0.0.1:\(cluster.redis.port)"), "\(listed.errors)")

        try cluster.redis.restart()
        // A second after the last failure the next caller's attempt finds it.
        var isBack = false
        while !isBack { isBack = await Self.error(gateway) == nil }
        let kept = try await gateway.getJob(.with { $0.jobId = job.id })
        #expect(kept.job?.state == .done)
        #expect(try await gateway.index(TestPlaylists.synthetic(5)).counts?.done == 5)
      }
    }

    @Test("When Redis hangs, the command line hears it before it gives up by itself")
    func hangs() async throws {
      try await Cluster.with { cluster in
        _ = try await cluster.client().listJobs(GatewayListJobsRequest())
        cluster.redis.pause(true)
        let listed = try cluster.verbatim("jobs")
        cluster.redis.pause(false)
        #expect(listed.status == 69, "\(listed.errors)")
        #expect(listed.errors.contains("127.0.0.1:\(cluster.redis.port)"), "\(listed.errors)")
      }
    }
  }
}
