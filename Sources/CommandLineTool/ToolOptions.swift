internal import Networking
internal import Options
internal import Telemetry

/// The command line of `verbatim`.
enum ToolOptions {
  static let gateway = Option.list(
    "gateway", parse: .endpoint, default: [Endpoint(host: "127.0.0.1", port: 7400)],
    help: "Where the gateway is. Name several and one that works is used.")
  static let authority = Option(
    "tls-ca", parse: .file, defaultNote: "the system's",
    help: "Authorities that the gateway's certificate may come from (PEM).")
  static let certificate = Option(
    "tls-certificate", parse: .file, help: "Certificate to show to the gateway (PEM).")
  static let key = Option("tls-key", parse: .file, help: "The certificate's private key (PEM).")
  static let serverName = Option(
    "tls-server-name", parse: .text, default: "gateway", placeholder: "NAME",
    help: "The name that the gateway's certificate must carry.")
  static let plaintext = Option(
    "plaintext", parse: .boolean, default: false,
    help: "Talks without TLS; possible with a gateway on this machine only.")
  // Longer than a gateway takes to say that its Redis hangs (5 s), or the tool would give up before it hears why.
  static let timeout = Option(
    "timeout", parse: .duration(in: .milliseconds(1) ... .seconds(3600)), default: .seconds(10),
    help: "How long one call may take. Following a job is not limited.")

  static let color = Option(
    "color", parse: .choice(of: TextStyle.Use.self), default: .auto,
    help: "Colours and weights. Auto: on a terminal, unless NO_COLOR is set or TERM is dumb.")
  static let json = Option(
    "json", parse: .boolean, default: false,
    help: "Prints the messages of the API as JSON, one a line.")

  static let commands: [any ToolCommand.Type] = [
    IndexCommand.self, SyncCommand.self, WatchCommand.self, SearchCommand.self,
    TranscriptCommand.self,
    JobsCommand.self, StatusCommand.self, VideosCommand.self, CancelCommand.self,
    PauseCommand.self, ResumeCommand.self, DeadCommand.self, RequeueCommand.self, DropCommand.self,
    StatsCommand.self, AuditCommand.self, PlacesCommand.self, ContextCommand.self,
    SuggestCommand.self, ExportCommand.self, IndexesCommand.self, CreateIndexCommand.self,
    DeleteIndexCommand.self, AliasCommand.self, RemoveCommand.self, VerifyCommand.self,
    OptimizeCommand.self, CallCommand.self,
  ]

  static let program = Program(
    name: "verbatim", version: Version.current,
    summary: "Searches what was said in YouTube playlists, channels and videos.",
    discussion: """
      It talks to a gateway. Results go to standard output; progress, hints and errors to standard error.

      \(ExitCode.table)
      """,
    environmentPrefix: "VERBATIM_",
    groups: [
      OptionGroup(
        "Connection", [gateway, authority, certificate, key, serverName, plaintext, timeout]),
      OptionGroup("Output", [color, json]),
    ],
    commands: commands.map { $0.declaration },
    examples: [
      Example(
        "verbatim index https://www.youtube.com/playlist?list=PL...",
        "Indexes a playlist and shows how far it is."),
      Example("verbatim search '\"milky way\" -chocolate'", "Finds the moments, with links."),
      Example("verbatim transcript dQw4w9WgXcQ --format srt > talk.srt", "Saves subtitles."),
    ])
}

extension ValueParser where Value == Endpoint {
  static var endpoint: Self {
    Self(placeholder: "HOST:PORT") { text in
      let remedy = "write HOST:PORT, such as 127.0.0.1:7400 or [::1]:7400"
      let endpoint: Endpoint
      do {
        endpoint = try Endpoint(parsing: text)
      } catch {
        throw ValueProblem("\(error)", remedy: remedy)
      }
      guard !endpoint.host.isEmpty else {
        throw ValueProblem("the host is missing", remedy: remedy)
      }
      guard endpoint.port > 0 else { throw ValueProblem("port 0 is nowhere", remedy: remedy) }
      return endpoint
    }
  }
}
