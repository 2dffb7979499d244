internal import API
internal import Options
internal import Protobuf

/// `verbatim pause JOB...`, `verbatim pause --all`
enum PauseCommand: ToolCommand {
  static let jobs = Argument("JOB", minimum: 0, maximum: .max, help: "The jobs.")
  static let all = Option(
    "all", parse: .boolean, default: false, help: "The whole pipeline, later jobs included.")

  static let declaration = Command(
    "pause", summary: "Begins nothing new of jobs, or at all; what is in work is finished.",
    discussion: "With --json: a Job message for each.", arguments: [jobs],
    groups: [OptionGroup("Pause", [all])],
    examples: [Example("verbatim pause --all", "Stops asking YouTube, and keeps everything.")])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let isAll = context.values[Self.all]
    let ids = context.values[Self.jobs]
    try PausedJobs.check(ids, isAll: isAll, "pause")
    if isAll {
      _ = try await context.pipeline.pausePipeline(
        PipelinePausePipelineRequest(), options: context.callOptions)
      context.tell("The pipeline is paused. Let it go on with: verbatim resume --all")
    }
    for id in ids {
      let response = try await context.pipeline.pauseJob(
        .with { $0.jobId = id }, options: context.callOptions)
      try PausedJobs.show(response.job ?? GatewayJob(), context)
    }
    return .ok
  }
}

/// `verbatim resume JOB...`, `verbatim resume --all`
enum ResumeCommand: ToolCommand {
  static let jobs = Argument("JOB", minimum: 0, maximum: .max, help: "The jobs.")
  static let all = Option(
    "all", parse: .boolean, default: false,
    help: "The whole pipeline. Jobs that were paused one by one stay paused.")

  static let declaration = Command(
    "resume", summary: "Lets paused jobs, or the paused pipeline, go on.",
    discussion: "With --json: a Job message for each.", arguments: [jobs],
    groups: [OptionGroup("Resume", [all])])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let isAll = context.values[Self.all]
    let ids = context.values[Self.jobs]
    try PausedJobs.check(ids, isAll: isAll, "resume")
    if isAll {
      _ = try await context.pipeline.resumePipeline(
        PipelineResumePipelineRequest(), options: context.callOptions)
      context.tell("The pipeline goes on.")
    }
    for id in ids {
      let response = try await context.pipeline.resumeJob(
        .with { $0.jobId = id }, options: context.callOptions)
      try PausedJobs.show(response.job ?? GatewayJob(), context)
    }
    return .ok
  }
}

/// What both have in common.
private enum PausedJobs {
  static func check(_ ids: [String], isAll: Bool, _ command: String) throws {
    guard ids.isEmpty, !isAll else { return }
    throw ToolError(
      .usage, "no job was named",
      remedy: "write verbatim \(command) JOB, or verbatim \(command) --all for the whole pipeline")
  }

  static func show(_ job: GatewayJob, _ context: CommandContext) throws {
    if context.isJSON { return try context.print(json: job) }
    let what =
      job.hasEnded
      ? "had ended before (\(JobText.state(job)))" : job.paused ? "paused" : "goes on"
    context.print(SafeText.line("\(job.id) \(JobText.name(job)): \(what)"))
  }
}
