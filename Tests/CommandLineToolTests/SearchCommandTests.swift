internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import RPC
internal import Testing

@Suite("verbatim search")
struct SearchCommandTests {
  private func gateway(_ response: GatewaySearchResponse) -> ScriptedGateway {
    var gateway = ScriptedGateway()
    gateway.find = { _ in response }
    return gateway
  }

  @Test("Hits are the video, then each moment with its link to the second")
  func text() async {
    let run = await ToolRun.of(
      "search", "milky", "way", gateway: self.gateway(Samples.results([Samples.hit])))
    #expect(
      run.output == """
        How galaxies form
        Sample Channel · 1:02:03 · en (automatic)
          12:34  and this is the milky way as we see it
                 https://youtu.be/abcdefghijk?t=754
           0:08  milky way
                 https://youtu.be/abcdefghijk?t=8

        """)
    #expect(run.errors == "\n1 video of 120, found in 3 ms.\n")
    #expect(run.exitCode == .ok)
  }

  @Test("With colour, what was found is bold")
  func color() async {
    let run = await ToolRun.of(
      "search", "x", "--color", "always", gateway: self.gateway(Samples.results([Samples.hit])))
    #expect(run.output.hasPrefix("\u{1b}[1mHow galaxies form\u{1b}[0m\n\u{1b}[2mSample Channel"))
    #expect(run.output.contains("the \u{1b}[1mmilky\u{1b}[0m \u{1b}[1mway\u{1b}[0m as we see it\n"))
  }

  @Test("Colour is for terminals, and not where it is not wanted")
  func colorChoice() async {
    let gateway = self.gateway(Samples.results([Samples.hit]))
    func hasColor(_ environment: [String: String], terminal: Int?, _ flag: String = "auto") async
      -> Bool
    {
      var surroundings = ToolRun.Surroundings()
      surroundings.terminal = terminal
      surroundings.environment = environment
      let run = await ToolRun.of("search", "x", "--color", flag, gateway: gateway, in: surroundings)
      return (run.output + run.errors).contains("\u{1b}")
    }
    #expect(await hasColor(["TERM": "xterm"], terminal: 80))
    #expect(await !hasColor(["TERM": "xterm"], terminal: nil))
    #expect(await !hasColor(["TERM": "xterm", "NO_COLOR": "1"], terminal: 80))
    #expect(await hasColor(["TERM": "xterm", "NO_COLOR": ""], terminal: 80))
    #expect(await !hasColor(["TERM": "dumb"], terminal: 80))
    #expect(await hasColor(["NO_COLOR": "1"], terminal: nil, "always"))
    #expect(await !hasColor(["TERM": "xterm"], terminal: 80, "never"))
  }

  @Test("On a terminal, moments are wrapped under their time", arguments: [30, 40, 80])
  func wrapped(width: Int) async {
    var surroundings = ToolRun.Surroundings()
    surroundings.terminal = width
    let run = await ToolRun.of(
      "search", "x", "--color", "never", gateway: self.gateway(Samples.results([Samples.hit])),
      in: surroundings)
    let lines = run.output.split(separator: "\n")
    for line in lines where !line.contains("https") && !line.contains("·") {
      #expect(line.count <= width, "\(line)")
    }
    if width == 30 {
      #expect(lines[2] == "  12:34  and this is the milky")
      #expect(lines[3] == "         way as we see it")
    }
  }

  @Test("JSON is one SearchResults message, whose members scripts read")
  func json() async throws {
    let run = await ToolRun.of(
      "search", "x", "--json", gateway: self.gateway(Samples.results([Samples.hit], next: "t2")))
    #expect(run.output.hasSuffix("}\n"))
    #expect(run.output.split(separator: "\n").count == 1)
    #expect(run.output.contains(#""hits":[{"video":{"id":"abcdefghijk""#))
    #expect(run.output.contains(#""url":"https://youtu.be/abcdefghijk?t=754""#))
    #expect(run.output.contains(#""nextPageToken":"t2""#))
    #expect(run.output.contains(#""total":"120""#))
    #expect(run.errors == "")
  }

  @Test("The next page is named")
  func paging() async {
    let run = await ToolRun.of(
      "search", "x", gateway: self.gateway(Samples.results([Samples.hit], next: "t2", exact: false))
    )
    #expect(run.errors == "\n1 video of at least 120, found in 3 ms. Next page: --page-token t2\n")
  }

  @Test("Nothing found is told on standard error, with a hint, and is no failure")
  func nothing() async {
    let run = await ToolRun.of("search", "xyzzy", gateway: self.gateway(Samples.results([])))
    #expect(run.output == "")
    #expect(run.errors.hasPrefix("Nothing was found for xyzzy. Try"))
    #expect(run.exitCode == .ok)
  }

  @Test("Options become the query")
  func query() async {
    var gateway = ScriptedGateway()
    gateway.find = { request in
      let query = request.query ?? APISearchQuery()
      #expect(query.text == "\"milky way\" -bar")
      #expect(query.pageSize == 5)
      #expect(query.pageToken == "t")
      #expect(query.momentsPerHit == 2)
      #expect(query.order == .newest)
      #expect(query.languageCodes == ["en", "de"])
      #expect(query.channelIds == ["UC1"])
      #expect(query.playlistIds == ["PLsamples-talks"])
      #expect(query.videoIds == ["dQw4w9WgXcQ", "abcdefghijk"])
      #expect(query.kind == .manual)
      return Samples.results([])
    }
    let run = await ToolRun.of(
      "search", "\"milky way\"", "-bar", "--limit", "5", "--page-token", "t", "--moments", "2",
      "--order", "newest", "--lang", "en,de", "--channel", "UC1", "--playlist",
      "https://www.youtube.com/playlist?list=PLsamples-talks", "--video",
      "https://youtu.be/dQw4w9WgXcQ", "--video", "abcdefghijk", "--kind", "manual",
      gateway: gateway)
    #expect(run.exitCode == .ok)
  }

  @Test("What others wrote cannot reach the terminal as commands")
  func hostile() async {
    var hit = Samples.hit
    hit.video?.title = "red\u{1b}[31m\u{7}\nsecond\u{202e}line\u{9b}0m"
    hit.video?.channelTitle = "a\u{0}b\r"
    hit.moments[0].text = "and \u{1b}]0;title\u{7} this"
    hit.moments[0].url = "https://youtu.be/\u{1b}c"
    let run = await ToolRun.of("search", "x", gateway: self.gateway(Samples.results([hit])))
    for scalar in run.output.unicodeScalars {
      #expect(scalar == "\n" || scalar.properties.generalCategory != .control)
    }
    #expect(run.output.hasPrefix("red\u{fffd}[31m\u{fffd} second\u{fffd}line\u{fffd}0m\n"))
  }

  @Test("Highlights outside the text are cut")
  func wrongHighlights() async {
    var hit = Samples.hit
    hit.moments[0].highlights = [
      .with {
        $0.start = -5
        $0.length = 8
      },
      .with {
        $0.start = 35
        $0.length = .max
      },
    ]
    let run = await ToolRun.of(
      "search", "x", "--color", "always", gateway: self.gateway(Samples.results([hit])))
    #expect(run.output.contains("\u{1b}[1mand\u{1b}[0m this"))
    #expect(run.exitCode == .ok)
  }
}
