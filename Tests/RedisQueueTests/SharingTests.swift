internal import Pipeline
internal import RedisClient
internal import TestKit
internal import Testing
internal import Transcripts

@testable internal import RedisQueue

@Suite(
  "Sharing and bounds", .enabled(if: RedisServer.isInstalled, "\(RedisServer.missingReason)"))
struct SharingTests {
  @Test("A video wanted by two playlists is fetched once")
  func oneFetch() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let first = try await fixture.job("PLtest-list-1", 0..<2)
      let second = try await fixture.job("PLtest-list-2", 1..<3)
      let tasks = try await queue.takeFetches(atMost: 10, wait: .zero)
      #expect(tasks.map(\.video) == [0, 1, 2].map(QueueFixture.video))
      #expect(try await queue.job(second.id)?.counts == JobCounts(queued: 1, fetching: 1))
      _ = try await queue.handOver(tasks.map { ($0, QueueFixture.payload) })
      try await fixture.drain()
      #expect(try await queue.job(first.id)?.counts == JobCounts(done: 2))
      let ended = try await queue.job(second.id)
      #expect(ended?.counts == JobCounts(done: 1, skipped: 1))
      #expect(ended?.state == .done)
    }
  }

  @Test("Who waits for another's fetch goes on when that fails or is cancelled")
  func waiterGoesOn() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let first = try await fixture.job("PLtest-list-1", 0..<2)
      let second = try await fixture.job("PLtest-list-2", 0..<2)
      let tasks = try await queue.takeFetches(atMost: 10, wait: .zero)
      #expect(tasks.allSatisfy { $0.job == first.id })
      _ = try await queue.fail([(tasks[0], TaskTests.gone)])
      let next = try await queue.takeFetches(atMost: 10, wait: .zero)
      #expect(next.map(\.job) == [second.id])
      #expect(next.map(\.video) == [tasks[0].video])
      _ = try await queue.cancel(first.id)
      #expect(try await queue.heartbeat([tasks[1]]) == [.cancelled])
      #expect(try await queue.takeFetches(atMost: 10, wait: .zero).map(\.job) == [second.id])
    }
  }

  @Test("Who waits for a job whose record is gone is freed by the upkeep")
  func waiterOfVanishedJob() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let first = try await fixture.job("PLtest-list-1", 0..<1)
      let second = try await fixture.job("PLtest-list-2", 0..<1)
      #expect(try await queue.takeFetches(atMost: 10, wait: .zero).count == 1)
      try await fixture.redis("DEL", fixture.key("job:\(first.id)"))
      // The audit of a restarted server comes with it, and must see what the same call has freed.
      try await fixture.redis("HDEL", fixture.key("state"), "audit_run", "audit_from")
      try await queue.tidy()
      #expect(try await queue.stats().repairs == 0)
      #expect(try await queue.takeFetches(atMost: 10, wait: .zero).map(\.job) == [second.id])
    }
  }

  @Test("A video indexed lately is skipped, unless it is forced or other languages are asked for")
  func lately() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<1)
      try await fixture.drain()
      let skipped = try await fixture.job("PLtest-list-2", 0..<1)
      try await fixture.drain()
      #expect(try await queue.job(skipped.id)?.counts == JobCounts(skipped: 1))
      let forced = try await fixture.job("PLtest-list-3", 0..<1, options: JobOptions(force: true))
      try await fixture.drain()
      #expect(try await queue.job(forced.id)?.counts == JobCounts(done: 1))
      let german = JobOptions(languages: LanguagePreference(languageCodes: ["de"]))
      let other = try await fixture.job("PLtest-list-4", 0..<1, options: german)
      try await fixture.drain()
      #expect(try await queue.job(other.id)?.counts == JobCounts(done: 1))
    }
  }

  @Test(
    "What another list has brought into the index is told to it for this list, without a payload")
  func listedToo() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<1)
      let waiting = try await fixture.job("PLtest-list-2", 0..<1)
      let fetches = try await queue.takeFetches(atMost: 10, wait: .zero)
      _ = try await queue.handOver(fetches.map { ($0, QueueFixture.payload) })
      let first = try await queue.takeIndexes(atMost: 10, maxBytes: 1000, wait: .zero)
      #expect(first.map(\.isIndexed) == [false])
      _ = try await queue.complete(first)
      // One waited for the fetch of another; one comes when it is long done.
      let later = try await fixture.job("PLtest-list-3", 0..<1)
      #expect(try await queue.takeFetches(atMost: 10, wait: .zero).isEmpty)
      let told = try await queue.takeIndexes(atMost: 10, maxBytes: 1000, wait: .zero)
      try #require(told.map(\.job) == [waiting.id, later.id])
      #expect(told.map(\.source) == [waiting.source, later.source])
      #expect(told.allSatisfy { $0.isIndexed && $0.payload.isEmpty })
      #expect(try await queue.job(later.id)?.counts == JobCounts(indexing: 1))
      // Nobody is kept from fetching it anew meanwhile, and that it was given back or failed once loses nothing.
      let forced = try await fixture.job("PLtest-list-4", 0..<1, options: JobOptions(force: true))
      let again = try await queue.takeFetches(atMost: 10, wait: .zero)
      #expect(again.map(\.job) == [forced.id])
      try await queue.release([told[0]])
      let retry = TaskFailure(kind: "test", message: "as told", consequence: .retry)
      #expect(try await queue.fail([(told[1], retry)]) == [.accepted])
      try await fixture.redis("ZADD", fixture.key("delay"), "1", "i|\(later.id)|\(told[1].video)|0")
      _ = try await queue.audit(nil)
      let second = try await queue.takeIndexes(atMost: 10, maxBytes: 1000, wait: .zero)
      #expect(Set(second.map(\.job)) == [waiting.id, later.id])
      for _ in 0..<2 {
        #expect(try await queue.complete(second) == [.accepted, .accepted])
      }
      for job in [waiting, later] {
        let ended = try await queue.job(job.id)
        #expect(ended?.counts == JobCounts(skipped: 1))
        #expect(ended?.state == .done)
      }
      #expect(try await queue.job(forced.id)?.counts == JobCounts(fetching: 1))
      let owner = try await fixture.redis("HGET", fixture.key("lock"), told[0].video.text).text
      #expect(owner == forced.id.text)
      _ = try await queue.handOver(again.map { ($0, QueueFixture.payload) })
      try await fixture.drain()
      #expect(try await queue.job(forced.id)?.counts == JobCounts(done: 1))
      #expect(try await fixture.redis("HGET", fixture.key("state"), "held").text == "0")
    }
  }

  @Test("A playlist of ten is not behind one of five thousand")
  func fairness() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["window": 32])
      try await fixture.job("PLtest-list-big", 0..<5000)
      let small = try await fixture.job("PLtest-list-small", 5000..<5010)
      var completions = 0
      while try await queue.job(small.id)?.state == .running {
        let tasks = try await queue.takeFetches(atMost: 1, wait: .zero)
        _ = try await queue.handOver(tasks.map { ($0, QueueFixture.payload) })
        let indexes = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
        completions += try await queue.complete(indexes).count
        guard completions < 200 else { break }
      }
      // What is in the window already, then every second one is ours, filled in strides of a quarter of the window.
      #expect(completions <= 32 + 2 * 10 + 8)
    }
  }

  @Test(
    "Fetching stops when the index stage is full by entries or bytes, and goes on when it drains")
  func backpressure() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await queue.configure(["window": 4, "max_index_entries": 10, "max_index_bytes": 100_000])
      let job = try await fixture.job("PLtest-list-1", 0..<100)
      var fetched = 0
      while true {
        let tasks = try await queue.takeFetches(atMost: 2, wait: .zero)
        if tasks.isEmpty { break }
        fetched += try await queue.handOver(tasks.map { ($0, QueueFixture.payload) }).count
      }
      #expect((10...16).contains(fetched))
      try await queue.configure(["max_index_entries": 1000, "max_index_bytes": 2000])
      try await queue.tidy()
      while true {
        let tasks = try await queue.takeFetches(atMost: 2, wait: .zero)
        if tasks.isEmpty { break }
        fetched += try await queue.handOver(tasks.map { ($0, QueueFixture.payload) }).count
      }
      #expect((20...26).contains(fetched))
      try await fixture.drain()
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 100))
    }
  }

  @Test("A batch for the indexer is bounded by count and by bytes")
  func batchBounds() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      try await fixture.job("PLtest-list-1", 0..<20)
      let tasks = try await queue.takeFetches(atMost: 20, wait: .zero)
      _ = try await queue.handOver(
        tasks.enumerated().map { ($1, [UInt8](repeating: 1, count: $0 == 5 ? 5000 : 100)) })
      var sizes: [Int] = []
      while true {
        let batch = try await queue.takeIndexes(atMost: 4, maxBytes: 450, wait: .zero)
        if batch.isEmpty { break }
        #expect(batch.count <= 4)
        let bytes = batch.reduce(0) { $0 + $1.payload.count }
        #expect(bytes <= 450 || batch.count == 1)
        sizes.append(batch.count)
        _ = try await queue.complete(batch)
      }
      #expect(sizes.reduce(0, +) == 20)
    }
  }

  @Test("At maxmemory nothing new is taken, and everything in work drains")
  func fullServer() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<8)
      let tasks = try await queue.takeFetches(atMost: 4, wait: .zero)
      _ = try await queue.handOver([(tasks[0], QueueFixture.payload)])
      let taken = try await queue.takeIndexes(atMost: 1, maxBytes: 1000, wait: .zero)
      _ = try await queue.handOver([(tasks[1], QueueFixture.payload)])
      try await fixture.redis("CONFIG", "SET", "maxmemory", "1mb")

      for call in [
        { _ = try await queue.submit(.playlist("PLtest-list-2"), options: JobOptions()) },
        { _ = try await queue.takeFetches(atMost: 1, wait: .zero) },
        { _ = try await queue.handOver([(tasks[2], QueueFixture.payload)]) },
      ] as [@Sendable () async throws -> Void] {
        let error = await #expect(throws: QueueError.self) { try await call() }
        #expect(error?.code == .full)
      }
      #expect(try await queue.heartbeat([tasks[2]]) == [.accepted])
      #expect(try await queue.complete(taken) == [.accepted])
      let next = try await queue.takeIndexes(atMost: 5, maxBytes: 1000, wait: .zero)
      #expect(next.map(\.video) == [tasks[1].video])
      #expect(try await queue.complete(next) == [.accepted])
      #expect(try await queue.fail([(tasks[3], TaskTests.gone)]) == [.accepted])

      try await fixture.redis("CONFIG", "SET", "maxmemory", "0")
      // The result that was refused is still there to be handed over.
      #expect(try await queue.handOver([(tasks[2], QueueFixture.payload)]) == [.accepted])
      try await fixture.drain()
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 7, failed: 1))
    }
  }

  @Test("After FLUSHALL and the loss of the library everything is made again")
  func flushed() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let lost = try await fixture.job("PLtest-list-1", 0..<5)
      let tasks = try await queue.takeFetches(atMost: 5, wait: .zero)
      try await fixture.redis("FLUSHALL")
      try await fixture.redis("FUNCTION", "FLUSH")
      #expect(try await queue.handOver([(tasks[0], QueueFixture.payload)]) == [.cancelled])
      #expect(try await queue.heartbeat([tasks[1]]) == [.cancelled])
      #expect(try await queue.job(lost.id) == nil)
      #expect(try await queue.takeFetches(atMost: 1, wait: .zero).isEmpty)
      let job = try await fixture.job("PLtest-list-1", 0..<5)
      try await fixture.drain()
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 5))
      #expect(try await fixture.redis("KEYS", fixture.key("payload:*")).array?.isEmpty == true)
    }
  }

  @Test("A worker outlives a crash of Redis, and loses nothing that was answered")
  func redisCrash() async throws {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let job = try await fixture.job("PLtest-list-1", 0..<10)
      let tasks = try await queue.takeFetches(atMost: 4, wait: .zero)
      _ = try await queue.handOver([(tasks[0], QueueFixture.payload)])
      try fixture.server.restart()
      #expect(try await queue.job(job.id)?.counts == JobCounts(queued: 6, fetching: 3, indexing: 1))
      _ = try await queue.handOver(tasks[1...].map { ($0, QueueFixture.payload) })
      try await fixture.drain()
      #expect(try await queue.job(job.id)?.counts == JobCounts(done: 10))
    }
  }

  @Test(
    "A build works with functions newer than its own, and beside those of the next major version")
  func sideBySide() async throws {
    try await QueueFixture.with { fixture in
      let client = fixture.queue.client
      let newer = "\(FunctionLibrary.revision + 1):of-the-next-release"
      let source = FunctionLibrary.source.replacing(FunctionLibrary.version, with: newer)
      _ = try await client.send(RedisCommand("FUNCTION", "LOAD", "REPLACE", source))
      let next = source.replacing(FunctionLibrary.name, with: "verbatim2")
      _ = try await client.send(RedisCommand("FUNCTION", "LOAD", next))
      let job = try await fixture.job("PLtest-list-1", 0..<10)
      // A worker of the next version takes a part, by its own functions; this one does the rest.
      var take = RedisCommand("FCALL", "verbatim2_take_fetches", "1", fixture.queue.keys.prefix)
      for argument in ["newer", "n.1", "4", ">"] { take.append(argument) }
      let lines = try await client.send(take).array?.last?.text ?? ""
      var handOver = RedisCommand("FCALL", "verbatim2_hand_over", "1", fixture.queue.keys.prefix)
      let taken = lines.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      #expect(taken.count == 4)
      for task in taken {
        let video = try #require(VideoID(task[2]))
        let key = fixture.queue.keys.payload(job.id, video, "newer#n.1")
        try await fixture.redis("SET", key, "payload")
        for argument in [task[0], task[1], task[2], "newer#n.1", "7"] { handOver.append(argument) }
      }
      #expect(try await client.send(handOver).text == "oooo")
      try await fixture.drain()
      #expect(try await fixture.queue.job(job.id)?.counts == JobCounts(done: 10))
      let loaded = try await client.send(
        RedisCommand("FCALL", "\(FunctionLibrary.name)_version", "0"))
      #expect(loaded.text == newer)
    }
  }

  @Test("An older library is replaced, a newer one is left alone")
  func libraryVersions() {
    #expect(!FunctionLibrary.mustReplace(loaded: FunctionLibrary.version))
    #expect(FunctionLibrary.mustReplace(loaded: "0:abc"))
    #expect(FunctionLibrary.mustReplace(loaded: "\(FunctionLibrary.revision):other"))
    #expect(!FunctionLibrary.mustReplace(loaded: "\(FunctionLibrary.revision + 1):abc"))
    #expect(FunctionLibrary.mustReplace(loaded: "what?"))
  }

  @Test("Settings are checked, and tell their defaults")
  func settings() async throws {
    try await QueueFixture.with { fixture in
      #expect(try await fixture.queue.settings()["window"] == 64)
      try await fixture.queue.configure(["window": 64, "limit_rate": 0.5])
      #expect(try await fixture.queue.settings()["window"] == 64)
      #expect(try await fixture.queue.settings()["limit_rate"] == 0.5)
      for wrong in [["windw": 1.0], ["window": -1], ["window": .nan]] {
        let error = await #expect(throws: QueueError.self) {
          try await fixture.queue.configure(wrong)
        }
        #expect(error?.code == .invalidArgument)
      }
      #expect(throws: QueueError.self) { try fixture.worker("no spaces") }
    }
  }
}
