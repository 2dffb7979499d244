internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import RPC
internal import Testing

@Suite("verbatim transcript")
struct TranscriptCommandTests {
  private var gateway: ScriptedGateway {
    var gateway = ScriptedGateway()
    gateway.transcript = { request in
      #expect(request.videoId == "dQw4w9WgXcQ")
      return .with {
        $0.transcript = .with {
          $0.video = .with { $0.id = "dQw4w9WgXcQ" }
          $0.track = .with {
            $0.languageCode = request.languageCode.isEmpty ? "en" : request.languageCode
            $0.kind = .manual
          }
          $0.segments = [
            .with {
              ($0.startMs, $0.durationMs, $0.text) = (1500, 2000, "Hello & \u{1b}[2Jwelcome")
            },
            .with { ($0.startMs, $0.durationMs, $0.text) = (3000, 1000, "two\nlines") },
          ]
        }
      }
    }
    return gateway
  }

  @Test("Text has a line for each segment, and nothing a terminal obeys")
  func text() async {
    let run = await ToolRun.of("transcript", "dQw4w9WgXcQ", gateway: self.gateway)
    #expect(run.output == "Hello & \u{fffd}[2Jwelcome\ntwo lines\n")
    #expect(run.errors == "")
  }

  @Test("Subtitles have times, and a URL will do")
  func subtitles() async {
    let srt = await ToolRun.of(
      "transcript", "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3", "--format", "srt",
      gateway: self.gateway)
    #expect(
      srt.output == """
        1
        00:00:01,500 --> 00:00:03,000
        Hello & \u{fffd}[2Jwelcome

        2
        00:00:03,000 --> 00:00:04,000
        two
        lines

        """)
    let vtt = await ToolRun.of(
      "transcript", "dQw4w9WgXcQ", "--format=vtt", "--lang", "de", gateway: self.gateway)
    #expect(vtt.output.hasPrefix("WEBVTT\nKind: captions\nLanguage: de\n\n00:00:01.500 --> "))
  }

  @Test("JSON is the message, by either flag")
  func json() async {
    let flag = await ToolRun.of("transcript", "dQw4w9WgXcQ", "--json", gateway: self.gateway)
    let format = await ToolRun.of(
      "transcript", "dQw4w9WgXcQ", "--format", "json", gateway: self.gateway)
    #expect(flag.output == format.output)
    #expect(flag.output.hasPrefix(#"{"video":{"id":"dQw4w9WgXcQ"},"track":"#))
    // JSON has its own way to make control characters harmless.
    #expect(flag.output.contains(#""startMs":"1500""#) && !flag.output.contains("\u{1b}"))
  }

  @Test("What is no video is refused before the gateway is asked")
  func noVideo() async {
    let run = await ToolRun.of("transcript", "PLsamples-talks")
    #expect(
      run.errors
        == "error: PLsamples-talks is not a video\nhint: write its id (11 characters) or its URL\n")
    #expect(run.exitCode == .usage)
  }

  @Test("A video that is not indexed comes with how to index it")
  func notIndexed() async {
    var gateway = ScriptedGateway()
    gateway.transcript = { _ in throw RPCError(.notFound, "dQw4w9WgXcQ is not indexed") }
    let run = await ToolRun.of("transcript", "dQw4w9WgXcQ", gateway: gateway)
    #expect(
      run.errors
        == "error: dQw4w9WgXcQ is not indexed\nhint: index it first: verbatim index URL (or ask for another language with --lang)\n"
    )
    #expect(run.exitCode == .refused)
  }
}
