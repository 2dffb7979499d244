internal import API
internal import Options
internal import Protobuf

/// `verbatim videos JOB`
enum VideosCommand: ToolCommand {
  static let job = Argument("JOB", help: "The job.")
  static let state = Option(
    "state",
    parse: .choice(
      GatewayVideoState.allCases.filter { $0 != .unspecified }.map { (JobText.state($0), $0) }),
    placeholder: "STATE", defaultNote: "all",
    help: "Only videos in this state: queued, fetching, indexing, done, failed, skipped, cancelled."
  )
  static let limit = Option(
    "limit", parse: .integer(1...1_000_000), defaultNote: "all", help: "How many are listed.")
  static let pageToken = Option(
    "page-token", parse: .text, placeholder: "TOKEN", defaultNote: "the first",
    help: "Where the list goes on.")

  static let declaration = Command(
    "videos",
    summary:
      "Lists the videos of a job, what became of each, and which captions were taken and why.",
    discussion: "With --json: a ListVideosResponse message.", arguments: [job],
    groups: [OptionGroup("List", [state, limit, pageToken])],
    examples: [Example("verbatim videos JOB --state failed", "Says why videos failed.")])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let list = try await Self.list(
      context, job: context.values[Self.job].first ?? "", state: context.values[Self.state],
      limit: context.values[Self.limit], from: context.values[Self.pageToken] ?? "")
    if context.isJSON {
      try context.print(json: list)
      return .ok
    }
    guard !list.videos.isEmpty else {
      context.tell("There are no such videos.")
      return .ok
    }
    let hasCaptions = list.videos.contains { !$0.tracks.isEmpty }
    let columns = ["VIDEO", "STATE", "ERRORS"] + (hasCaptions ? ["CAPTIONS"] : []) + ["REASON"]
    var table = TextTable(columns)
    for video in list.videos {
      let error = [video.errorKind, video.errorMessage].filter { !$0.isEmpty }
      let captions = video.tracks.map { Self.track($0) }.joined(separator: ", ")
      table.add(
        [video.videoId, JobText.state(video.state), "\(video.attempts)"]
          + (hasCaptions ? [captions] : [])
          + [error.isEmpty ? video.selectionReason : error.joined(separator: ": ")])
    }
    for line in table.lines(width: context.width, style: context.style) { context.print(line) }
    if !list.nextPageToken.isEmpty {
      context.tell("There are more: --page-token \(SafeText.line(list.nextPageToken))")
    }
    return .ok
  }

  /// `en`, `en automatic`, `de-t-en translated from en`.
  private static func track(_ track: APICaptionTrack) -> String {
    track.languageCode + (track.kind == .automatic ? " automatic" : "")
      + (track.translatedFrom.isEmpty ? "" : " translated from \(track.translatedFrom)")
  }

  /// Reads pages until there are enough, or no more. A page may be empty while more follow.
  static func list(
    _ context: CommandContext, job: String, state: GatewayVideoState?, limit: Int?,
    from pageToken: String = ""
  ) async throws -> GatewayListVideosResponse {
    var list = GatewayListVideosResponse()
    list.nextPageToken = pageToken
    repeat {
      let page = try await context.gateway.listVideos(
        .with {
          $0.jobId = job
          $0.state = state ?? .unspecified
          $0.pageSize = PageSize.of((limit ?? .max) - list.videos.count)
          $0.pageToken = list.nextPageToken
        }, options: context.callOptions)
      list.videos += page.videos
      list.nextPageToken = page.nextPageToken
    } while !list.nextPageToken.isEmpty && list.videos.count < limit ?? .max
    return list
  }
}
