internal import API
internal import Options
internal import Protobuf
internal import RPC

/// `verbatim sync URL...`, `verbatim sync --list`, `verbatim sync --remove URL...`
enum SyncCommand: ToolCommand {
  static let urls = Argument(
    "URL", minimum: 0, maximum: .max, help: "URLs or ids of playlists and channels.")
  static let every = Option(
    "every", parse: .duration(in: .zero ... .seconds(30 * 86_400)), defaultNote: "as it was",
    help: "Looks for new videos by itself: 15m to 30d. 0s: only when asked.")
  static let list = Option(
    "list", parse: .boolean, default: false, help: "Lists what is kept up to date.")
  static let remove = Option(
    "remove", parse: .boolean, default: false,
    help: "Forgets the playlists; what is indexed stays.")

  static let notFoundRemedy = "`verbatim sync --list` shows what is kept up to date"

  static let declaration = Command(
    "sync", summary: "Keeps playlists and channels up to date: only what is new is fetched.",
    discussion: """
      Begins a run for each playlist and prints its job; with --every, further runs begin by themselves. A video that an \
      earlier run has indexed is skipped; one that cannot be had (private, without captions) is tried again after a week. \
      All options hold for every run; other languages, or another index, than before make all videos new.

      With --json: a SyncPlaylistResponse message for each URL; with --list a ListSyncsResponse message.
      """,
    arguments: [urls],
    groups: [
      OptionGroup(
        "Sync",
        [
          every, IndexCommand.indexName, IndexCommand.priority, IndexCommand.weight,
          IndexCommand.maxInFlight, list, remove,
        ]), LanguageOptions.group,
    ],
    examples: [
      Example("verbatim sync --every 6h PL...", "Looks for new videos now and every six hours."),
      Example("verbatim sync --list", "Shows when each playlist runs next."),
    ])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let urls = context.values[Self.urls]
    if context.values[Self.list] { return try await Self.showAll(context) }
    guard !urls.isEmpty else {
      throw ToolError(
        .usage, "there is no URL", remedy: "write verbatim sync URL, or verbatim sync --list")
    }
    for url in urls {
      if context.values[Self.remove] {
        _ = try await context.sync.removeSync(.with { $0.url = url }, options: context.callOptions)
        context.tell("\(SafeText.line(url)) is not kept up to date any more.")
      } else {
        try await Self.sync(url, context)
      }
    }
    return .ok
  }

  private static func sync(_ url: String, _ context: CommandContext) async throws {
    let values = context.values
    let response = try await context.sync.syncPlaylist(
      .with {
        $0.url = url
        $0.every = values[Self.every].map { every in .with { $0.seconds = every.components.seconds }
        }
        $0.languages = LanguageOptions.preference(values)
        $0.indexName = values[IndexCommand.indexName] ?? ""
        $0.priority = values[IndexCommand.priority]
        $0.weight = Int32(clamping: values[IndexCommand.weight])
        $0.maxInFlight = Int32(clamping: values[IndexCommand.maxInFlight] ?? 0)
      }, options: context.callOptions)
    if context.isJSON { return try context.print(json: response) }
    let job = response.job ?? GatewayJob()
    let what = response.created ? "started" : "already running"
    let next = response.playlist.flatMap { Self.interval($0.every) }.map { "  every \($0)" } ?? ""
    context.print(SafeText.line("\(job.id)  \(what)\(next)  \(JobText.name(job))"))
  }

  private static func showAll(_ context: CommandContext) async throws -> ExitCode {
    var all = SyncListSyncsResponse()
    repeat {
      let page = try await context.sync.listSyncs(
        .with {
          $0.pageSize = Int32(PageSize.maximum)
          $0.pageToken = all.nextPageToken
        }, options: context.callOptions)
      all.playlists += page.playlists
      all.nextPageToken = page.nextPageToken
    } while !all.nextPageToken.isEmpty
    if context.isJSON {
      try context.print(json: all)
      return .ok
    }
    guard !all.playlists.isEmpty else {
      context.tell("Nothing is kept up to date. `verbatim sync --every 6h URL` begins it.")
      return .ok
    }
    var table = TextTable(["PLAYLIST", "EVERY", "NEXT RUN", "RUNS", "KNOWN", "LAST JOB"])
    let now = context.clock.unixSeconds()
    for playlist in all.playlists {
      table.add([
        playlist.sourceId, Self.interval(playlist.every) ?? "",
        playlist.nextRunAt.map { "in \(Self.text(seconds: max(0, $0.seconds - now)))" } ?? "",
        "\(playlist.runs)", "\(playlist.knownVideos)", playlist.lastJobId,
      ])
    }
    for line in table.lines(width: context.width, style: context.style) { context.print(line) }
    return .ok
  }

  private static func interval(_ duration: ProtoDuration?) -> String? {
    duration.map { Self.text(seconds: $0.seconds) }
  }

  /// `6h`, `90m`, `2d`: the largest unit that loses nothing, minutes at least rounded up.
  private static func text(seconds: Int64) -> String {
    let minutes = (seconds + 59) / 60
    if minutes >= 1440, minutes % 1440 == 0 { return "\(minutes / 1440)d" }
    if minutes >= 60, minutes % 60 == 0 { return "\(minutes / 60)h" }
    return minutes > 180 ? "\(minutes / 60)h \(minutes % 60)m" : "\(minutes)m"
  }
}
