import FetchStage
import Pipeline
import Testing
import Transcripts

@Suite("Fetch worker", .timeLimit(.minutes(1)))
struct FetchWorkerTests {
  let queue = ScriptedFetchQueue()
  let source = ScriptedSource()

  func worker(_ change: (inout FetchWorkerOptions) -> Void = { _ in }) -> FetchWorker {
    var options = FetchWorkerOptions()
    options.minErrorDelay = .milliseconds(1)
    options.maxErrorDelay = .milliseconds(2)
    change(&options)
    return FetchWorker(
      queue: self.queue, source: self.source,
      encode: { Array($0.map(\.video.id.text).joined(separator: " ").utf8) }, options: options)
  }

  @Test("Everything that is taken is fetched and handed over, many at once")
  func handsOver() async {
    let videos = (1...300).map { VideoID.test($0) }
    await self.queue.add(videos)
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.settled(300)
    await worker.beginGracefulShutdown()
    await run
    let handedOver = await self.queue.handedOver
    #expect(Set(handedOver.keys) == Set(videos))
    #expect(handedOver[.test(7)] == Array("video-00007".utf8))
    #expect(await self.queue.released.isEmpty)
  }

  @Test("All tracks of a video are handed over together, with a note of what was chosen and why")
  func allTracks() async {
    await self.queue.add([.test(1)])
    await self.queue.add([.test(2)], languages: LanguagePreference(allTracks: true))
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.settled(2)
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.queue.handedOver[.test(1)] == Array("video-00001".utf8))
    #expect(await self.queue.handedOver[.test(2)] == Array("video-00002 video-00002".utf8))
    let one = TrackChoice.Track(languageCode: "en", kind: .manual)
    let choices = await self.queue.choices
    #expect(choices[.test(1)] == TrackChoice(tracks: [one], reason: "because of en"))
    let second = TrackChoice.Track(languageCode: "en-x-auto", kind: .automatic)
    #expect(choices[.test(2)] == TrackChoice(tracks: [one, second], reason: "because of en"))
  }

  @Test("No more videos are in work than there are slots")
  func slots() async {
    await self.queue.add((1...50).map { .test($0) })
    await self.source.hold()
    let worker = self.worker { $0.maxConcurrentFetches = 8 }
    async let run: Void = worker.run()
    await self.source.begun(8)
    await self.source.letGo()
    await self.queue.settled(50)
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.source.mostAtOnce == 8)
    #expect(await self.queue.largestTake == 8)
  }

  @Test(
    "A failure is reported with its kind and consequence",
    arguments: [
      (FetchError.Kind.isPrivate, FetchError.Consequence.permanent), (.unreachable, .retry),
      (.throttled, .waitForIdentity),
    ])
  func failures(kind: FetchError.Kind, consequence: FetchError.Consequence) async {
    await self.queue.add([.test(1)])
    await self.source.fail(.test(1), with: FetchError(kind, "why", retryAfter: .seconds(7)))
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.settled(1)
    await worker.beginGracefulShutdown()
    await run
    #expect(
      await self.queue.failed[.test(1)]
        == TaskFailure(
          kind: kind.rawValue, message: "why", consequence: consequence, retryAfter: .seconds(7)))
  }

  @Test("When most videos of a job seem to be gone, they are not given up for good")
  func suspicion() async {
    let videos = (1...80).map { VideoID.test($0) }
    for video in videos { await self.source.fail(video, with: FetchError(.notFound, "gone")) }
    await self.queue.add(videos)
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.settled(80)
    await worker.beginGracefulShutdown()
    await run
    let failed = await self.queue.failed.values
    // Those before there was anything to suspect.
    #expect(failed.count { $0.consequence == .permanent } == 19)
    #expect(failed.count { $0.kind == "suspected-blocking" && $0.consequence == .retry } == 61)
  }

  @Test("A transcript that is too large fails for good and names the limit")
  func tooLarge() async {
    await self.queue.add([.test(1)])
    let worker = self.worker { $0.maxPayloadBytes = 10 }
    async let run: Void = worker.run()
    await self.queue.settled(1)
    await worker.beginGracefulShutdown()
    await run
    let failure = await self.queue.failed[.test(1)]
    #expect(failure?.consequence == .permanent)
    #expect(failure?.message.contains("at most 10") == true)
  }

  @Test("A graceful stop finishes what is in work")
  func gracefulStop() async {
    await self.queue.add((1...20).map { .test($0) })
    await self.source.hold()
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.source.begun(20)
    await worker.beginGracefulShutdown()
    await self.source.letGo()
    await run
    #expect(await self.queue.handedOver.count == 20)
    #expect(await self.queue.released.isEmpty)
  }

  @Test("A graceful stop that takes too long gives the rest back")
  func slowStop() async {
    await self.queue.add((1...5).map { .test($0) })
    await self.source.hold()
    let worker = self.worker { $0.shutdownTimeout = .milliseconds(20) }
    async let run: Void = worker.run()
    await self.source.begun(5)
    await worker.beginGracefulShutdown()
    await run
    #expect(Set(await self.queue.released) == Set((1...5).map { .test($0) }))
    #expect(await self.queue.handedOver.isEmpty)
  }

  @Test("Cancellation stops the transfers and gives everything back")
  func cancellation() async {
    await self.queue.add((1...5).map { .test($0) })
    await self.source.hold()
    let worker = self.worker()
    let run = Task { await worker.run() }
    await self.source.begun(5)
    run.cancel()
    await run.value
    #expect(Set(await self.queue.released) == Set((1...5).map { .test($0) }))
  }

  @Test("A report is repeated until the queue takes it")
  func queueAway() async {
    await self.queue.add([.test(1)])
    await self.queue.failReports(
      with: Array(repeating: QueueError(.unavailable, "Redis is away"), count: 3))
    let worker = self.worker()
    async let run: Void = worker.run()
    await self.queue.settled(1)
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.queue.handedOver.count == 1)
    #expect(await worker.problem == nil)
  }

  @Test("Work whose claim was lost is stopped, and its slot is free again")
  func lostClaim() async {
    await self.queue.add([.test(1)])
    await self.queue.lose(.test(1))
    await self.source.hold()
    let worker = self.worker {
      $0.heartbeatInterval = .milliseconds(5)
      $0.maxConcurrentFetches = 1
    }
    async let run: Void = worker.run()
    await self.source.begun(1)
    // Only when the first was stopped is there room for the second.
    await self.queue.add([.test(2)])
    while await self.source.cancelled.isEmpty { await Task.yield() }
    await self.source.letGo()
    await self.queue.settled(1)
    await worker.beginGracefulShutdown()
    await run
    #expect(await self.source.cancelled == [.test(1)])
    #expect(await self.queue.handedOver.keys.map(\.text) == ["video-00002"])
  }
}
