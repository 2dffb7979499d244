internal import API
internal import Options
internal import Protobuf
internal import RPC

/// `verbatim index URL...`
enum IndexCommand: ToolCommand {
  static let urls = Argument(
    "URL", maximum: .max, help: "URLs or ids of playlists, channels and videos.")
  static let watch = Option(
    "watch", parse: .boolean, defaultNote: "on a terminal",
    help: "Follows the jobs until they have ended.")
  static let force = Option(
    "force", parse: .boolean, default: false,
    help: "Fetches videos again although they were indexed lately.")

  static let indexName = Option(
    "index", parse: .text, placeholder: "NAME", defaultNote: "the default one",
    help: "Which index the videos go to; it is made when it is not there.")
  static let priority = Option(
    "priority", parse: .choice([("interactive", GatewayJobPriority.interactive), ("bulk", .bulk)]),
    default: .bulk, placeholder: "PRIORITY",
    help:
      "How soon videos get their turn: interactive or bulk. While both have work, interactive jobs begin three videos of four."
  )
  static let weight = Option(
    "weight", parse: .integer(1...100), default: 1,
    help: "Videos that the job begins in each turn, beside other jobs of its priority.")
  static let maxInFlight = Option(
    "max-in-flight", parse: .integer(1...100_000), defaultNote: "no limit of its own",
    help: "Videos of the job that may be in the fetch stage at once.")
  static let maxAge = Option(
    "max-age", parse: .duration(in: .seconds(1) ... .seconds(86_400)),
    defaultNote: "12 to 24 hours",
    help: "Fetches again what was indexed longer ago than this.")

  static let declaration = Command(
    "index", summary: "Makes playlists, channels and videos searchable.",
    discussion: """
      What is indexed already is not fetched again. A playlist that is being indexed is not started twice: its job \
      is followed.

      Ctrl-C stops following; the jobs go on. With --json: a SubmitPlaylistResponse message for each URL, then a \
      WatchJobResponse message for each change.
      """,
    arguments: [urls],
    groups: [
      OptionGroup(
        "Index",
        [
          watch, indexName, force, maxAge, priority, weight, maxInFlight,
        ]), LanguageOptions.group,
    ],
    examples: [
      Example("verbatim index https://www.youtube.com/@somebody", "Indexes a channel."),
      Example("verbatim index --no-watch --lang en,de PL...", "Starts, and prints the job's id."),
      Example(
        "verbatim index --all-tracks PL...", "Indexes every caption track of each video."),
      Example(
        "verbatim index --lang de --translate-to de PL...",
        "Indexes German captions, machine translations where there are none."),
    ])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let (jobs, failure) = try await Self.submit(context)
    guard !jobs.isEmpty else { return failure ?? .ok }
    guard context.values[Self.watch] ?? context.console.output.isTerminal else {
      if !context.isJSON {
        context.tell("Follow with: verbatim watch \(SafeText.line(jobs.joined(separator: " ")))")
      }
      return failure ?? .ok
    }
    let exitCode = await JobWatcher(context, jobs: jobs).run()
    // What the gateway refused is worse than a video that failed, and Ctrl-C is what the person did last.
    return exitCode == .interrupted ? exitCode : failure ?? exitCode
  }

  /// Submits all, one after another.
  ///
  /// A URL that is refused does not keep the others from being submitted; a gateway that cannot be reached or is busy
  /// does.
  ///
  /// - Returns: The jobs, each once, and how it would end for those that failed.
  private static func submit(
    _ context: CommandContext
  ) async throws -> (jobs: [String], failure: ExitCode?) {
    var jobs: [String] = []
    var failure: ExitCode?
    for url in context.values[Self.urls] {
      let response: GatewaySubmitPlaylistResponse
      do {
        response = try await context.gateway.submitPlaylist(
          Self.request(url, context.values), options: context.callOptions)
      } catch let error as RPCError where !Task.isCancelled {
        let shown = ToolError(error, context.settings)
        context.reportError(
          ToolError(shown.exitCode, "\(url): \(shown.message)", remedy: shown.remedy))
        failure = shown.exitCode
        if shown.exitCode == .refused { continue }
        break
      }
      let job = response.job ?? GatewayJob()
      if context.isJSON {
        try context.print(json: response)
      } else {
        Self.tell(response, context)
      }
      if !jobs.contains(job.id) { jobs.append(job.id) }
    }
    return (jobs, failure)
  }

  private static func request(_ url: String, _ values: OptionValues) -> GatewaySubmitPlaylistRequest
  {
    .with {
      $0.url = url
      $0.force = values[Self.force]
      $0.indexName = values[Self.indexName] ?? ""
      $0.priority = values[Self.priority]
      $0.weight = Int32(clamping: values[Self.weight])
      $0.maxInFlight = Int32(clamping: values[Self.maxInFlight] ?? 0)
      $0.maxAge = values[Self.maxAge].map { age in .with { $0.seconds = age.components.seconds } }
      $0.languages = LanguageOptions.preference(values)
    }
  }

  /// The job's id comes first, for scripts.
  private static func tell(_ response: GatewaySubmitPlaylistResponse, _ context: CommandContext) {
    let job = response.job ?? GatewayJob()
    let what = response.created ? "started" : "already running"
    context.print(SafeText.line("\(job.id)  \(what)  \(JobText.name(job))"))
  }
}
