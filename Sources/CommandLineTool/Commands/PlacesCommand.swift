internal import API
internal import Options
internal import Protobuf

/// `verbatim places VIDEO WORDS...`
enum PlacesCommand: ToolCommand {
  static let video = Argument("VIDEO", help: "The video's id or URL.")
  static let words = Argument(
    "WORDS", maximum: .max, help: "What to look for, as in `verbatim search`.")
  static let limit = Option(
    "limit", parse: .integer(Int32(1)...1000), default: 100, help: "Places on a page.")
  static let pageToken = Option(
    "page-token", parse: .text, placeholder: "TOKEN", defaultNote: "the first page",
    help: "The page that the page before names.")

  static let declaration = Command(
    "places", summary: "Finds every place in one video in which something is said.",
    discussion: "With --json: a ListPlacesResponse message.",
    arguments: [video, words],
    groups: [
      OptionGroup(
        "Places",
        [limit, pageToken, IndexOptions.language, IndexOptions.index, IndexOptions.exact])
    ],
    examples: [
      Example("verbatim places dQw4w9WgXcQ never", "Lists each time it is said, with links.")
    ])

  static let notFoundRemedy = IndexOptions.notFoundRemedy

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let video = try IndexOptions.video(context.values[Self.video].first ?? "")
    let page = try await context.index.listPlaces(
      .with {
        $0.index = context.values[IndexOptions.index]
        $0.videoId = video
        $0.languageCode = context.values[IndexOptions.language] ?? ""
        $0.text = context.values[Self.words].joined(separator: " ")
        $0.exact = context.values[IndexOptions.exact]
        $0.pageSize = context.values[Self.limit]
        $0.pageToken = context.values[Self.pageToken] ?? ""
      }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: page)
      return .ok
    }
    var hit = APISearchHit()
    hit.video = page.video
    hit.track = page.track
    hit.moments = page.moments
    for line in SearchCommand.lines(of: hit, width: context.width, style: context.style) {
      context.print(line)
    }
    let total = page.totalIsExact ? "\(page.total)" : "at least \(page.total)"
    var text = "\(NumberText.counted(Int64(page.moments.count), "place")) of \(total)."
    if !page.nextPageToken.isEmpty {
      text += " Next page: --page-token \(SafeText.line(page.nextPageToken))"
    }
    context.tell("\n" + context.errorStyle.dim(text))
    return .ok
  }
}

/// `verbatim context VIDEO TIME`
enum ContextCommand: ToolCommand {
  static let video = Argument("VIDEO", help: "The video's id or URL.")
  static let time = Argument("TIME", help: "The instant: seconds, 12:34 or 1:02:03.")
  static let before = Option(
    "before", parse: .duration(in: .zero ... .seconds(86_400)), default: .seconds(30),
    help: "How much before it.")
  static let after = Option(
    "after", parse: .duration(in: .zero ... .seconds(86_400)), default: .seconds(30),
    help: "How much after it.")

  static let declaration = Command(
    "context", summary: "Prints what is said around an instant of a video.",
    discussion: "With --json: a GetContextResponse message.", arguments: [video, time],
    groups: [
      OptionGroup("Context", [before, after, IndexOptions.language, IndexOptions.index])
    ],
    examples: [Example("verbatim context dQw4w9WgXcQ 0:43 --before 10s", "Around second 43.")])

  static let notFoundRemedy = IndexOptions.notFoundRemedy

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let video = try IndexOptions.video(context.values[Self.video].first ?? "")
    let time = context.values[Self.time].first ?? ""
    guard let instant = Self.milliseconds(time) else {
      throw ToolError(
        .usage, "\(time) is no instant", remedy: "write seconds, 12:34 or 1:02:03")
    }
    let answer = try await context.index.getContext(
      .with {
        $0.index = context.values[IndexOptions.index]
        $0.videoId = video
        $0.languageCode = context.values[IndexOptions.language] ?? ""
        $0.atMs = instant
        $0.before = Self.duration(context.values[Self.before])
        $0.after = Self.duration(context.values[Self.after])
      }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: answer)
      return .ok
    }
    let last = answer.segments.last { $0.startMs <= instant }
    for segment in answer.segments {
      let place = TimeText.clock(segment.startMs)
      let line = "\(String(repeating: " ", count: max(0, 7 - place.count)))\(place)  "
      let text = SafeText.line(segment.text)
      context.print(line + (segment == last ? context.style.bold(text) : text))
    }
    return .ok
  }

  /// Nil when it is no instant.
  static func milliseconds(_ text: String) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count) else { return nil }
    var seconds: Int64 = 0
    for part in parts {
      guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part.utf8.count <= 7,
        let number = Int64(part)
      else { return nil }
      seconds = seconds * 60 + number
    }
    return seconds * 1000
  }

  private static func duration(_ duration: Duration) -> ProtoDuration {
    let (seconds, attoseconds) = duration.components
    return .with {
      $0.seconds = seconds
      $0.nanos = Int32(attoseconds / 1_000_000_000)
    }
  }
}

/// `verbatim suggest TEXT...`
enum SuggestCommand: ToolCommand {
  static let text = Argument("TEXT", maximum: .max, help: "As far as it is typed.")
  static let limit = Option(
    "limit", parse: .integer(Int32(1)...50), default: 10, help: "How many are shown.")

  static let declaration = Command(
    "suggest", summary: "Completes the last word of a search with words that were said.",
    discussion: "With --json: a SuggestWordsResponse message.", arguments: [text],
    groups: [OptionGroup("Suggestions", [limit, IndexOptions.index])])

  static let notFoundRemedy = IndexOptions.notFoundRemedy

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let answer = try await context.index.suggestWords(
      .with {
        $0.index = context.values[IndexOptions.index]
        $0.text = context.values[Self.text].joined(separator: " ")
        $0.limit = context.values[Self.limit]
      }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: answer)
      return .ok
    }
    for suggestion in answer.suggestions { context.print(SafeText.line(suggestion.text)) }
    return .ok
  }
}
