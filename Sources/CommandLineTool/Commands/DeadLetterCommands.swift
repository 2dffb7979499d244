internal import API
internal import Options
internal import Protobuf

/// `verbatim dead`
enum DeadCommand: ToolCommand {
  static let limit = Option(
    "limit", parse: .integer(1...100_000), default: 50, help: "How many are listed.")
  static let pageToken = Option(
    "page-token", parse: .text, placeholder: "TOKEN", defaultNote: "the newest",
    help: "Where the list goes on.")

  static let declaration = Command(
    "dead", summary: "Lists videos that were given up, newest first.",
    discussion: "With --json: a ListDeadLettersResponse message.",
    groups: [
      OptionGroup("List", [DeadLetterChoice.reason, DeadLetterChoice.job, limit, pageToken])
    ],
    examples: [
      Example("verbatim dead --reason unreachable", "Shows what could not be reached.")
    ])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let filter = try DeadLetterChoice.filter(context.values, ids: [], isAll: false)
    let limit = context.values[Self.limit]
    var list = PipelineListDeadLettersResponse()
    list.nextPageToken = context.values[Self.pageToken] ?? ""
    repeat {
      let page = try await context.pipeline.listDeadLetters(
        .with {
          $0.filter = filter
          $0.pageSize = PageSize.of(limit - list.letters.count)
          $0.pageToken = list.nextPageToken
        }, options: context.callOptions)
      list.letters += page.letters
      list.nextPageToken = page.nextPageToken
    } while !list.nextPageToken.isEmpty && list.letters.count < limit
    if context.isJSON {
      try context.print(json: list)
      return .ok
    }
    guard !list.letters.isEmpty else {
      context.tell("Nothing was given up.")
      return .ok
    }
    let now = context.clock.unixSeconds()
    var table = TextTable(["ID", "VIDEO", "JOB", "STAGE", "ERRORS", "GIVEN UP", "REASON"])
    for letter in list.letters {
      let reason = [letter.reason, letter.message].filter { !$0.isEmpty }
      table.add([
        letter.id, letter.videoId, letter.jobId, StageText.of(letter.stage),
        "\(letter.attempts)",
        letter.givenUpAt.map { TimeText.age(of: $0.seconds, now: now) } ?? "",
        reason.joined(separator: ": "),
      ])
    }
    for line in table.lines(width: context.width, style: context.style) { context.print(line) }
    if !list.nextPageToken.isEmpty {
      context.tell("There are more: --page-token \(SafeText.line(list.nextPageToken))")
    }
    return .ok
  }
}

/// `verbatim requeue ID...`
enum RequeueCommand: ToolCommand {
  static let ids = Argument("ID", minimum: 0, maximum: .max, help: "The letters' ids.")
  static let all = Option("all", parse: .boolean, default: false, help: "All that was given up.")

  static let declaration = Command(
    "requeue", summary: "Gives videos that were given up another life.",
    discussion: "With --json: a RequeueDeadLettersResponse message.", arguments: [ids],
    groups: [OptionGroup("Which", [DeadLetterChoice.reason, DeadLetterChoice.job, all])],
    examples: [
      Example("verbatim requeue --reason unreachable", "After the network was mended.")
    ])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let filter = try DeadLetterChoice.required(
      context.values, ids: context.values[Self.ids], isAll: context.values[Self.all], "requeue")
    let response = try await context.pipeline.requeueDeadLetters(
      .with { $0.filter = filter }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: response)
      return .ok
    }
    context.print("\(NumberText.counted(response.requeued, "video")) in work again.")
    if !response.jobIds.isEmpty {
      context.tell(
        "Follow with: verbatim watch \(SafeText.line(response.jobIds.joined(separator: " ")))")
    }
    return .ok
  }
}

/// `verbatim drop ID...`
enum DropCommand: ToolCommand {
  static let ids = Argument("ID", minimum: 0, maximum: .max, help: "The letters' ids.")
  static let all = Option("all", parse: .boolean, default: false, help: "All that was given up.")

  static let declaration = Command(
    "drop", summary: "Forgets videos that were given up; they stay failed.",
    discussion: "With --json: a DropDeadLettersResponse message.", arguments: [ids],
    groups: [OptionGroup("Which", [DeadLetterChoice.reason, DeadLetterChoice.job, all])])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let filter = try DeadLetterChoice.required(
      context.values, ids: context.values[Self.ids], isAll: context.values[Self.all], "drop")
    let response = try await context.pipeline.dropDeadLetters(
      .with { $0.filter = filter }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: response)
    } else {
      context.print("\(NumberText.counted(response.dropped, "letter")) forgotten.")
    }
    return .ok
  }
}

/// Which dead letters a command line means.
private enum DeadLetterChoice {
  static let reason = Option(
    "reason", parse: .text, placeholder: "KIND", defaultNote: "all",
    help: "Only those that were given up for this reason, such as unreachable or poison.")
  static let job = Option(
    "job", parse: .text, placeholder: "JOB", defaultNote: "all", help: "Only those of this job.")

  /// Nil: nothing was said.
  static func filter(
    _ values: OptionValues, ids: [String], isAll: Bool
  ) throws -> PipelineDeadLetterFilter? {
    var choices: [PipelineDeadLetterFilter.WhichOneof] = []
    if let reason = values[Self.reason] { choices.append(.reason(reason)) }
    if let job = values[Self.job] { choices.append(.jobId(job)) }
    if !ids.isEmpty { choices.append(.ids(.with { $0.ids = ids })) }
    if isAll { choices.append(.all(true)) }
    guard choices.count <= 1 else {
      throw ToolError(
        .usage, "letters are chosen in two ways at once",
        remedy: "give ids, or --reason, or --job, or --all")
    }
    return choices.first.map { choice in .with { $0.which = choice } }
  }

  static func required(
    _ values: OptionValues, ids: [String], isAll: Bool, _ command: String
  ) throws -> PipelineDeadLetterFilter {
    guard let filter = try Self.filter(values, ids: ids, isAll: isAll) else {
      throw ToolError(
        .usage, "nothing says which letters are meant",
        remedy: "give ids (verbatim dead lists them), --reason, --job, or --all")
    }
    return filter
  }
}

/// Stages in words.
enum StageText {
  static func of(_ stage: PipelineStage) -> String {
    switch stage {
    case .expand: "list"
    case .fetch: "fetch"
    case .index: "index"
    case .unspecified, .unrecognized: "unknown"
    }
  }
}
