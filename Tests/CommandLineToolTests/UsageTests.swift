internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import Networking
internal import RPC
internal import Testing

@Suite("Command line")
struct UsageTests {
  @Test(
    "Wrong use ends with 64 and names the remedy",
    arguments: [
      (
        ["serach", "x"], "error: serach is not a command of verbatim\nhint: did you mean search?\n"
      ),
      (
        ["search", "x", "--limit", "0"],
        "error: --limit 0: not a whole number from 1 to 100\nhint: write digits only, such as 1\n"
      ),
      (["search"], "error: verbatim search needs WORDS\nhint: write verbatim search WORDS...\n"),
      (["jobs", "--gateway", "nowhere"], "error: --gateway nowhere: "),
      (
        ["jobs", "--gateway", ":7400"],
        "error: --gateway :7400: the host is missing\nhint: write HOST:PORT"
      ),
      (
        ["jobs", "--timeout", "10"],
        "error: --timeout 10: not a length of time\nhint: write a number with its unit"
      ),
      (
        ["transcript", "x", "--format", "srt2"],
        "error: --format srt2: not one of text, srt, vtt, json\nhint: did you mean srt?\n"
      ),
      (["videos", "j", "--state", "faild"], "hint: did you mean failed?\n"),
      (
        ["jobs", "--tls-key", "k"],
        "error: --tls-key k: its certificate is missing\nhint: give --tls-certificate FILE as well\n"
      ),
      (
        ["jobs", "--tls-certificate", "c"],
        "error: --tls-certificate c: its key is missing\nhint: give --tls-key FILE as well\n"
      ),
      (
        ["jobs", "--plaintext", "--gateway", "example.org:7400"],
        "error: --plaintext: example.org:7400 is not on this machine"
      ),
      (
        ["search", "x", "--playlist", "https://youtu.be/dQw4w9WgXcQ"],
        "not a playlist\nhint: write its id (PL...) or its URL\n"
      ),
    ])
  func usage(line: [String], message: String) async {
    let run = await Self.run(line)
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.output == "")
    #expect(run.exitCode == .usage)
  }

  private static func run(_ line: [String]) async -> ToolRun {
    switch line.count {
    case 1: await ToolRun.of(line[0])
    case 2: await ToolRun.of(line[0], line[1])
    case 3: await ToolRun.of(line[0], line[1], line[2])
    default: await ToolRun.of(line[0], line[1], line[2], line[3])
    }
  }

  @Test("Settings for the connection come from flags, environment and file")
  func settings() async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: ConnectionSettings.self)
    var surroundings = ToolRun.Surroundings()
    surroundings.files = [
      "v.conf": """
      gateway = 10.0.0.1:7400
      tls-ca = ca.pem
      tls-certificate = client.pem
      tls-key = client.key
      """
    ]
    surroundings.environment = ["VERBATIM_CONFIG": "v.conf", "VERBATIM_TLS_SERVER_NAME": "g"]
    surroundings.connect = { settings in
      continuation.yield(settings)
      throw RPCError(.unavailable, "not in this test")
    }
    let run = await ToolRun.of("jobs", in: surroundings)
    #expect(run.exitCode == .unavailable)
    _ = await ToolRun.of(
      "jobs", "--plaintext", "--gateway", "[::1]:1", "--gateway", "localhost:2", in: surroundings)
    continuation.finish()
    var seen: [ConnectionSettings] = []
    for await settings in stream { seen.append(settings) }
    #expect(seen.count == 2)
    #expect(seen.first?.endpoints == [Endpoint(host: "10.0.0.1", port: 7400)])
    #expect(seen.first?.tls?.authority == "ca.pem")
    #expect(seen.first?.tls?.certificate == "client.pem")
    #expect(seen.first?.tls?.key == "client.key")
    #expect(seen.first?.tls?.serverName == "g")
    #expect(
      seen.last?.endpoints == [
        Endpoint(host: "::1", port: 1), Endpoint(host: "localhost", port: 2),
      ])
    #expect(seen.last?.tls == nil)
  }

  @Test("Help names every command and every exit code")
  func help() async {
    let run = await ToolRun.of("--help")
    for command in ["index", "watch", "search", "transcript", "jobs", "status", "videos", "cancel"]
    {
      #expect(run.output.contains("\n  \(command) "))
    }
    let text = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains(ExitCode.table))
    #expect(run.exitCode == .ok)
    #expect(run.errors == "")
  }

  @Test(
    "Each command has help",
    arguments: ["index", "watch", "search", "transcript", "jobs", "status", "videos", "cancel"])
  func commandHelp(command: String) async {
    let run = await ToolRun.of(command, "--help")
    #expect(run.output.hasPrefix("verbatim \(command): "))
    #expect(run.exitCode == .ok)
  }

  @Test(
    "Each status of a call has its exit code",
    arguments: [
      (RPCStatusCode.invalidArgument, ExitCode.refused), (.notFound, .refused),
      (.permissionDenied, .refused), (.unauthenticated, .refused), (.failedPrecondition, .refused),
      (.unimplemented, .refused), (.outOfRange, .refused), (.alreadyExists, .refused),
      (.unavailable, .unavailable), (.resourceExhausted, .tryAgain), (.aborted, .tryAgain),
      (.deadlineExceeded, .deadline), (.internalError, .internalError), (.unknown, .internalError),
      (.dataLoss, .internalError), (.cancelled, .interrupted),
    ])
  func exitCodes(status: RPCStatusCode, exitCode: ExitCode) async {
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in throw RPCError(status, "the reason") }
    let run = await ToolRun.of("jobs", gateway: gateway)
    #expect(run.exitCode == exitCode)
    #expect(run.errors.hasPrefix("error: the reason"))
  }

  @Test("A gateway that is not there is named with what to do")
  func unavailable() async {
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in
      throw RPCError(.unavailable, "connect to 127.0.0.1:7400: Connection refused")
    }
    let run = await ToolRun.of("jobs", gateway: gateway)
    #expect(
      run.errors
        == "error: connect to 127.0.0.1:7400: Connection refused\nhint: `verbatim status` tells whether the gateway answers at all; check --gateway, --tls-ca and --tls-server-name (deploy/quickstart starts one)\n"
    )
  }

  @Test("A message of the gateway cannot reach the terminal as commands")
  func hostileMessage() async {
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in throw RPCError(.invalidArgument, "\u{1b}[2Jno\nway") }
    let run = await ToolRun.of("jobs", gateway: gateway)
    #expect(run.errors == "error: \u{fffd}[2Jno way\n")
  }
}
