internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import RPC
internal import Testing

@Suite("verbatim index")
struct IndexCommandTests {
  /// Starts a job for each URL but `bad`, and ends each at once.
  private func gateway(failed: Int64 = 0) -> ScriptedGateway {
    var gateway = ScriptedGateway()
    gateway.submit = { request in
      guard request.url != "bad" else {
        throw RPCError(.invalidArgument, "bad names no playlist, channel or video")
      }
      return .with {
        $0.job = Samples.job("job-\(request.url)", title: "Title \(request.url)", queued: 12)
        $0.created = request.url != "again"
      }
    }
    gateway.watch = { id, responses in
      try await responses.send(
        Samples.update(
          Samples.job(id, title: "Title", state: .done, done: 12 - failed, failed: failed)))
    }
    gateway.videos = { _ in
      .with {
        $0.videos = (0..<failed).map { number in
          .with {
            $0.errorKind = number == 0 ? "throttled" : "private"
            $0.errorMessage = "message \(number)"
          }
        }
      }
    }
    return gateway
  }

  @Test("Where nobody looks, it starts jobs and prints their ids first")
  func noWatch() async {
    let run = await ToolRun.of("index", "a", "again", gateway: self.gateway())
    #expect(run.output == "job-a  started  Title a\njob-again  already running  Title again\n")
    #expect(run.errors == "Follow with: verbatim watch job-a job-again\n")
    #expect(run.exitCode == .ok)
  }

  @Test("On a terminal it follows, unless told not to")
  func terminal() async {
    var surroundings = ToolRun.Surroundings()
    surroundings.terminal = 80
    let watched = await ToolRun.of(
      "index", "a", "--color=never", gateway: self.gateway(), in: surroundings)
    #expect(watched.output == "job-a  started  Title a\nTitle: 12 videos searchable, took 3.5 s\n")
    let unwatched = await ToolRun.of(
      "index", "a", "--no-watch", gateway: self.gateway(), in: surroundings)
    #expect(unwatched.output == "job-a  started  Title a\n")
  }

  @Test("Options go with the request")
  func request() async {
    var gateway = self.gateway()
    let submit = gateway.submit
    gateway.submit = { request in
      #expect(request.force)
      #expect(request.languages?.languageCodes == ["en", "de"])
      #expect(request.languages?.anyLanguage == true)
      return try await submit(request)
    }
    let run = await ToolRun.of(
      "index", "a", "--force", "--lang", "en,de", "--any-language", gateway: gateway)
    #expect(run.exitCode == .ok)
  }

  @Test("Without language options the request says nothing of languages")
  func noLanguages() async {
    var gateway = self.gateway()
    let submit = gateway.submit
    gateway.submit = { request in
      #expect(request.languages == nil)
      return try await submit(request)
    }
    #expect(await ToolRun.of("index", "a", gateway: gateway).exitCode == .ok)
  }

  @Test("A refused URL is named, the others are started, and the exit code tells")
  func refused() async {
    let run = await ToolRun.of("index", "bad", "a", "--watch", gateway: self.gateway())
    #expect(run.errors.hasPrefix("error: bad: bad names no playlist, channel or video\n"))
    #expect(run.output == "job-a  started  Title a\nTitle: 12 videos searchable, took 3.5 s\n")
    #expect(run.exitCode == .refused)
  }

  @Test("A busy gateway is not asked again, and says when to come back")
  func busy() async {
    var gateway = ScriptedGateway()
    gateway.submit = { request in
      #expect(request.url == "a")
      throw RPCError(.resourceExhausted, "the queue is full", retryAfter: .seconds(30))
    }
    let run = await ToolRun.of("index", "a", "b", gateway: gateway)
    #expect(run.errors == "error: a: the queue is full\nhint: try again in 30 s\n")
    #expect(run.exitCode == .tryAgain)
  }

  @Test("Failed videos are counted by reason, and the exit code tells")
  func failures() async {
    let run = await ToolRun.of("index", "a", "--watch", gateway: self.gateway(failed: 3))
    #expect(
      run.output == "job-a  started  Title a\nTitle: 9 videos searchable, 3 failed, took 3.5 s\n")
    #expect(
      run.errors == """
        job-a Title: 12/12, 3 failed, done
          2 private: message 1
          1 throttled: message 0
        See them with: verbatim videos job-a --state failed

        """)
    #expect(run.exitCode == .endedWithFailures)
  }

  @Test("JSON has a line for each submission and each change")
  func json() async {
    let run = await ToolRun.of("index", "a", "--watch", "--json", gateway: self.gateway())
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(
      lines[0].hasPrefix(#"{"job":{"id":"job-a","#) && lines[0].hasSuffix(#""created":true}"#))
    #expect(lines[1].contains(#""state":"JOB_STATE_DONE""#))
    #expect(run.errors == "")
    #expect(run.exitCode == .ok)
  }

  @Test("Two URLs of one job are followed once")
  func sameJob() async {
    var gateway = self.gateway()
    gateway.submit = { _ in .with { $0.job = Samples.job("j1") } }
    let run = await ToolRun.of("index", "a", "b", "--watch", gateway: gateway)
    #expect(run.output.split(separator: "\n").count == 3)
  }
}
