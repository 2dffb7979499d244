import API
import GatewayStage
import Pipeline
import Protobuf
import RPC
import RPCTestKit
import Testing
import Transcripts

@Suite("Pipeline service")
struct PipelineOperationsTests {
  private let pipeline = ScriptedPipeline()

  private var client: PipelineClient {
    PipelineClient(
      ServiceChannel(
        service: PipelineOperations(
          control: self.pipeline, letters: self.pipeline, inspection: self.pipeline)))
  }

  private func error(_ body: () async throws -> Void) async -> RPCError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? RPCError
    }
  }

  @Test("A job is paused and goes on; one that does not exist is told by name")
  func pausesJob() async throws {
    let paused = try await self.client.pauseJob(.with { $0.jobId = "job1" })
    #expect(paused.job?.paused == true)
    #expect(paused.job?.weight == 3)
    #expect(paused.job?.priority == .interactive)
    #expect(paused.job?.maxInFlight == 7)
    let resumed = try await self.client.resumeJob(.with { $0.jobId = "job1" })
    #expect(resumed.job?.paused == false)
    let error = await self.error {
      _ = try await self.client.pauseJob(.with { $0.jobId = "job2" })
    }
    #expect(error?.code == .notFound)
    #expect(error?.message.contains("job2") == true)
  }

  @Test("The pipeline is paused and goes on")
  func pausesAll() async throws {
    _ = try await self.client.pausePipeline(PipelinePausePipelineRequest())
    #expect(try await self.client.getPipelineStats(PipelineGetPipelineStatsRequest()).paused)
    _ = try await self.client.resumePipeline(PipelineResumePipelineRequest())
    #expect(!(try await self.client.getPipelineStats(PipelineGetPipelineStatsRequest()).paused))
  }

  @Test("Letters are listed with all that is known of them")
  func lists() async throws {
    let page = try await self.client.listDeadLetters(PipelineListDeadLettersRequest())
    let letter = try #require(page.letters.first)
    #expect(letter.id == "5-1")
    #expect(letter.stage == .fetch)
    #expect(letter.videoId == "abcdefghijk")
    #expect(letter.givenUpAt?.seconds == 1)
    #expect(letter.givenUpAt?.nanos == 500_000_000)
    #expect(page.nextPageToken == "5-1")
    #expect(await self.pipeline.filters == [.all])
  }

  @Test("What changes letters must say which: a forgotten field does not mean all")
  func filters() async throws {
    let wrong: [PipelineDeadLetterFilter?] = [
      nil, PipelineDeadLetterFilter(), .with { $0.which = .all(false) },
      .with { $0.which = .reason("") }, .with { $0.which = .jobId("not a job") },
    ]
    for filter in wrong {
      let requeue = await self.error {
        _ = try await self.client.requeueDeadLetters(.with { $0.filter = filter })
      }
      #expect(requeue?.code == .invalidArgument, "\(String(describing: filter))")
      let drop = await self.error {
        _ = try await self.client.dropDeadLetters(.with { $0.filter = filter })
      }
      #expect(drop?.code == .invalidArgument)
    }
    #expect(await self.pipeline.filters.isEmpty)
    let requeued = try await self.client.requeueDeadLetters(
      .with { $0.filter = .with { $0.which = .reason("unreachable") } })
    #expect(requeued.requeued == 2)
    #expect(requeued.jobIds == ["job9"])
    let dropped = try await self.client.dropDeadLetters(
      .with { $0.filter = .with { $0.which = .ids(.with { $0.ids = ["5-1", "4-0"] }) } })
    #expect(dropped.dropped == 2)
    #expect(await self.pipeline.filters == [.reason("unreachable"), .ids(["5-1", "4-0"])])
  }

  @Test("Statistics hold every stage and every egress identity")
  func stats() async throws {
    let stats = try await self.client.getPipelineStats(PipelineGetPipelineStatsRequest())
    #expect(stats.stages.map(\.stage) == [.expand, .fetch, .index])
    #expect(stats.stages[1].waiting == 12)
    #expect(stats.stages[1].oldest?.nanos == 250_000_000)
    let limit = try #require(stats.egressLimits.first)
    #expect(limit.state == .open)
    #expect(limit.openFor?.seconds == 90)
    #expect(limit.rate == 0.5)
    #expect(limit.lastHour == 31)
  }

  @Test("An audit tells what it mended")
  func audit() async throws {
    let report = try await self.client.runAudit(PipelineRunAuditRequest())
    #expect(report.repairs == ["counters": 2])
    #expect(report.jobs == 4)
    let error = await self.error {
      _ = try await self.client.runAudit(.with { $0.jobId = "job2" })
    }
    #expect(error?.code == .notFound)
  }
}

/// A pipeline with one job, one letter and fixed numbers.
private actor ScriptedPipeline: PipelineControl, DeadLetterStore, PipelineInspection {
  private var job = Job(
    id: JobID("job1")!, source: .playlist("PL0123456789"), priority: .interactive, weight: 3,
    maxInFlight: 7)
  private var isAllPaused = false
  private(set) var filters: [DeadLetterFilter] = []

  func pause(_ id: JobID) async throws -> Job? { self.setPaused(true, id) }
  func resume(_ id: JobID) async throws -> Job? { self.setPaused(false, id) }
  func pauseAll() async throws { self.isAllPaused = true }
  func resumeAll() async throws { self.isAllPaused = false }
  func isPaused() async throws -> Bool { self.isAllPaused }

  private func setPaused(_ paused: Bool, _ id: JobID) -> Job? {
    guard id == self.job.id else { return nil }
    self.job.isPaused = paused
    return self.job
  }

  func deadLetters(
    _ filter: DeadLetterFilter, pageSize: Int, pageToken: String?
  ) async throws -> Page<DeadLetter> {
    self.filters.append(filter)
    let letter = DeadLetter(
      id: "5-1", job: self.job.id, source: self.job.source, video: VideoID("abcdefghijk")!,
      stage: "fetch", reason: "unreachable", message: "No way.", attempts: 5, deliveries: 1,
      atMilliseconds: 1500)
    return Page(elements: [letter], nextPageToken: "5-1")
  }

  func requeue(_ filter: DeadLetterFilter) async throws -> RequeuedLetters {
    self.filters.append(filter)
    return RequeuedLetters(count: 2, jobs: [JobID("job9")!])
  }

  func drop(_ filter: DeadLetterFilter) async throws -> Int {
    self.filters.append(filter)
    return 2
  }

  func stats() async throws -> PipelineStats {
    var stats = PipelineStats()
    stats.isPaused = self.isAllPaused
    stats.stages[.fetch] = StageStats()
    stats.stages[.fetch]?.waiting = 12
    stats.stages[.fetch]?.oldest = .milliseconds(250)
    return stats
  }

  func egressLimits() async throws -> [EgressLimit] {
    [EgressLimit(identity: "proxy", state: .open, openFor: .seconds(90), rate: 0.5, lastHour: 31)]
  }

  func audit(_ job: JobID?) async throws -> AuditReport? {
    if let job, job != self.job.id { return nil }
    return AuditReport(repairs: ["counters": 2], jobs: 4)
  }
}
