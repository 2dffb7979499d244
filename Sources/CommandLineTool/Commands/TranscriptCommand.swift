internal import API
internal import Options
internal import Protobuf
internal import Transcripts

/// `verbatim transcript VIDEO`
enum TranscriptCommand: ToolCommand {
  static let video = Argument("VIDEO", help: "The video's id or URL.")
  static let format = Option(
    "format", parse: .choice(of: TranscriptFormat.self), default: .text,
    help: "Plain lines, subtitles, or JSON (the same as --json).")
  static let language = Option(
    "lang", parse: .text, placeholder: "CODE", defaultNote: "whichever is indexed",
    help: "Language of the captions.")

  static let declaration = Command(
    "transcript", summary: "Prints everything that is said in a video.",
    discussion: "With --json: a Transcript message, times in milliseconds.", arguments: [video],
    groups: [OptionGroup("Transcript", [format, language, IndexOptions.index])],
    examples: [
      Example("verbatim transcript https://youtu.be/dQw4w9WgXcQ", "Prints it as text."),
      Example("verbatim transcript dQw4w9WgXcQ --format vtt > talk.vtt", "Saves subtitles."),
    ])

  static let notFoundRemedy =
    "index it first: verbatim index URL (or ask for another language with --lang)"

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let text = context.values[Self.video].first ?? ""
    guard case .video(let id)? = Self.source(text) else {
      throw ToolError(
        .usage, "\(text) is not a video", remedy: "write its id (11 characters) or its URL")
    }
    let response = try await context.gateway.getTranscript(
      .with {
        $0.videoId = id.text
        $0.languageCode = context.values[Self.language] ?? ""
        $0.index = context.values[IndexOptions.index]
      }, options: context.callOptions)
    let transcript = response.transcript ?? APITranscript()
    let format = context.values[Self.format]
    if context.isJSON || format == .json {
      try context.print(json: transcript)
    } else {
      let bytes = format.encode(Self.content(transcript, id))
      context.console.output.write(SafeText.lines(String(decoding: bytes, as: UTF8.self)))
    }
    return .ok
  }

  private static func source(_ text: String) -> SourceID? {
    // What is wrong with it is said once, for all texts that are no video.
    try? SourceID(parsing: text)
  }

  static func content(_ transcript: APITranscript, _ id: VideoID) -> Transcript {
    Transcript(
      video: Video(id: id, title: transcript.video?.title ?? ""),
      track: CaptionTrack(
        languageCode: transcript.track?.languageCode ?? "", name: transcript.track?.name ?? "",
        kind: transcript.track?.kind == .automatic ? .automatic : .manual),
      segments: transcript.segments.map {
        Segment(
          startMilliseconds: Self.clamped($0.startMs),
          durationMilliseconds: Self.clamped($0.durationMs), text: $0.text)
      }, fetchedMilliseconds: 0)
  }

  /// No video is longer than years, and sums of a peer's numbers must not overflow.
  private static func clamped(_ milliseconds: Int64) -> Int64 {
    min(max(0, milliseconds), 1_000_000_000_000)
  }
}
