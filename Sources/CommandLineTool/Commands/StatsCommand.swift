internal import API
internal import Options
internal import Protobuf

/// `verbatim stats`
enum StatsCommand: ToolCommand {
  static let declaration = Command(
    "stats", summary: "Shows what is where in the pipeline, and the rate limits.",
    discussion: "With --json: a GetPipelineStatsResponse message.")

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let stats = try await context.pipeline.getPipelineStats(
      PipelineGetPipelineStatsRequest(), options: context.callOptions)
    if context.isJSON {
      try context.print(json: stats)
      return .ok
    }
    if stats.paused {
      context.print(
        context.style.bold("The pipeline is paused. `verbatim resume --all` lets it go on."))
    }
    context.print(
      "\(NumberText.counted(stats.jobsRunning, "job")) running; "
        + "\(NumberText.counted(stats.backlog, "video")) in \(stats.jobsWaiting) backlogs, "
        + "\(stats.delayed) waiting for another attempt, \(stats.deadLetters) given up.")
    context.print(
      "\(NumberText.counted(stats.heldVideos, "video")) fetched and not yet indexed "
        + "(\(stats.heldBytes) bytes); \(NumberText.counted(stats.staleResults, "late result")) "
        + "refused, \(NumberText.counted(stats.repairs, "repair")).")
    context.print("")
    var stages = TextTable(["STAGE", "WAITING", "IN WORK", "OLDEST", "TAKEN OVER"])
    for stage in stats.stages {
      stages.add([
        StageText.of(stage.stage), "\(stage.waiting)", "\(stage.inWork)",
        Self.text(stage.oldest), "\(stage.reclaimed)",
      ])
    }
    for line in stages.lines(width: context.width, style: context.style) { context.print(line) }
    guard !stats.egressLimits.isEmpty else { return .ok }
    context.print("")
    var limits = TextTable(["EGRESS", "STATE", "PER SECOND", "LAST HOUR"])
    for limit in stats.egressLimits {
      limits.add([
        limit.identity, Self.text(limit), NumberText.rate(limit.rate), "\(limit.lastHour)",
      ])
    }
    for line in limits.lines(width: context.width, style: context.style) { context.print(line) }
    return .ok
  }

  private static func text(_ duration: ProtoDuration?) -> String {
    TimeText.short(
      .seconds(duration?.seconds ?? 0) + .nanoseconds(Int64(duration?.nanos ?? 0)))
  }

  private static func text(_ limit: PipelineEgressLimit) -> String {
    switch limit.state {
    case .closed: "open for requests"
    case .open: "blocked for \(Self.text(limit.openFor))"
    case .halfOpen: "trying one request"
    case .unspecified, .unrecognized: "unknown"
    }
  }
}

/// `verbatim audit [JOB]`
enum AuditCommand: ToolCommand {
  static let job = Argument("JOB", minimum: 0, help: "The job; without one, all that run.")

  static let declaration = Command(
    "audit", summary: "Compares what the queue keeps twice, and mends what differs.",
    discussion: """
      It runs by itself every hour and when Redis was restarted, and finds nothing unless Redis has lost data. With \
      --json: a RunAuditResponse message.
      """,
    arguments: [job])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let response = try await context.pipeline.runAudit(
      .with { $0.jobId = context.values[Self.job].first ?? "" }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: response)
      return .ok
    }
    let looked = NumberText.counted(response.jobs, "job")
    guard !response.repairs.isEmpty else {
      context.print("\(looked) looked at: all is as it should be.")
      return .ok
    }
    context.print("\(looked) looked at. Mended:")
    for (kind, count) in response.repairs.sorted(by: { $0.key < $1.key }) {
      context.print(SafeText.line("  \(count) \(kind)"))
    }
    return .ok
  }
}
