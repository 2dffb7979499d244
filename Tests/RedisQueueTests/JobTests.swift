internal import Pipeline
internal import RedisClient
internal import RedisQueue
internal import TestKit
internal import Testing
internal import Transcripts

@Suite("Jobs", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct JobTests {
  @Test("A submitted playlist is listed, fetched and indexed, and every step is counted")
  func life() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let (submitted, created) = try await queue.submit(
        .playlist("PLtest-list-1"), options: JobOptions())
      #expect(created)
      #expect(submitted.state == .running)
      #expect(submitted.source == .playlist("PLtest-list-1"))
      #expect(submitted.createdMilliseconds > 0)

      let expansion = try await queue.takeExpansions(atMost: 5, wait: .zero)
      #expect(expansion.map(\.source) == [.playlist("PLtest-list-1")])
      #expect(expansion[0].cursor == nil)
      #expect(expansion[0].attempt == 1)
      var page = QueueFixture.page(0..<3, cursor: "next")
      page.title = "A list"
      page.statedTotal = 4
      #expect(try await queue.append(page, to: expansion[0]) == .accepted)
      #expect(try await queue.append(QueueFixture.page(3..<4), to: expansion[0]) == .accepted)
      var job = try #require(try await queue.job(submitted.id))
      #expect(job.title == "A list")
      #expect(job.statedTotal == 4)
      #expect(job.listingComplete)
      #expect(job.counts == JobCounts(queued: 4))

      let fetches = try await queue.takeFetches(atMost: 3, wait: .zero)
      #expect(fetches.map(\.video) == (0..<3).map(QueueFixture.video))
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 1, fetching: 3))
      let handed = try await queue.handOver(fetches.map { ($0, Array($0.video.text.utf8)) })
      #expect(handed == [.accepted, .accepted, .accepted])
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 1, indexing: 3))

      let indexes = try await queue.takeIndexes(atMost: 10, maxBytes: 1 << 20, wait: .zero)
      #expect(indexes.map(\.payload) == indexes.map { Array($0.video.text.utf8) })
      #expect(indexes.allSatisfy { $0.source == .playlist("PLtest-list-1") })
      #expect(try await queue.complete(indexes) == [.accepted, .accepted, .accepted])
      try await fixture.drain()
      job = try #require(try await queue.job(job.id))
      #expect(job.counts == JobCounts(done: 4))
      #expect(job.state == .done)
      #expect(job.endedMilliseconds != nil)
      #expect(try await queue.statistics()["bytes"] == 0)
    }
  }

  @Test("A playlist submitted while it runs returns the running job, and a new one after its end")
  func submitTwice() async throws {
    try await QueueFixture.with { fixture in
      let first = try await fixture.job("PLtest-list-1", 0..<1)
      let again = try await fixture.queue.submit(.playlist("PLtest-list-1"), options: JobOptions())
      #expect(!again.created)
      #expect(again.job.id == first.id)
      #expect(
        try await fixture.redis("GET", "playlist_task:PLtest-list-1").text == first.id.text)
      try await fixture.drain()
      let ttl = try await fixture.redis("TTL", "playlist_task:PLtest-list-1").integer ?? -1
      #expect((7100...7200).contains(ttl))
      let after = try await fixture.queue.submit(.playlist("PLtest-list-1"), options: JobOptions())
      #expect(after.created)
      #expect(after.job.id != first.id)
    }
  }

  @Test("A single video needs no listing")
  func singleVideo() async throws {
    try await QueueFixture.with { fixture in
      let job = try await fixture.queue.submit(
        .video(QueueFixture.video(7)), options: JobOptions()
      ).job
      #expect(job.listingComplete)
      #expect(job.counts == JobCounts(queued: 1))
      try await fixture.drain()
      #expect(try await fixture.queue.job(job.id)?.state == .done)
    }
  }

  @Test("Languages reach the fetcher as they were asked for")
  func languages() async throws {
    try await QueueFixture.with { fixture in
      let languages = LanguagePreference(languageCodes: ["de", "pt-BR"], anyLanguage: false)
      try await fixture.job("PLtest-list-1", 0..<2, options: JobOptions(languages: languages))
      let tasks = try await fixture.queue.takeFetches(atMost: 2, wait: .zero)
      #expect(tasks.map(\.languages) == [languages, languages])
      await #expect(throws: QueueError.self) {
        try await fixture.queue.submit(
          .playlist("PLtest-list-2"),
          options: JobOptions(languages: LanguagePreference(languageCodes: ["a,b"]))
        )
      }
    }
  }

  @Test("Cancelling a job is one step, stops its work and frees the playlist")
  func cancel() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<100)
      let fetches = try await queue.takeFetches(atMost: 10, wait: .zero)
      _ = try await queue.handOver([(fetches[0], QueueFixture.payload)])
      let indexes = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
      let cancelled = try #require(try await queue.cancel(job.id))
      #expect(cancelled.state == .cancelled)
      #expect(cancelled.counts == JobCounts(cancelled: 100))
      #expect(try await queue.cancel(job.id) == cancelled)
      #expect(try await queue.heartbeat([fetches[1]]) == [.cancelled])
      #expect(try await queue.handOver([(fetches[2], QueueFixture.payload)]) == [.cancelled])
      #expect(try await queue.complete(indexes) == [.cancelled])
      #expect(try await queue.takeFetches(atMost: 100, wait: .zero).isEmpty)
      let page = try await queue.videos(of: job.id, in: .cancelled, pageSize: 1000, pageToken: nil)
      #expect(page?.elements.count == 100)
      #expect(try await queue.submit(.playlist("PLtest-list-1"), options: JobOptions()).created)
      let statistics = try await queue.statistics()
      #expect(statistics["bytes"] == 0)
      #expect(statistics["index_entries"] == 0)
    }
  }

  @Test("Jobs are listed newest first, page by page")
  func list() async throws {
    try await QueueFixture.with { fixture in
      for number in 0..<5 {
        _ = try await fixture.queue.submit(
          .playlist("PLtest-list-\(number)"), options: JobOptions())
      }
      var seen: [SourceID] = []
      var token: String?
      repeat {
        let page = try await fixture.queue.jobs(pageSize: 2, pageToken: token)
        seen += page.elements.map(\.source)
        token = page.nextPageToken
      } while token != nil
      #expect(seen == (0..<5).reversed().map { .playlist("PLtest-list-\($0)") })
      await #expect(throws: QueueError.self) {
        try await fixture.queue.jobs(pageSize: 2, pageToken: "nonsense")
      }
    }
  }

  @Test("Videos are listed by state with their errors, each once", arguments: [3, 50, 1000])
  func videos(pageSize: Int) async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<300)
      let tasks = try await queue.takeFetches(atMost: 20, wait: .zero)
      let failure = TaskFailure(
        kind: "private", message: "This video is private.", consequence: .permanent)
      _ = try await queue.fail(tasks.map { ($0, failure) })
      for (state, count) in [(nil, 300), (VideoState.failed, 20), (.queued, 280), (.done, 0)] {
        var seen: [JobVideo] = []
        var token: String?
        repeat {
          let page = try #require(
            try await queue.videos(of: job.id, in: state, pageSize: pageSize, pageToken: token))
          #expect(page.elements.count <= pageSize)
          seen += page.elements
          token = page.nextPageToken
        } while token != nil
        #expect(seen.count == count)
        #expect(Set(seen.map(\.id)).count == count)
        for video in seen where video.state == .failed {
          #expect(video.errorKind == "private")
          #expect(video.errorMessage == "This video is private.")
        }
      }
      let unknown = try #require(JobID("unknown"))
      #expect(try await queue.job(unknown) == nil)
      #expect(try await queue.cancel(unknown) == nil)
      let none = try await queue.videos(of: unknown, in: nil, pageSize: 1, pageToken: nil)
      #expect(none?.elements == nil)
    }
  }

  @Test("A watcher sees the job now, every change, and its end")
  func watch() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<3)
      var changes = queue.changes(of: job.id).makeAsyncIterator()
      #expect(try await changes.next()?.counts == JobCounts(queued: 3))
      for expected in 1...3 {
        let task = try await queue.takeFetches(atMost: 1, wait: .zero)
        let before = ContinuousClock.now
        #expect(try await changes.next()?.counts.fetching == expected)
        print("a change was seen after \((ContinuousClock.now - before) / .milliseconds(1)) ms")
        #expect(task.count == 1)
      }
      _ = try await queue.cancel(job.id)
      #expect(try await changes.next()?.state == .cancelled)
      #expect(try await changes.next() == nil)
      var none = queue.changes(of: try #require(JobID("unknown"))).makeAsyncIterator()
      #expect(try await none.next() == nil)
    }
  }

  @Test("More jobs than the limit are refused as full")
  func tooManyJobs() async throws {
    try await QueueFixture.with { fixture in
      try await fixture.queue.configure(["max_jobs": 2])
      for number in 0..<2 {
        _ = try await fixture.queue.submit(
          .playlist("PLtest-list-\(number)"), options: JobOptions())
      }
      let error = await #expect(throws: QueueError.self) {
        try await fixture.queue.submit(.playlist("PLtest-list-9"), options: JobOptions())
      }
      #expect(error?.code == .full)
    }
  }
}
