import GatewayStage
import Pipeline
import Testing
import Transcripts

@Suite("Expansion worker", .timeLimit(.minutes(1)))
struct ExpansionWorkerTests {
  let queue = ScriptedExpansions()
  let playlist = SourceID.playlist("PL0123456789")

  static let pages = (0..<3).map { page in
    PlaylistPage(
      items: (0..<100).map {
        PlaylistItem(video: Video(id: VideoID("v\(page)-\(String(10_000_000 + $0))")!))
      },
      cursor: page < 2 ? "page \(page + 1)" : nil, title: "Talks", statedTotal: 300)
  }

  private func run(
    _ playlists: ScriptedPlaylists, _ change: (inout ExpansionWorkerOptions) -> Void = { _ in },
    until calls: Int
  ) async -> ExpansionWorker {
    var options = ExpansionWorkerOptions()
    options.minErrorDelay = .milliseconds(1)
    options.maxErrorDelay = .milliseconds(2)
    change(&options)
    let worker = ExpansionWorker(queue: self.queue, playlists: playlists, options: options)
    async let run: Void = worker.run()
    await self.queue.called(calls)
    await worker.beginGracefulShutdown()
    await run
    return worker
  }

  @Test("Every page is appended, in order")
  func pages() async {
    await self.queue.add(self.playlist)
    _ = await self.run(ScriptedPlaylists(pages: Self.pages), until: 3)
    #expect(await self.queue.appended[JobID("job")!] == Self.pages)
    #expect(await self.queue.failed.isEmpty)
  }

  @Test("An expansion that was begun elsewhere goes on at its cursor")
  func cursor() async {
    await self.queue.add(self.playlist, cursor: "page 2")
    let playlists = ScriptedPlaylists(pages: [Self.pages[2]])
    _ = await self.run(playlists, until: 1)
    #expect(await playlists.asked.cursors == ["page 2"])
  }

  @Test("A single video needs nobody to list it")
  func video() async {
    let id = VideoID("dQw4w9WgXcQ")!
    await self.queue.add(.video(id))
    let playlists = ScriptedPlaylists(error: FetchError(.unreachable, "must not be asked"))
    _ = await self.run(playlists, until: 1)
    #expect(await self.queue.appended[JobID("job")!]?.first?.items.map(\.video.id) == [id])
    #expect(await playlists.asked.cursors.isEmpty)
  }

  @Test("What cannot be listed is reported with its kind")
  func failure() async {
    await self.queue.add(self.playlist)
    let error = FetchError(.isPrivate, "The playlist is private.")
    _ = await self.run(ScriptedPlaylists(pages: [Self.pages[0]], error: error), until: 2)
    #expect(await self.queue.failed == [JobID("job")!: error])
  }

  @Test("A page is appended again until the queue takes it")
  func queueAway() async {
    await self.queue.add(self.playlist)
    await self.queue.failAppends(with: [
      QueueError(.unavailable, "Redis is away"), QueueError(.full, "Redis is full"),
    ])
    let worker = await self.run(ScriptedPlaylists(pages: Self.pages), until: 3)
    #expect(await self.queue.appended[JobID("job")!] == Self.pages)
    #expect(await worker.problem == nil)
  }

  @Test("A lost claim ends the listing and is not reported as a failure")
  func lostClaim() async {
    await self.queue.add(self.playlist)
    await self.queue.refuse(as: .stale)
    _ = await self.run(ScriptedPlaylists(pages: Self.pages), until: 1)
    #expect(await self.queue.failed.isEmpty)
  }

  @Test("A stop gives an unfinished listing back")
  func stop() async {
    await self.queue.add(self.playlist)
    let playlists = ScriptedPlaylists(pages: [Self.pages[0]], hangs: true)
    _ = await self.run(playlists, until: 1)
    #expect(await self.queue.released == [JobID("job")!])
    #expect(await self.queue.failed.isEmpty)
  }
}
