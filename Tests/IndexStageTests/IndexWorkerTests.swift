import IndexStage
import Pipeline
import Search
internal import TestRandom
import Testing
import Transcripts

@Suite("Index worker", .timeLimit(.minutes(2)))
struct IndexWorkerTests {
  let queue = ScriptedIndexQueue()
  let index = ScriptedIndex()

  /// A payload is the video's identifier; anything else cannot be read.
  func worker(_ change: (inout IndexWorkerOptions) -> Void = { _ in }) -> IndexWorker {
    var options = IndexWorkerOptions()
    options.minErrorDelay = .milliseconds(1)
    options.maxErrorDelay = .milliseconds(2)
    change(&options)
    return IndexWorker(
      queue: self.queue, index: self.index,
      decode: { payload in
        guard let video = VideoID(String(decoding: payload, as: UTF8.self)) else {
          throw Unreadable()
        }
        return [.test(video)]
      }, options: options)
  }

  struct Unreadable: Error, CustomStringConvertible {
    var description: String { "no transcript" }
  }

  static let videos = (1...100).map { VideoID.test($0) }

  @Test("Everything that is taken is written in batches, and reported when it is durable")
  func writes() async {
    await self.queue.add(Self.videos)
    let worker = self.worker { $0.maxBatch = 30 }
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 100 }
    await worker.beginGracefulShutdown()
    await run
    #expect(Set(await self.queue.completed) == Set(Self.videos))
    #expect(Set(await self.index.documents.keys) == Set(Self.videos))
    #expect(await self.index.batches.allSatisfy { $0 <= 30 })
    #expect(await self.queue.largestTake.count == 30)
    #expect(await self.queue.largestTake.bytes == IndexWorkerOptions().maxBatchBytes)
    #expect(await self.queue.released.isEmpty)
    #expect(await worker.problem == nil)
  }

  @Test("Each track of a video becomes a document; the video is done when all of them are")
  func tracks() async {
    await self.queue.add([.test(1), .test(2)])
    let worker = IndexWorker(
      queue: self.queue, index: self.index,
      decode: { payload in
        let one = Transcript.test(VideoID(String(decoding: payload, as: UTF8.self))!)
        guard one.video.id == .test(1) else { return [one] }
        var two = one
        two.track.languageCode = "de-t-en"
        return [one, two]
      })
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 2 }
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.index.batches == [3])
    #expect(Set(await self.queue.completed) == [.test(1), .test(2)])
  }

  @Test(
    "Each video is written to the index that its job names; what cannot be a name fails for good")
  func namedIndexes() async throws {
    await self.queue.add([.test(1), .test(2)])
    await self.queue.add([.test(3)], index: "talks")
    await self.queue.add([.test(4)], index: "../talks")
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 3 && $0.failed.count == 1 }
    await worker.beginGracefulShutdown()
    await run
    let talks = try #require(IndexName("talks"))
    #expect(await self.index.written == [.default: [.test(1), .test(2)], talks: [.test(3)]])
  }

  @Test("One batch is taken while another is written, and not more than that")
  func batchesAtOnce() async {
    await self.index.hold()
    await self.queue.add(Self.videos)
    let worker = self.worker {
      $0.maxBatch = 10
      $0.maxConcurrentBatches = 2
    }
    async let run: Void = worker.run()
    await self.index.begun(2)
    #expect(await self.queue.takes == 2)
    await self.index.letGo()
    await self.queue.until { $0.completed.count == 100 }
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.index.mostAtOnce == 2)
  }

  @Test("The playlist that a video was found by is recorded with it")
  func playlists() async {
    let uploads = "UC" + String(repeating: "a", count: 22)
    await self.queue.add([.test(1)], source: .playlist("PL0123456789"))
    await self.queue.add([.test(2)], source: .channel(uploads))
    await self.queue.add([.test(3)], source: .video(.test(3)))
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 3 }
    await worker.beginGracefulShutdown()
    await run
    let documents = await self.index.documents
    #expect(documents[.test(1)]?.playlistIDs == ["PL0123456789"])
    #expect(documents[.test(2)]?.playlistIDs == ["UU" + String(repeating: "a", count: 22)])
    #expect(documents[.test(3)]?.playlistIDs == [])
  }

  @Test(
    "A video that the index has already is recorded for the list it is in too, and not written again"
  )
  func listedToo() async throws {
    let talks = try #require(IndexName("talks"))
    await self.index.failNextChange(with: [SearchError(.storageFull, "The disk is full.")])
    await self.queue.add([.test(1)])
    await self.queue.add([.test(2), .test(3)], source: .playlist("PL0123456789"), isIndexed: true)
    await self.queue.add(
      [.test(4)], source: .playlist("PL0123456789"), index: "talks", isIndexed: true)
    // Nobody knows a list that it is in.
    await self.queue.add([.test(5)], source: .video(.test(5)), isIndexed: true)
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 5 }
    await worker.beginGracefulShutdown()
    await run
    #expect(
      await self.index.listed == [
        .default: ["PL0123456789": [.test(2), .test(3)]], talks: ["PL0123456789": [.test(4)]],
      ])
    #expect(await self.index.written == [.default: [.test(1)]])
    // What the full disk refused was given back, and taken again.
    #expect(await self.queue.released.isEmpty == false)
    #expect(await worker.problem == nil)
  }

  @Test("A list's video whose index was deleted is done; the default index is never missed")
  func listedInNoIndex() async {
    let gone = SearchError(.noSuchIndex, "There is no such index.")
    await self.index.failNextChange(with: [gone, gone])
    await self.queue.add(
      [.test(1)], source: .playlist("PL0123456789"), index: "talks", isIndexed: true)
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.completed == [.test(1)] }
    await self.queue.add([.test(2)], source: .playlist("PL0123456789"), isIndexed: true)
    await self.queue.until { $0.completed == [.test(1), .test(2)] }
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.index.listed == [.default: ["PL0123456789": [.test(2)]]])
    #expect(await self.queue.released == [.test(2): 1])
  }

  @Test(
    "A payload that cannot be read, or holds another video, fails for good; the others are written")
  func unreadable() async {
    await self.queue.add([.test(1)], payload: [1, 2, 3])
    await self.queue.add([.test(2)], payload: Array(VideoID.test(9).text.utf8))
    await self.queue.add([.test(3)])
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 1 && $0.failed.count == 2 }
    await worker.beginGracefulShutdown()
    await run
    let failed = await self.queue.failed
    #expect(failed[.test(1)]?.consequence == .permanent)
    #expect(failed[.test(1)]?.message.contains("no transcript") == true)
    #expect(failed[.test(2)]?.kind == "malformed")
    #expect(failed[.test(2)]?.message.contains("video-00009") == true)
    #expect(await self.index.documents.count == 1)
  }

  @Test("A document that the index rejects fails for good, with the index's reason")
  func rejected() async {
    await self.index.reject(.test(2), "It has no text.")
    await self.queue.add([.test(1), .test(2)])
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 1 && $0.failed.count == 1 }
    await worker.beginGracefulShutdown()
    await run
    #expect(
      await self.queue.failed[.test(2)]
        == TaskFailure(kind: "rejected", message: "It has no text.", consequence: .permanent))
    #expect(await worker.problem == nil)
  }

  @Test(
    "While the index is full everything is given back, the problem is named, and then it goes on")
  func full() async {
    await self.index.failNext(
      with: [SearchError](repeating: SearchError(.storageFull, "The disk is full."), count: 5))
    await self.queue.hold(.release)
    await self.queue.add([.test(1), .test(2)])
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.index.begun(1)
    while await worker.problem == nil { await Task.yield() }
    #expect(await worker.problem == "The disk is full.")
    await self.queue.letGo()
    await self.queue.until { $0.completed.count == 2 }
    await worker.beginGracefulShutdown()
    await run
    #expect(await worker.problem == nil)
    #expect(await self.queue.released == [.test(1): 5, .test(2): 5])
    #expect(await self.queue.failed.isEmpty)
  }

  @Test("When others have done what could not be written here, the problem is over")
  func problemEnds() async {
    await self.index.failNext(with: [SearchError(.storageFull, "The disk is full.")])
    await self.queue.keepReleased()
    await self.queue.add([.test(1)])
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.released.count == 1 }
    #expect(await worker.problem == "The disk is full.")
    await self.queue.returnEmpty()
    while await worker.problem != nil { await Task.yield() }
    await worker.beginGracefulShutdown()
    await run
  }

  @Test("A report is repeated until the queue takes it, and what is durable is not written again")
  func queueAway() async {
    let away = QueueError(.unavailable, "Redis is away")
    await self.queue.failNext(.complete, with: [away, away, away])
    await self.queue.failNext(.fail, with: [away])
    await self.queue.failNext(.take, with: [away, away])
    await self.queue.add([.test(1)])
    await self.queue.add([.test(2)], payload: [0])
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 1 && $0.failed.count == 1 }
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.index.writes == 1)
    #expect(await worker.problem == nil)
    #expect(await self.queue.released.isEmpty)
  }

  @Test("A report about a claim that was lost is refused, and that is the end of it")
  func lostClaim() async {
    await self.queue.add([.test(1), .test(2)])
    await self.queue.lose(.test(1))
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.until { $0.completed.count == 1 && $0.stale == 1 }
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.queue.completed == [.test(2)])
    #expect(await self.queue.released.isEmpty)
  }

  @Test(
    "Leases are renewed for as long as the index takes, and an error of one renewal is got over")
  func heartbeats() async {
    await self.index.hold()
    await self.queue.failNext(.heartbeat, with: [QueueError(.unavailable, "Redis is away")])
    await self.queue.add([.test(1), .test(2)])
    let worker = self.worker { $0.heartbeatInterval = .milliseconds(1) }
    async let run: Void = worker.run()
    await self.queue.until { $0.heartbeats.count >= 3 }
    #expect(await self.queue.heartbeats.allSatisfy { $0 == [.test(1), .test(2)] })
    await self.index.letGo()
    await self.queue.until { $0.completed.count == 2 }
    await worker.beginGracefulShutdown()
    await run
    #expect(await worker.problem == nil)
  }

  @Test("A problem with heartbeats is over when there is nothing to renew")
  func heartbeatProblem() async {
    await self.index.hold()
    let away = QueueError(.unavailable, "Redis is away")
    await self.queue.failNext(.heartbeat, with: [QueueError](repeating: away, count: 1_000_000))
    await self.queue.add([.test(1)])
    let worker = self.worker { $0.heartbeatInterval = .milliseconds(1) }
    async let run: Void = worker.run()
    while await worker.problem == nil { await Task.yield() }
    await self.index.letGo()
    while await worker.problem != nil { await Task.yield() }
    await worker.beginGracefulShutdown()
    await run
  }

  @Test("A graceful stop ends the wait for work, and finishes what is in work")
  func gracefulStop() async {
    await self.index.hold()
    await self.queue.add([.test(1), .test(2)])
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.index.begun(1)
    await worker.beginGracefulShutdown()
    await self.index.letGo()
    await run
    #expect(Set(await self.queue.completed) == [.test(1), .test(2)])
    #expect(await self.queue.released.isEmpty)
  }

  @Test("A worker that is told to stop before it begins takes nothing")
  func stopBefore() async {
    await self.queue.add([.test(1)])
    let worker = self.worker()
    await worker.beginGracefulShutdown()
    await worker.run()
    #expect(await self.queue.completed.isEmpty)
    #expect(await self.queue.takes == 0)
  }

  @Test("A graceful stop that takes too long gives the rest back, and reports nothing afterwards")
  func slowStop() async {
    await self.index.hold()
    await self.queue.keepReleased()
    await self.queue.add([.test(1), .test(2)])
    let worker = self.worker { $0.shutdownTimeout = .milliseconds(20) }
    async let run: Void = worker.run()
    await self.index.begun(1)
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.queue.released == [.test(1): 1, .test(2): 1])
    // The index finishes after all; nobody is told.
    await self.index.letGo()
    while await self.index.documents.count < 2 { await Task.yield() }
    #expect(await self.queue.completed.isEmpty)
    #expect(await self.queue.stale == 0)
  }

  @Test("A stop while Redis is away ends in time, with what is durable given back")
  func stopWhileAway() async {
    let away = QueueError(.unavailable, "Redis is away")
    await self.queue.failNext(.complete, with: [QueueError](repeating: away, count: 1_000_000))
    await self.queue.keepReleased()
    await self.queue.add([.test(1)])
    let worker = self.worker { $0.shutdownTimeout = .milliseconds(20) }
    async let run: Void = worker.run()
    while await worker.problem == nil { await Task.yield() }
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.queue.released == [.test(1): 1])
    #expect(await self.index.documents.count == 1)
  }

  @Test("Cancellation gives everything back at once, though its task is cancelled")
  func cancellation() async {
    await self.index.hold()
    await self.queue.keepReleased()
    await self.queue.add([.test(1), .test(2)])
    let worker = self.worker()
    let run = Task { await worker.run() }
    await self.index.begun(1)
    run.cancel()
    await run.value
    #expect(await self.queue.released == [.test(1): 1, .test(2): 1])
    await self.index.letGo()
  }

  @Test("Cancellation ends a worker that waits: for work, for a batch, for an index that is full")
  func cancelledWhileWaiting() async {
    for state in 0..<3 {
      let queue = ScriptedIndexQueue()
      let index = ScriptedIndex()
      var options = IndexWorkerOptions()
      options.maxConcurrentBatches = 1
      options.minErrorDelay = .seconds(1000)
      options.maxErrorDelay = .seconds(1000)
      let worker = IndexWorker(
        queue: queue, index: index, decode: { _ in [.test(.test(1))] }, options: options)
      let run: Task<Void, Never>
      switch state {
      case 0:
        run = Task { await worker.run() }
        await queue.until { $0.takes == 1 }
      case 1:
        await index.hold()
        await queue.add([.test(1)])
        run = Task { await worker.run() }
        await index.begun(1)
      default:
        await index.failNext(with: [SearchError(.storageFull, "Full.")])
        await queue.add([.test(1)])
        run = Task { await worker.run() }
        await queue.until { $0.released.count == 1 }
      }
      run.cancel()
      await run.value
      await index.letGo()
    }
  }

  @Test(
    "Through faults of all kinds each video ends once, and what is reported done is in the index",
    arguments: 1...20)
  func storm(seed: UInt64) async {
    var random = SeededRandom(seed: seed)
    let queue = ScriptedIndexQueue()
    let index = ScriptedIndex()
    func errors<E: Error>(_ error: E) -> [E] {
      [E](repeating: error, count: Int.random(in: 0...6, using: &random))
    }
    await queue.failNext(.take, with: errors(QueueError(.unavailable, "away")))
    await queue.failNext(.complete, with: errors(QueueError(.unavailable, "away")))
    await queue.failNext(.heartbeat, with: errors(QueueError(.unavailable, "away")))
    await queue.failNext(.fail, with: errors(QueueError(.unavailable, "away")))
    await index.failNext(with: errors(SearchError(.unavailable, "busy")))
    await index.reject(.test(7), "no")
    await queue.add(Self.videos)
    var options = IndexWorkerOptions()
    options.minErrorDelay = .microseconds(10)
    options.maxErrorDelay = .microseconds(50)
    options.heartbeatInterval = .microseconds(100)
    options.maxBatch = Int.random(in: 1...40, using: &random)
    options.maxConcurrentBatches = Int.random(in: 1...4, using: &random)
    let decode: IndexWorker.Decoder = {
      [.test(VideoID(String(decoding: $0, as: UTF8.self))!)]
    }
    // Two indexers, of which one is stopped in the middle.
    let first = IndexWorker(queue: queue, index: index, decode: decode, options: options)
    let second = IndexWorker(queue: queue, index: index, decode: decode, options: options)
    let runs = [Task { await first.run() }, Task { await second.run() }]
    await queue.until { $0.completed.count > 20 }
    if Bool.random(using: &random) { runs[0].cancel() } else { await first.beginGracefulShutdown() }
    await queue.until { $0.completed.count + $0.failed.count == 100 }
    await second.beginGracefulShutdown()
    for run in runs { await run.value }
    let completed = await queue.completed
    #expect(completed.count == 99)
    #expect(Set(completed).count == 99)
    #expect(await queue.failed.keys.map(\.self) == [.test(7)])
    #expect(Set(await index.documents.keys) == Set(completed))
  }
}
