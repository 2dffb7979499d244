internal import API
internal import Options
internal import Protobuf

/// `verbatim cancel JOB...`
enum CancelCommand: ToolCommand {
  static let jobs = Argument("JOB", maximum: .max, help: "The jobs.")

  static let declaration = Command(
    "cancel", summary: "Stops jobs: nothing more is fetched, and what is indexed stays.",
    discussion: "With --json: a Job message for each.", arguments: [jobs])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    for id in context.values[Self.jobs] {
      let response = try await context.gateway.cancelJob(
        .with { $0.jobId = id }, options: context.callOptions)
      let job = response.job ?? GatewayJob()
      if context.isJSON {
        try context.print(json: job)
      } else {
        context.print(SafeText.line(Self.text(job)))
      }
    }
    return .ok
  }

  private static func text(_ job: GatewayJob) -> String {
    let counts = job.counts ?? GatewayJobCounts()
    guard job.state == .cancelled else {
      return "\(job.id) \(JobText.name(job)): had ended before (\(JobText.state(job)))"
    }
    return "\(job.id) \(JobText.name(job)): cancelled; \(counts.searchable) of "
      + "\(NumberText.counted(counts.total, "video")) stay searchable"
  }
}
