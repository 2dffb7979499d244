internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import RPC
internal import Testing

@Suite("verbatim jobs, status, videos, cancel")
struct ListCommandTests {
  @Test("Jobs are a table")
  func jobs() async {
    var gateway = ScriptedGateway()
    gateway.jobs = { request in
      #expect(request.pageSize == 50)
      return .with {
        $0.jobs = [
          Samples.job("j2", title: "", done: 3, queued: 97, listingComplete: false),
          Samples.job("j1", state: .done, done: 11, failed: 1),
        ]
      }
    }
    let run = await ToolRun.of("jobs", gateway: gateway)
    #expect(
      run.output == """
        JOB  STATE    ENDED   FAILED  SUBMITTED  TITLE
        j2   listing  3/100+  0       3 min ago  https://www.youtube.com/playlist?list=PLsamples-talks
        j1   done     12/12   1       3 min ago  Evening talks

        """)
    #expect(run.errors == "")
    #expect(run.exitCode == .ok)
  }

  @Test("On a terminal the last column is cut to fit, by what it takes on the screen")
  func narrow() async {
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in .with { $0.jobs = [Samples.job(title: "夜の講演会と星空の話をする会")] } }
    var surroundings = ToolRun.Surroundings()
    surroundings.terminal = 60
    let run = await ToolRun.of("jobs", "--color=never", gateway: gateway, in: surroundings)
    let row = run.output.split(separator: "\n")[1]
    #expect(row.hasSuffix("…"))
    #expect(DisplayWidth.of(String(row)) <= 60)
  }

  @Test("Pages are read until the limit, and the rest is named")
  func pages() async {
    var gateway = ScriptedGateway()
    gateway.jobs = { request in
      switch request.pageToken {
      case "": return .with { ($0.jobs, $0.nextPageToken) = ([Samples.job("j3")], "p2") }
      case "p2":
        #expect(request.pageSize == 1)
        return .with { ($0.jobs, $0.nextPageToken) = ([Samples.job("j2")], "p3") }
      default: throw RPCError(.internalError, "a page too many")
      }
    }
    let run = await ToolRun.of("jobs", "--limit", "2", gateway: gateway)
    #expect(run.errors == "There are more: --page-token p3\n")
    #expect(run.output.split(separator: "\n").count == 3)
    let json = await ToolRun.of("jobs", "--limit", "2", "--json", gateway: gateway)
    #expect(json.output.hasPrefix(#"{"jobs":[{"id":"j3","#))
    #expect(json.output.contains(#""nextPageToken":"p3""#))
    #expect(json.output.contains(#""state":"JOB_STATE_RUNNING""#))
  }

  @Test("No jobs is told with what to do")
  func noJobs() async {
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in GatewayListJobsResponse() }
    let run = await ToolRun.of("jobs", gateway: gateway)
    #expect(run.output == "")
    #expect(run.errors == "There are no jobs. `verbatim index URL` starts one.\n")
    #expect(await ToolRun.of("jobs", "--json", gateway: gateway).output == "{}\n")
  }

  @Test("The status of a job is all that is known of it")
  func status() async {
    var gateway = ScriptedGateway()
    gateway.job = { request in
      #expect(request.jobId == "j1")
      return .with {
        $0.job = Samples.job(
          state: .done, done: 90, failed: 4, skipped: 6, statedTotal: 103,
          error: "3 videos are\nhidden")
      }
    }
    let run = await ToolRun.of("status", "j1", gateway: gateway)
    #expect(
      run.output == """
        Evening talks
          job        j1
          source     https://www.youtube.com/playlist?list=PLsamples-talks
          state      done
          videos     100: 90 done, 6 skipped, 4 failed
          stated     the playlist says it has 103; the others are hidden
          submitted  3 min ago
          took       3.5 s
          problem    3 videos are hidden

        """)
    let json = await ToolRun.of("status", "j1", "--json", gateway: gateway)
    #expect(json.output.hasPrefix(#"{"id":"j1","#))
  }

  @Test("The status of the gateway is what runs there")
  func gatewayStatus() async {
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in
      .with { $0.jobs = [Samples.job("j2", queued: 3), Samples.job("j1", state: .done, done: 1)] }
    }
    let run = await ToolRun.of("status", gateway: gateway)
    #expect(
      run.output == """
        The gateway at 127.0.0.1:7400 answers in 0 ms. 1 job running, 1 ended lately.

        JOB  STATE    ENDED  FAILED  SUBMITTED  TITLE
        j2   running  0/3    0       3 min ago  Evening talks

        """)
    let json = await ToolRun.of("status", "--json", gateway: gateway)
    #expect(json.output.contains("j2") && !json.output.contains("j1"))
  }

  @Test("A job that is not there is refused with where to look")
  func noJob() async {
    var gateway = ScriptedGateway()
    gateway.job = { _ in throw RPCError(.notFound, "there is no job j9") }
    let run = await ToolRun.of("status", "j9", gateway: gateway)
    #expect(
      run.errors
        == "error: there is no job j9\nhint: `verbatim jobs` lists the jobs there are\n"
    )
    #expect(run.exitCode == .refused)
  }

  @Test("Videos are listed over pages, empty ones too")
  func videos() async {
    var gateway = ScriptedGateway()
    gateway.videos = { request in
      #expect(request.jobId == "j1")
      #expect(request.state == .failed)
      #expect(request.pageSize == 1000)
      switch request.pageToken {
      case "": return .with { $0.nextPageToken = "p2" }
      default:
        return .with {
          $0.videos = [
            .with {
              $0.videoId = "abcdefghijk"
              $0.state = .failed
              $0.attempts = 1
              $0.errorKind = "private"
              $0.errorMessage = "the video is private"
            }
          ]
        }
      }
    }
    let run = await ToolRun.of("videos", "j1", "--state", "failed", gateway: gateway)
    #expect(
      run.output == """
        VIDEO        STATE   ERRORS  REASON
        abcdefghijk  failed  1       private: the video is private

        """)
    let json = await ToolRun.of("videos", "j1", "--state", "failed", "--json", gateway: gateway)
    #expect(
      json.output.hasPrefix(#"{"videos":[{"videoId":"abcdefghijk","state":"VIDEO_STATE_FAILED""#))
  }

  @Test("Which captions were taken, and why, is told")
  func captions() async {
    var gateway = ScriptedGateway()
    gateway.videos = { _ in
      .with {
        $0.videos = [
          .with {
            $0.videoId = "abcdefghijk"
            $0.state = .done
            $0.selectionReason = "en asked for, manual track"
            $0.tracks = [
              .with {
                $0.languageCode = "en"
                $0.kind = .manual
              },
              .with {
                $0.languageCode = "en-x-auto"
                $0.kind = .automatic
              },
              .with {
                $0.languageCode = "de-t-en"
                $0.translatedFrom = "en"
              },
            ]
          }
        ]
      }
    }
    let run = await ToolRun.of("videos", "j1", gateway: gateway)
    #expect(
      run.output.contains("en, en-x-auto automatic, de-t-en translated from en")
        && run.output.contains("en asked for, manual track"))
  }

  @Test("A limit on videos asks for no more, and names the rest")
  func limitedVideos() async {
    var gateway = ScriptedGateway()
    gateway.videos = { request in
      #expect(request.pageSize == 1)
      return .with {
        $0.videos = [.with { $0.videoId = "abcdefghijk" }]
        $0.nextPageToken = "p2"
      }
    }
    let run = await ToolRun.of("videos", "j1", "--limit", "1", gateway: gateway)
    #expect(run.errors == "There are more: --page-token p2\n")
  }

  @Test("Cancelled jobs are told with what stays")
  func cancel() async {
    var gateway = ScriptedGateway()
    gateway.cancel = { request in
      .with {
        $0.job =
          request.jobId == "j1"
          ? Samples.job("j1", state: .cancelled, done: 10, skipped: 2, cancelled: 88)
          : Samples.job("j2", state: .done, done: 5)
      }
    }
    let run = await ToolRun.of("cancel", "j1", "j2", gateway: gateway)
    #expect(
      run.output == """
        j1 Evening talks: cancelled; 12 of 100 videos stay searchable
        j2 Evening talks: had ended before (done)

        """)
    #expect(run.exitCode == .ok)
    let json = await ToolRun.of("cancel", "j1", "j2", "--json", gateway: gateway)
    #expect(json.output.split(separator: "\n").count == 2)
  }
}
