internal import API
internal import Options
internal import Protobuf

/// `verbatim status [JOB]`
enum StatusCommand: ToolCommand {
  static let job = Argument("JOB", minimum: 0, help: "The job; without one, everything that runs.")

  static let declaration = Command(
    "status", summary: "Shows how far one job is, or what the gateway is doing.",
    discussion: "With --json: a Job message, or a ListJobsResponse message of what runs.",
    arguments: [job])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    if let id = context.values[Self.job].first {
      try await Self.show(id, context)
    } else {
      try await Self.showGateway(context)
    }
    return .ok
  }

  private static func show(_ id: String, _ context: CommandContext) async throws {
    let response = try await context.gateway.getJob(
      .with { $0.jobId = id }, options: context.callOptions)
    let job = response.job ?? GatewayJob()
    if context.isJSON {
      try context.print(json: job)
    } else {
      for line in Self.lines(of: job, now: context.clock.unixSeconds(), style: context.style) {
        context.print(line)
      }
    }
  }

  static func lines(of job: GatewayJob, now: Int64, style: TextStyle) -> [String] {
    let counts = job.counts ?? GatewayJobCounts()
    var rows = [
      ("job", job.id), ("source", job.url), ("state", JobText.state(job)),
      ("videos", "\(JobText.total(job)): \(JobText.counts(counts))"),
    ]
    if job.statedTotal > counts.total, job.listingComplete {
      rows.append(("stated", "the playlist says it has \(job.statedTotal); the others are hidden"))
    }
    if let created = job.createdAt {
      rows.append(("submitted", TimeText.age(of: created.seconds, now: now)))
    }
    if let duration = job.duration { rows.append(("took", TimeText.short(duration))) }
    if !job.error.isEmpty { rows.append(("problem", job.error)) }
    return [style.bold(SafeText.line(JobText.name(job)))]
      + rows.map { "  " + DisplayWidth.padded($0.0, to: 11) + SafeText.line($0.1) }
  }

  private static func showGateway(_ context: CommandContext) async throws {
    let start = context.clock.now()
    let list = try await context.gateway.listJobs(
      .with { $0.pageSize = PageSize.of(.max) }, options: context.callOptions)
    let took = context.clock.now() - start
    let running = list.jobs.filter { !$0.hasEnded }
    if context.isJSON {
      try context.print(json: GatewayListJobsResponse.with { $0.jobs = running })
      return
    }
    context.print(
      "The gateway at \(context.settings.name) answers in \(TimeText.short(took)). "
        + "\(NumberText.counted(Int64(running.count), "job")) running, "
        + "\(list.jobs.count - running.count) ended lately.")
    guard !running.isEmpty else { return }
    context.print("")
    let table = JobsCommand.table(of: running, now: context.clock.unixSeconds())
    for line in table.lines(width: context.width, style: context.style) { context.print(line) }
  }
}
