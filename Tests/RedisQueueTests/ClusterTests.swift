internal import Networking
internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

/// Three primaries of a real cluster, and a replica of the one that has our keys.
@Suite(
  "Redis Cluster", .timeLimit(.minutes(2)),
  .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct ClusterTests {
  static let slots = 16384

  final class Nodes {
    var servers: [RedisServer] = []
    var busPorts: [UInt16] = []
    var clients: [RedisClient] = []
    func stop() async {
      for client in self.clients { await client.close() }
      for server in self.servers { server.stop() }
    }
  }

  /// - Returns: Once all of them agree; the last one is a replica of the first, which owns the slot of `{0}`.
  private func start() async throws -> Nodes {
    let nodes = Nodes()
    for _ in 0..<4 {
      let bus = try FreePort.next()
      nodes.busPorts.append(bus)
      nodes.servers.append(
        try RedisServer(arguments: [
          "--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-node-timeout",
          "500", "--cluster-config-file", "nodes.conf",
        ]))
      nodes.clients.append(
        RedisClient(
          RedisConfiguration(host: "127.0.0.1", port: nodes.servers[nodes.servers.count - 1].port)))
    }
    let first = nodes.clients[0]
    let slot = try #require(try await first.send(RedisCommand("CLUSTER", "KEYSLOT", "{0}")).integer)
    // One range in two parts around our slot, which is the first one's.
    var ranges: [[(Int, Int)]] = [[(slot, slot)], [(0, slot - 1)], [(slot + 1, Self.slots - 1)]]
    ranges = ranges.map { $0.filter { $0.0 <= $0.1 } }
    for (client, own) in zip(nodes.clients, ranges) {
      for (from, to) in own {
        _ = try await client.send(
          RedisCommand("CLUSTER", "ADDSLOTSRANGE", String(from), String(to)))
      }
    }
    for index in 1..<4 {
      _ = try await first.send(
        RedisCommand(
          "CLUSTER", "MEET", "127.0.0.1", String(nodes.servers[index].port),
          String(nodes.busPorts[index])))
    }
    let deadline = ContinuousClock.now + .seconds(30)
    let id = try #require(try await first.send(RedisCommand("CLUSTER", "MYID")).text)
    var follows = false
    // A cluster tells nothing when it is complete: asking is the only way to know.
    while !follows, ContinuousClock.now < deadline {
      follows =
        (try? await nodes.clients[3].send(RedisCommand("CLUSTER", "REPLICATE", id)))
        == .status("OK")
    }
    for client in nodes.clients {
      var state = ""
      while !state.contains("cluster_state:ok"), ContinuousClock.now < deadline {
        state = try await client.send(RedisCommand("CLUSTER", "INFO")).text ?? ""
      }
    }
    var isLinked = false
    while !isLinked, ContinuousClock.now < deadline {
      isLinked =
        try await nodes.clients[3].send(RedisCommand("INFO", "replication")).text?
        .contains("master_link_status:up") == true
    }
    try #require(follows && isLinked)
    return nodes
  }

  @Test("Any node leads to the one with the keys, and to its replica when it dies")
  func failover() async throws {
    let nodes = try await self.start()
    do {
      let seeds = [1, 2].map { "127.0.0.1:\(nodes.servers[$0].port)" }.joined(separator: ",")
      let url = try RedisURL("redis+cluster://\(seeds)")
      let queue = try RedisQueue(RedisConfiguration(url), consumer: "worker")
      #expect(queue.keys == .cluster)
      let (job, created) = try await queue.submit(
        .playlist("PLtest-list-1"), options: JobOptions())
      #expect(created)
      let listing = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      _ = try await queue.append(QueueFixture.page(0..<20), to: listing)
      let tasks = try await queue.takeFetches(atMost: 5, wait: .zero)
      #expect(try await queue.handOver(tasks.map { ($0, QueueFixture.payload) }).count == 5)
      // A worker that waits is led there as well.
      #expect(try await queue.takeExpansions(atMost: 1, wait: .milliseconds(50)).isEmpty)
      // The replica has all of it before its primary dies.
      let offset = try await nodes.clients[0].send(RedisCommand("WAIT", "1", "5000")).integer
      #expect(offset == 1)
      nodes.servers[0].kill()

      let deadline = ContinuousClock.now + .seconds(40)
      var state: JobState?
      while state != .done, ContinuousClock.now < deadline {
        do {
          let fetches = try await queue.takeFetches(atMost: 20, wait: .zero)
          if !fetches.isEmpty {
            _ = try await queue.handOver(fetches.map { ($0, QueueFixture.payload) })
          }
          let indexes = try await queue.takeIndexes(atMost: 20, maxBytes: 1 << 20, wait: .zero)
          if !indexes.isEmpty { _ = try await queue.complete(indexes) }
          state = try await queue.job(job.id)?.state
        } catch let error as QueueError where error.code == .unavailable {
          // Nobody has the keys until the replica was elected.
        }
      }
      #expect(state == .done)
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 20))
      await queue.close()
    } catch {
      await nodes.stop()
      throw error
    }
    await nodes.stop()
  }
}
