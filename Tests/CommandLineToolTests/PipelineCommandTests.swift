internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import RPC
internal import Testing

@Suite("verbatim pause, resume, dead, requeue, drop, stats, audit")
struct PipelineCommandTests {
  @Test("Jobs are paused and go on, each told in a line")
  func pauseJobs() async {
    var pipeline = ScriptedPipeline()
    pipeline.pauseJob = { request in
      .with {
        $0.job = Samples.job(request.jobId, state: request.jobId == "j2" ? .done : .running)
        $0.job?.paused = request.jobId != "j2"
      }
    }
    pipeline.resumeJob = { request in .with { $0.job = Samples.job(request.jobId) } }
    let paused = await ToolRun.of("pause", "j1", "j2", pipeline: pipeline)
    #expect(
      paused.output == "j1 Evening talks: paused\nj2 Evening talks: had ended before (done)\n")
    let resumed = await ToolRun.of("resume", "j1", pipeline: pipeline)
    #expect(resumed.output == "j1 Evening talks: goes on\n")
    let json = await ToolRun.of("pause", "--json", "j1", pipeline: pipeline)
    #expect(json.output.contains(#""paused":true"#))
  }

  @Test("The whole pipeline is paused only when that is said")
  func pauseAll() async {
    var pipeline = ScriptedPipeline()
    pipeline.pausePipeline = { _ in PipelinePausePipelineResponse() }
    pipeline.resumePipeline = { _ in PipelineResumePipelineResponse() }
    let nothing = await ToolRun.of("pause", pipeline: pipeline)
    #expect(nothing.exitCode == .usage)
    #expect(nothing.errors.contains("verbatim pause --all"))
    let paused = await ToolRun.of("pause", "--all", pipeline: pipeline)
    #expect(paused.exitCode == .ok)
    #expect(paused.errors.contains("verbatim resume --all"))
    let resumed = await ToolRun.of("resume", "--all", pipeline: pipeline)
    #expect(resumed.errors == "The pipeline goes on.\n")
  }

  @Test("What was given up is a table, by reason or job")
  func dead() async {
    var pipeline = ScriptedPipeline()
    pipeline.listDeadLetters = { request in
      #expect(request.filter?.which == .reason("unreachable"))
      #expect(request.pageSize == 50)
      return .with {
        $0.letters = [
          .with {
            $0.id = "5-1"
            $0.videoId = "abcdefghijk"
            $0.jobId = "j1"
            $0.stage = .fetch
            $0.attempts = 5
            $0.reason = "unreachable"
            $0.message = "no\nroute"
            $0.givenUpAt = .with { $0.seconds = TestClock.unixSeconds - 300 }
          }
        ]
        $0.nextPageToken = $0.letters.count == 1 ? "" : "more"
      }
    }
    let run = await ToolRun.of("dead", "--reason", "unreachable", pipeline: pipeline)
    #expect(
      run.output == """
        ID   VIDEO        JOB  STAGE  ERRORS  GIVEN UP   REASON
        5-1  abcdefghijk  j1   fetch  5       5 min ago  unreachable: no route

        """)
  }

  @Test("Letters are requeued and dropped by id, reason, job, or all; never without saying which")
  func choices() async {
    let log = Log()
    var pipeline = ScriptedPipeline()
    pipeline.requeueDeadLetters = { request in
      log.append("\(request.filter?.which.map { "\($0)" } ?? "none") ")
      return .with { ($0.requeued, $0.jobIds) = (2, ["j7"]) }
    }
    pipeline.dropDeadLetters = { _ in .with { $0.dropped = 1 } }
    let ids = await ToolRun.of("requeue", "5-1", "4-1", pipeline: pipeline)
    #expect(ids.output == "2 videos in work again.\n")
    #expect(ids.errors == "Follow with: verbatim watch j7\n")
    #expect(await ToolRun.of("requeue", "--job", "j1", pipeline: pipeline).exitCode == .ok)
    #expect(await ToolRun.of("requeue", "--all", pipeline: pipeline).exitCode == .ok)
    #expect(log.text.contains("5-1") && log.text.contains(#"jobId("j1")"#))
    #expect(log.text.contains("all(true)"))
    #expect(
      await ToolRun.of("drop", "--reason", "gone", pipeline: pipeline).output
        == "1 letter forgotten.\n")
    for command in ["requeue", "drop"] {
      #expect(await ToolRun.of(command, pipeline: pipeline).exitCode == .usage)
      #expect(await ToolRun.of(command, "5-1", "--all", pipeline: pipeline).exitCode == .usage)
    }
  }

  @Test("Statistics are tables of stages and of egress identities")
  func stats() async {
    var pipeline = ScriptedPipeline()
    pipeline.getPipelineStats = { _ in
      .with {
        $0.paused = true
        $0.jobsRunning = 1
        $0.backlog = 950
        $0.jobsWaiting = 1
        $0.stages = [
          .with {
            ($0.stage, $0.waiting, $0.inWork) = (.fetch, 14, 20)
            $0.oldest = .with { $0.seconds = 3 }
          }
        ]
        $0.egressLimits = [
          .with {
            ($0.identity, $0.state, $0.rate, $0.lastHour) = ("proxy-1", .open, 0.5, 31)
            $0.openFor = .with { $0.seconds = 90 }
          }
        ]
      }
    }
    let run = await ToolRun.of("stats", pipeline: pipeline)
    #expect(run.output.contains("The pipeline is paused."))
    #expect(run.output.contains("1 job running; 950 videos in 1 backlogs"))
    #expect(run.output.contains("fetch  14       20       3.0 s   0\n"))
    #expect(run.output.contains("proxy-1  blocked for 1 min 30 s  0.5         31\n"))
    let json = await ToolRun.of("stats", "--json", pipeline: pipeline)
    #expect(json.output.contains(#""openFor":"90s""#))
  }

  @Test("An audit says that all is well, or what it mended")
  func audit() async {
    var pipeline = ScriptedPipeline()
    pipeline.runAudit = { request in
      .with {
        $0.jobs = 3
        if !request.jobId.isEmpty { $0.repairs = ["entries": 1, "counters": 2] }
      }
    }
    #expect(
      await ToolRun.of("audit", pipeline: pipeline).output
        == "3 jobs looked at: all is as it should be.\n")
    #expect(
      await ToolRun.of("audit", "j1", pipeline: pipeline).output
        == "3 jobs looked at. Mended:\n  2 counters\n  1 entries\n")
  }

  @Test("Options of a job are sent with it")
  func index() async {
    var gateway = ScriptedGateway()
    gateway.submit = { request in
      #expect(request.priority == .interactive)
      #expect(request.weight == 4)
      #expect(request.indexName == "talks")
      #expect(request.maxInFlight == 9)
      #expect(request.maxAge?.seconds == 7200)
      return .with { ($0.job, $0.created) = (Samples.job(), true) }
    }
    let run = await ToolRun.of(
      "index", "--priority", "interactive", "--weight", "4", "--max-in-flight", "9", "--max-age",
      "2h", "--index", "talks", "PL1", gateway: gateway)
    #expect(run.exitCode == .ok)
  }
}
