import API
import GatewayStage
import Pipeline
import Protobuf
import RPC
import RPCTestKit
import Testing
import Transcripts

@Suite("Gateway service")
struct GatewayTests {
  let jobs = ScriptedJobs()

  var client: GatewayClient {
    GatewayClient(
      ServiceChannel(
        service: Gateway(
          jobs: self.jobs, indexer: IndexerClient(ServiceChannel(service: ScriptedIndexer())))))
  }

  private func submit(_ url: String, languages: [String] = []) async throws
    -> GatewaySubmitPlaylistResponse
  {
    var request = GatewaySubmitPlaylistRequest()
    request.url = url
    request.languages = APILanguagePreference()
    request.languages?.languageCodes = languages
    return try await self.client.submitPlaylist(request)
  }

  /// The error of a call that must fail.
  private func error(_ body: () async throws -> Void) async -> RPCError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? RPCError
    }
  }

  @Test("A playlist's URL becomes a job, and the same one again while it runs")
  func submits() async throws {
    let url = "https://www.youtube.com/playlist?list=PL0123456789"
    let first = try await self.submit(url, languages: ["en", "pt-BR"])
    #expect(first.created)
    #expect(first.job?.sourceId == "PL0123456789")
    #expect(first.job?.state == .running)
    let second = try await self.submit("PL0123456789")
    #expect(!second.created)
    #expect(second.job?.id == first.job?.id)
    #expect(await self.jobs.options.first?.languages.languageCodes == ["en", "pt-BR"])
    #expect(await self.jobs.options.first?.languages.anyLanguage == false)
    #expect(await self.jobs.options.last?.languages.anyLanguage == true)
  }

  @Test("Options of a job reach the queue; what this version does not know is refused")
  func options() async throws {
    var request = GatewaySubmitPlaylistRequest()
    request.url = "PL0123456789"
    request.priority = .interactive
    request.weight = 5
    request.maxInFlight = 40
    request.maxAge = ProtoDuration()
    request.maxAge?.seconds = 3600
    request.indexName = "talks"
    _ = try await self.client.submitPlaylist(request)
    #expect(
      await self.jobs.options == [
        JobOptions(
          priority: .interactive, weight: 5, maxInFlight: 40, maxAge: .seconds(3600),
          index: "talks")
      ])
    request.indexName = "../talks"
    let escaping = request
    let refused = await self.error { _ = try await self.client.submitPlaylist(escaping) }
    #expect(refused?.code == .invalidArgument)
    #expect(refused?.message.contains("index_name") == true)
    request.indexName = ""
    request.priority = .unrecognized(9)
    let sent = request
    let error = await self.error { _ = try await self.client.submitPlaylist(sent) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("priority") == true)
  }

  @Test("What is no YouTube address is refused with what to pass instead")
  func badURL() async {
    let error = await self.error { _ = try await self.submit("https://example.org/x") }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("youtube.com") == true)
  }

  @Test("A language that cannot be one is refused by name")
  func badLanguage() async {
    let error = await self.error { _ = try await self.submit("PL0123456789", languages: ["e n"]) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("\"e n\"") == true)
  }

  @Test("A full queue asks to come back later")
  func full() async {
    await self.jobs.fail(with: QueueError(.full, "too many jobs"))
    let error = await self.error { _ = try await self.submit("PL0123456789") }
    #expect(error?.code == .resourceExhausted)
    #expect(error?.retryAfter == .seconds(5))
  }

  @Test("An unknown job is not found, a malformed id is an invalid argument, everywhere")
  func unknownJob() async {
    for (id, code) in [("nosuchjob", RPCStatusCode.notFound), ("no such", .invalidArgument)] {
      var get = GatewayGetJobRequest()
      get.jobId = id
      var list = GatewayListVideosRequest()
      list.jobId = id
      var watch = GatewayWatchJobRequest()
      watch.jobId = id
      var cancel = GatewayCancelJobRequest()
      cancel.jobId = id
      let (getRequest, listRequest, watchRequest, cancelRequest) = (get, list, watch, cancel)
      let errors = [
        await self.error { _ = try await self.client.getJob(getRequest) },
        await self.error { _ = try await self.client.listVideos(listRequest) },
        await self.error { for try await _ in self.client.watchJob(watchRequest) {} },
        await self.error { _ = try await self.client.cancelJob(cancelRequest) },
      ]
      #expect(errors.map { $0?.code } == [code, code, code, code])
    }
  }

  @Test("A page size out of range is refused with the range", arguments: [-1, 1001])
  func pageSize(_ size: Int32) async {
    var request = GatewayListJobsRequest()
    request.pageSize = size
    let sent = request
    let error = await self.error { _ = try await self.client.listJobs(sent) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("1000") == true)
  }

  @Test("A watcher gets the job now and after each change, and the stream ends with it")
  func watches() async throws {
    let id = try await self.submit("PL0123456789").job?.id ?? ""
    await self.jobs.script(
      [(done: 0, .running), (done: 5, .running), (done: 10, .done)], total: 10)
    var request = GatewayWatchJobRequest()
    request.jobId = id
    var seen: [Int64] = []
    var last: GatewayWatchJobResponse?
    for try await change in self.client.watchJob(request) {
      seen.append(change.job?.counts?.done ?? -1)
      last = change
    }
    #expect(seen == [0, 5, 10])
    #expect(last?.job?.state == .done)
    #expect(last?.remainingSeconds == 0)
  }

  @Test("A search and its errors come from the indexer as they are")
  func searches() async throws {
    var request = GatewaySearchRequest()
    request.query = APISearchQuery()
    request.query?.text = "milky way"
    let results = try await self.client.search(request).results
    #expect(results?.hits.first?.moments.first?.text == "milky way")
    request.query?.text = ""
    let empty = request
    let error = await self.error { _ = try await self.client.search(empty) }
    #expect(error == RPCError(.invalidArgument, "The query has no word in it."))
  }
}
