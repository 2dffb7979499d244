internal import API
internal import Options
internal import Protobuf
internal import Transcripts

/// `verbatim search WORDS...`
enum SearchCommand: ToolCommand {
  /// A line of text is no easier to read when it is longer.
  private static let maxTextColumns = 100
  private static let indent = "  "

  enum Order: String, CaseIterable, Sendable {
    case relevance, newest, oldest

    var message: APISearchOrder {
      switch self {
      case .relevance: .relevance
      case .newest: .newest
      case .oldest: .oldest
      }
    }
  }

  static let words = Argument(
    "WORDS", maximum: .max,
    help:
      "All must occur. \"several words\" in quotes are a phrase, prefix* is a beginning; OR, -not, NEAR/5, ( ), title:word, after:2024-05, before:2025 work."
  )
  static let limit = Option(
    "limit", parse: .integer(Int32(1)...100), default: 20, help: "Videos on a page.")
  static let moments = Option(
    "moments", parse: .integer(Int32(1)...20), default: 3, help: "Moments shown of each video.")
  static let order = Option(
    "order", parse: .choice(of: Order.self), default: .relevance, help: "Which videos come first.")
  static let languages = Option.list(
    "lang", parse: .text, placeholder: "CODE", defaultNote: "all",
    help: "Only captions in these languages.")
  static let kind = Option(
    "kind", parse: .choice(of: CaptionKind.self), defaultNote: "both",
    help: "Only captions written by people, or by speech recognition.")
  static let channels = Option.list(
    "channel", parse: .text, placeholder: "ID", defaultNote: "all",
    help: "Only these channels (UC...).")
  static let playlists = Option.list(
    "playlist", parse: .playlistID, defaultNote: "all", help: "Only these playlists (ids or URLs).")
  static let videos = Option.list(
    "video", parse: .videoID, defaultNote: "all", help: "Only these videos (ids or URLs).")
  enum FacetChoice: String, CaseIterable, Sendable {
    case channel, playlist, language, kind, year

    var message: APIFacetField {
      switch self {
      case .channel: .channel
      case .playlist: .playlist
      case .language: .language
      case .kind: .kind
      case .year: .year
      }
    }
  }

  static let facets = Option.list(
    "facet", parse: .choice(of: FacetChoice.self), defaultNote: "none",
    help: "Counts all videos found by this; on the first page.")
  static let facetValues = Option(
    "facet-values", parse: .integer(Int32(1)...1000), default: 10,
    help: "Values shown of each facet, the most frequent ones.")
  static let pageToken = Option(
    "page-token", parse: .text, placeholder: "TOKEN", defaultNote: "the first page",
    help: "The page that the page before names.")

  static let declaration = Command(
    "search", summary: "Finds the moments in which something is said.",
    discussion: "With --json: a SearchResults message.",
    arguments: [words],
    groups: [
      OptionGroup(
        "Search",
        [
          limit, moments, order, languages, kind, channels, playlists, videos, facets, facetValues,
          IndexOptions.index, IndexOptions.exact, pageToken,
        ])
    ],
    examples: [
      Example("verbatim search '\"dark matter\"' --lang en", "Finds a phrase in English captions."),
      Example("verbatim search galax* -cluster --order newest", "Newest videos first."),
      Example(
        "verbatim search --json comet | jq -r '.hits[].moments[].url'", "Prints links only."),
    ])

  static let notFoundRemedy = "`verbatim indexes` lists the indexes there are"

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let query = Self.query(context.values)
    let response = try await context.gateway.search(
      .with { $0.query = query }, options: context.callOptions)
    let results = response.results ?? APISearchResults()
    if context.isJSON {
      try context.print(json: results)
      return .ok
    }
    for (index, hit) in results.hits.enumerated() {
      if index > 0 { context.print("") }
      for line in Self.lines(of: hit, width: context.width, style: context.style) {
        context.print(line)
      }
    }
    for facet in results.facets where !facet.values.isEmpty {
      context.print("")
      for line in Self.lines(of: facet, style: context.style) { context.print(line) }
    }
    context.tell(Self.footer(results, query, context.errorStyle))
    return .ok
  }

  static func query(_ values: OptionValues) -> APISearchQuery {
    .with {
      $0.text = values[Self.words].joined(separator: " ")
      $0.pageSize = values[Self.limit]
      $0.pageToken = values[Self.pageToken] ?? ""
      $0.momentsPerHit = values[Self.moments]
      $0.order = values[Self.order].message
      $0.languageCodes = values[Self.languages]
      $0.channelIds = values[Self.channels]
      $0.playlistIds = values[Self.playlists]
      $0.videoIds = values[Self.videos]
      $0.kind = Self.kind(values[Self.kind])
      $0.index = values[IndexOptions.index]
      $0.exact = values[IndexOptions.exact]
      $0.facets = values[Self.facets].map(\.message)
      $0.facetValues = values[Self.facetValues]
    }
  }

  static func kind(_ kind: CaptionKind?) -> APICaptionKind {
    switch kind {
    case .manual: .manual
    case .automatic: .automatic
    case nil: .unspecified
    }
  }

  /// A facet as text: its name, then each value with its count.
  static func lines(of facet: APIFacet, style: TextStyle) -> [String] {
    let name =
      FacetChoice.allCases.first { $0.message == facet.field }?.rawValue.uppercased() ?? "?"
    let width = facet.values.map { "\($0.documents)".count }.max() ?? 0
    return [style.bold(name + (facet.isExact ? "" : " (at least)"))]
      + facet.values.map { value in
        let count = "\(value.documents)"
        let space = String(repeating: " ", count: width - count.count)
        let label = value.label.isEmpty ? "" : "  " + value.label
        return SafeText.line("\(Self.indent)\(space)\(count)  \(value.value)\(label)")
      }
  }

  /// A hit as text: the video, then its moments, each with a link to its second.
  static func lines(of hit: APISearchHit, width: Int?, style: TextStyle) -> [String] {
    let video = hit.video ?? APIVideo()
    var lines = [style.bold(SafeText.line(video.title.isEmpty ? video.id : video.title))]
    var facts = [video.channelTitle]
    if video.durationMs > 0 { facts.append(TimeText.clock(video.durationMs)) }
    if let track = hit.track {
      facts.append(track.languageCode + (track.kind == .automatic ? " (automatic)" : ""))
    }
    let line = facts.filter { !$0.isEmpty }.joined(separator: style.dot)
    if !line.isEmpty { lines.append(style.dim(SafeText.line(line))) }
    let places = hit.moments.map { TimeText.clock($0.startMs) }
    let column = (places.map(\.count).max() ?? 0) + 2 * Self.indent.count
    let space = String(repeating: " ", count: column)
    for (moment, place) in zip(hit.moments, places) {
      let columns = width.map { max(20, min($0, Self.maxTextColumns) - column) }
      let first = String(repeating: " ", count: column - 2 - place.count) + place + "  "
      for (index, text) in MomentText(moment).lines(width: columns, style: style).enumerated() {
        lines.append((index == 0 ? first : space) + text)
      }
      lines.append(space + style.dim(SafeText.line(moment.url)))
    }
    return lines
  }

  private static func footer(
    _ results: APISearchResults, _ query: APISearchQuery, _ style: TextStyle
  ) -> String {
    guard !results.hits.isEmpty else {
      if !results.didYouMean.isEmpty {
        return
          "Nothing was found for \(SafeText.line(query.text)). Did you mean: "
          + SafeText.line(results.didYouMean)
      }
      return
        "Nothing was found for \(SafeText.line(query.text)). Try fewer or other words, word* for beginnings, "
        + "or `verbatim jobs` to see what is indexed."
    }
    let total = results.totalIsExact ? "\(results.total)" : "at least \(results.total)"
    let took = TimeText.short(.microseconds(results.tookUs))
    let shown = NumberText.counted(Int64(results.hits.count), "video")
    var text = "\(shown) of \(total), found in \(took)."
    if !results.nextPageToken.isEmpty {
      text += " Next page: --page-token \(SafeText.line(results.nextPageToken))"
    }
    return "\n" + style.dim(text)
  }
}
