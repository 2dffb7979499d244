internal import API
internal import Options
internal import Protobuf
internal import RPC
internal import Transcripts

/// `verbatim export [WORDS...]`
enum ExportCommand: ToolCommand {
  enum Format: String, CaseIterable, Sendable {
    case ndjson, csv, text, srt, vtt
  }

  static let words = Argument(
    "WORDS", minimum: 0, maximum: .max,
    help:
      "What to search for, as in `verbatim search`. Without: everything that passes the filters.")
  static let format = Option(
    "format", parse: .choice(of: Format.self), default: .ndjson,
    help:
      "One JSON message a line; a table of segments or moments; or text and subtitles, each transcript after a line that names it."
  )
  static let hits = Option(
    "hits", parse: .boolean, default: false,
    help: "Moments that were found instead of whole transcripts; as ndjson or csv.")
  static let moments = Option(
    "moments", parse: .integer(Int32(1)...20), default: 20,
    help: "With --hits: moments of each video.")

  static let declaration = Command(
    "export", summary: "Writes transcripts or search results, all of them, as a stream.",
    discussion: """
      Nothing is kept in memory; it may take up to an hour. With --json or --format ndjson: ExportTranscriptsResponse or, \
      with --hits, ExportHitsResponse messages.
      """,
    arguments: [words],
    groups: [
      OptionGroup(
        "Export",
        [
          format, hits, moments, SearchCommand.order, SearchCommand.languages, SearchCommand.kind,
          SearchCommand.channels, SearchCommand.playlists, SearchCommand.videos,
          IndexOptions.index, IndexOptions.exact,
        ])
    ],
    examples: [
      Example("verbatim export > all.ndjson", "Everything that is indexed."),
      Example("verbatim export --hits --format csv comet > comet.csv", "A table with links."),
      Example("verbatim export --playlist PL... --format text", "A playlist to read."),
    ])

  static let notFoundRemedy = IndexOptions.notFoundRemedy
  /// As the gateway allows.
  private static let timeout = Duration.seconds(3600)

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let values = context.values
    let query: APISearchQuery = .with {
      $0.text = values[Self.words].joined(separator: " ")
      $0.order = values[SearchCommand.order].message
      $0.languageCodes = values[SearchCommand.languages]
      $0.channelIds = values[SearchCommand.channels]
      $0.playlistIds = values[SearchCommand.playlists]
      $0.videoIds = values[SearchCommand.videos]
      $0.kind = SearchCommand.kind(values[SearchCommand.kind])
      $0.index = values[IndexOptions.index]
      $0.exact = values[IndexOptions.exact]
      $0.momentsPerHit = values[Self.moments]
    }
    let format = context.isJSON ? .ndjson : values[Self.format]
    if values[Self.hits] {
      try await Self.exportHits(query, format, context)
    } else {
      try await Self.exportTranscripts(query, format, context)
    }
    return .ok
  }

  private static func exportHits(
    _ query: APISearchQuery, _ format: Format, _ context: CommandContext
  ) async throws {
    guard format == .ndjson || format == .csv else {
      throw ToolError(
        .usage, "moments cannot be written as \(format.rawValue)",
        remedy: "use --format ndjson or csv, or leave out --hits")
    }
    if format == .csv {
      context.print(
        Self.row(["video", "title", "channel", "language", "start_ms", "url", "text"]))
    }
    let options = RPCOptions(timeout: Self.timeout)
    for try await response in context.index.exportHits(
      .with { $0.query = query }, options: options)
    {
      guard format == .csv else {
        try context.print(json: response)
        continue
      }
      let hit = response.hit ?? APISearchHit()
      for moment in hit.moments {
        context.print(
          Self.row([
            hit.video?.id ?? "", hit.video?.title ?? "", hit.video?.channelTitle ?? "",
            hit.track?.languageCode ?? "", "\(moment.startMs)", moment.url, moment.text,
          ]))
      }
    }
  }

  private static func exportTranscripts(
    _ query: APISearchQuery, _ format: Format, _ context: CommandContext
  ) async throws {
    if format == .csv {
      context.print(Self.row(["video", "title", "language", "start_ms", "duration_ms", "text"]))
    }
    let options = RPCOptions(timeout: Self.timeout)
    for try await response in context.index.exportTranscripts(
      .with { $0.query = query }, options: options)
    {
      let transcript = response.transcript ?? APITranscript()
      switch format {
      case .ndjson: try context.print(json: response)
      case .csv:
        for segment in transcript.segments {
          context.print(
            Self.row([
              transcript.video?.id ?? "", transcript.video?.title ?? "",
              transcript.track?.languageCode ?? "", "\(segment.startMs)",
              "\(segment.durationMs)", segment.text,
            ]))
        }
      case .text: try Self.print(transcript, as: .text, context)
      case .srt: try Self.print(transcript, as: .srt, context)
      case .vtt: try Self.print(transcript, as: .vtt, context)
      }
    }
  }

  private static func print(
    _ transcript: APITranscript, as format: TranscriptFormat, _ context: CommandContext
  ) throws {
    let text = transcript.video?.id ?? ""
    guard let id = VideoID(text) else {
      throw ToolError(.unavailable, "the gateway sent a transcript of no video")
    }
    let title = SafeText.line(transcript.video?.title ?? "")
    context.print("==> https://youtu.be/\(id) \(title) <==")
    let bytes = format.encode(TranscriptCommand.content(transcript, id))
    context.console.output.write(SafeText.lines(String(decoding: bytes, as: UTF8.self)))
    context.print("")
  }

  /// A row of RFC 4180. What a spreadsheet would take for a formula is written with an apostrophe before it.
  static func row(_ fields: [String]) -> String {
    fields.map { field in
      // On a line of its own, and harmless to a terminal.
      var text = SafeText.line(field)
      if let first = text.unicodeScalars.first, "=+-@".unicodeScalars.contains(first) {
        text = "'" + text
      }
      let needsQuotes = text.unicodeScalars.contains { "\",".unicodeScalars.contains($0) }
      return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }.joined(separator: ",") + "\r"
  }
}
