internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite(
  "Languages of jobs and videos",
  .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct LanguageTests {
  private let all = LanguagePreference(
    languageCodes: ["en", "pt-BR"], anyLanguage: false, kinds: .automaticFirst, allTracks: true,
    translateTo: "de")

  @Test("The whole preference reaches the fetcher")
  func preference() async throws {
    try await QueueFixture.with { fixture in
      try await fixture.job("PLtest-list-1", 0..<1, options: JobOptions(languages: self.all))
      let tasks = try await fixture.queue.takeFetches(atMost: 1, wait: .zero)
      #expect(tasks.map(\.languages) == [self.all])
    }
  }

  @Test("A playlist wanted in other tracks, or for another index, is another job; alike, the same")
  func singleFlight() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let list = SourceID.playlist("PLtest-list-1")
      let options = [
        JobOptions(), JobOptions(languages: self.all),
        JobOptions(languages: LanguagePreference(allTracks: true)),
        JobOptions(languages: LanguagePreference(translateTo: "de")),
        JobOptions(languages: LanguagePreference(kinds: .automaticFirst)),
        JobOptions(index: "talks"),
      ]
      var jobs: Set<JobID> = []
      for options in options {
        let (job, created) = try await queue.submit(list, options: options)
        #expect(created)
        jobs.insert(job.id)
      }
      #expect(jobs.count == options.count)
      for options in options {
        let (job, created) = try await queue.submit(list, options: options)
        #expect(!created && jobs.contains(job.id))
      }
    }
  }

  @Test("A video that two jobs want in different tracks is fetched for each")
  func videos() async throws {
    try await QueueFixture.with { fixture in
      try await fixture.job("PLtest-list-1", 0..<3)
      try await fixture.job(
        "PLtest-list-2", 0..<3,
        options: JobOptions(languages: LanguagePreference(allTracks: true)))
      #expect(try await fixture.queue.takeFetches(atMost: 10, wait: .zero).count == 6)
    }
  }

  @Test("Which tracks were taken, and why, is on the video's record while the job is remembered")
  func record() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<3)
      let tasks = try await queue.takeFetches(atMost: 3, wait: .zero)
      let choice = TrackChoice(
        tracks: [
          TrackChoice.Track(languageCode: "en", kind: .manual),
          TrackChoice.Track(languageCode: "en-x-auto", kind: .automatic),
          TrackChoice.Track(languageCode: "de-t-en", kind: .manual, translatedFrom: "en"),
        ], reason: "en asked for, manual track")
      let results = tasks.map {
        FetchedVideo(
          task: $0, payload: QueueFixture.payload, choice: $0.video == tasks[0].video ? choice : nil
        )
      }
      #expect(try await queue.handOver(results) == [.accepted, .accepted, .accepted])
      let indexing = try await queue.videos(of: job.id, in: nil, pageSize: 10, pageToken: nil)
      let noted = try #require(indexing).elements.filter { $0.choice != nil }
      #expect(noted.map(\.id) == [tasks[0].video] && noted.map(\.choice) == [choice])
      try await fixture.drain()
      let done = try await queue.videos(of: job.id, in: .done, pageSize: 10, pageToken: nil)
      #expect(try #require(done).elements.count { $0.choice == choice } == 1)
      let ttl = try await fixture.redis("TTL", fixture.key("notes:\(job.id.text)")).integer ?? -1
      #expect(ttl > 7000 && ttl <= 7200)
      // Too late: of a job that has ended nothing is kept.
      _ = try await queue.handOver(results)
      #expect(try await queue.audit(nil)?.repairs == [:])
    }
  }

  @Test("A schedule keeps its index and all options, and each of its runs has them")
  func schedule() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let list = SourceID.playlist("PLtest-list-1")
      let options = JobOptions(
        languages: self.all, priority: .interactive, weight: 7, maxInFlight: 9, index: "talks")
      let (kept, first, _) = try await queue.sync(
        list, every: .seconds(6 * 3600), options: options)
      #expect(kept.options == options)
      #expect(
        try await queue.syncs(pageSize: 10, pageToken: nil).elements.first?.options == options)
      let task = try #require(try await queue.takeExpansions(atMost: 1, wait: .zero).first)
      _ = try await queue.append(QueueFixture.page(0..<2), to: task)
      #expect(try await queue.takeFetches(atMost: 1, wait: .zero).map(\.languages) == [self.all])
      _ = try await queue.cancel(first.id)
      try await fixture.redis("ZADD", fixture.key("syncs"), "1", list.text)
      try await queue.tidy()
      let jobs = try await queue.jobs(pageSize: 10, pageToken: nil).elements
      #expect(jobs.count == 2)
      for job in jobs {
        #expect(job.index == "talks" && job.priority == .interactive)
        #expect(job.weight == 7 && job.maxInFlight == 9)
      }
      // Another index has none of them.
      var other = options
      other.index = ""
      #expect(try await queue.sync(list, every: nil, options: other).created)
    }
  }
}
