internal import Pipeline
internal import RedisClient
internal import RedisQueue
internal import TestKit
internal import Testing
internal import Transcripts

@Suite(
  "The queue on a real Redis",
  .enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
struct WholeLifeTests {
  static let playlist = SourceID.playlist("PLBB231211A4F62143")

  private func withQueue(_ body: (RedisQueue) async throws -> Void) async throws {
    let server = try RedisServer()
    defer { server.stop() }
    let configuration = RedisConfiguration(host: "127.0.0.1", port: server.port)
    let queue = try RedisQueue(configuration, consumer: "worker-1")
    try await body(queue)
    await queue.close()
  }

  private func page(_ range: Range<Int>, cursor: String? = nil) throws -> PlaylistPage {
    PlaylistPage(
      items: try range.map { number in
        let id = String(String(number + 10_000_000_000).prefix(11))
        return PlaylistItem(video: Video(id: try #require(VideoID(id))))
      }, cursor: cursor, title: "Talks", statedTotal: 3)
  }

  /// Submits and lists `count` videos.
  private func submit(_ count: Int, to queue: RedisQueue) async throws -> JobID {
    let job = try await queue.submit(Self.playlist, options: JobOptions()).job
    let expansions = try await queue.takeExpansions(atMost: 1, wait: .seconds(2))
    let expansion = try #require(expansions.first)
    #expect(expansion.job == job.id)
    #expect(try await queue.append(self.page(0..<count), to: expansion) == .accepted)
    return job.id
  }

  @Test("Videos go from submitted to done, and every one is counted once")
  func wholeLife() async throws {
    try await self.withQueue { queue in
      let id = try await self.submit(3, to: queue)
      let fetches = try await queue.takeFetches(atMost: 10, wait: .seconds(2))
      #expect(fetches.count == 3)
      let fetching = try #require(try await queue.job(id))
      #expect(fetching.counts.fetching == 3 && fetching.counts.total == 3)
      #expect(fetching.title == "Talks" && fetching.listingComplete)

      let handed = try await queue.handOver(fetches.map { ($0, [1, 2, 3]) })
      #expect(handed == [.accepted, .accepted, .accepted])
      let indexes = try await queue.takeIndexes(
        atMost: 10, maxBytes: 1 << 20, wait: .seconds(2))
      #expect(indexes.map(\.payload) == [[1, 2, 3], [1, 2, 3], [1, 2, 3]])
      #expect(try await queue.complete(indexes) == [.accepted, .accepted, .accepted])

      let done = try #require(try await queue.job(id))
      #expect(done.state == .done)
      #expect(done.counts.done == 3 && done.counts.total == 3)
    }
  }

  @Test("Submitting a playlist that is being indexed returns the running job")
  func submitTwice() async throws {
    try await self.withQueue { queue in
      let first = try await queue.submit(Self.playlist, options: JobOptions())
      let second = try await queue.submit(Self.playlist, options: JobOptions())
      #expect(first.created && !second.created)
      #expect(first.job.id == second.job.id)
    }
  }

  @Test("A repeated report changes nothing, and one with another's proof is refused")
  func fencing() async throws {
    try await self.withQueue { queue in
      let id = try await self.submit(1, to: queue)
      let task = try #require(try await queue.takeFetches(atMost: 1, wait: .seconds(2)).first)
      var foreign = task
      foreign.claim.token = "somebody#1"
      #expect(try await queue.handOver([(foreign, [9])]) == [.stale])
      #expect(try await queue.handOver([(task, [1])]) == [.accepted])
      #expect(try await queue.handOver([(task, [1])]) == [.accepted])
      let job = try #require(try await queue.job(id))
      #expect(job.counts.indexing == 1 && job.counts.total == 1)
    }
  }

  @Test("A permanent failure ends a video with its reason; one of the identity spends no attempt")
  func failures() async throws {
    try await self.withQueue { queue in
      let id = try await self.submit(2, to: queue)
      let tasks = try await queue.takeFetches(atMost: 2, wait: .seconds(2))
      try #require(tasks.count == 2)
      let outcomes = try await queue.fail([
        (
          tasks[0], TaskFailure(kind: "private", message: "It is private.", consequence: .permanent)
        ),
        (
          tasks[1],
          TaskFailure(
            kind: "throttled", message: "Too fast.", consequence: .waitForIdentity,
            retryAfter: .seconds(60))
        ),
      ])
      #expect(outcomes == [.accepted, .accepted])
      let job = try #require(try await queue.job(id))
      #expect(job.counts.failed == 1 && job.counts.queued == 1)
      let failed = try await queue.videos(of: id, in: .failed, pageSize: 10, pageToken: nil)
      #expect(failed?.elements.first?.errorKind == "private")
      #expect(failed?.elements.first?.errorMessage == "It is private.")
      let waiting = try await queue.videos(of: id, in: .queued, pageSize: 10, pageToken: nil)
      #expect(waiting?.elements.first?.attempts == 0)
    }
  }

  @Test("Cancelling is one step, and late results are refused")
  func cancel() async throws {
    try await self.withQueue { queue in
      let id = try await self.submit(50, to: queue)
      let tasks = try await queue.takeFetches(atMost: 5, wait: .seconds(2))
      let cancelled = try #require(try await queue.cancel(id))
      #expect(cancelled.state == .cancelled)
      #expect(cancelled.counts.cancelled == 50 && cancelled.counts.total == 50)
      let late = try await queue.handOver(tasks.map { ($0, [1]) })
      #expect(late == Array(repeating: .cancelled, count: tasks.count))
      #expect(try await queue.takeFetches(atMost: 5, wait: .milliseconds(50)).isEmpty)
    }
  }
}
