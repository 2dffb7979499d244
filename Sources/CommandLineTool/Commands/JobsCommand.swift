internal import API
internal import Options
internal import Protobuf

/// `verbatim jobs`
enum JobsCommand: ToolCommand {
  static let limit = Option(
    "limit", parse: .integer(1...100_000), default: 50, help: "How many are listed.")
  static let pageToken = Option(
    "page-token", parse: .text, placeholder: "TOKEN", defaultNote: "the newest",
    help: "Where the list goes on.")

  static let declaration = Command(
    "jobs", summary: "Lists jobs, newest first.",
    discussion: "With --json: a ListJobsResponse message.",
    groups: [OptionGroup("List", [limit, pageToken])],
    examples: [
      Example("verbatim jobs --json | jq -r '.jobs[0].id'", "Prints the id of the newest.")
    ])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    var list = GatewayListJobsResponse()
    list.nextPageToken = context.values[Self.pageToken] ?? ""
    let limit = context.values[Self.limit]
    repeat {
      let page = try await context.gateway.listJobs(
        .with {
          $0.pageSize = PageSize.of(limit - list.jobs.count)
          $0.pageToken = list.nextPageToken
        }, options: context.callOptions)
      list.jobs += page.jobs
      list.nextPageToken = page.nextPageToken
    } while !list.nextPageToken.isEmpty && list.jobs.count < limit
    if context.isJSON {
      try context.print(json: list)
      return .ok
    }
    guard !list.jobs.isEmpty else {
      context.tell("There are no jobs. `verbatim index URL` starts one.")
      return .ok
    }
    let table = Self.table(of: list.jobs, now: context.clock.unixSeconds())
    for line in table.lines(width: context.width, style: context.style) { context.print(line) }
    if !list.nextPageToken.isEmpty {
      context.tell("There are more: --page-token \(SafeText.line(list.nextPageToken))")
    }
    return .ok
  }

  static func table(of jobs: [GatewayJob], now: Int64) -> TextTable {
    var table = TextTable(["JOB", "STATE", "ENDED", "FAILED", "SUBMITTED", "TITLE"])
    for job in jobs {
      let counts = job.counts ?? GatewayJobCounts()
      table.add([
        job.id, JobText.state(job), "\(counts.ended)/\(JobText.total(job))", "\(counts.failed)",
        job.createdAt.map { TimeText.age(of: $0.seconds, now: now) } ?? "", JobText.name(job),
      ])
    }
    return table
  }
}

/// How lists are asked for in pages.
enum PageSize {
  /// What the gateway gives at most (gateway.proto).
  static let maximum = 1000

  static func of(_ wanted: Int) -> Int32 { Int32(min(max(1, wanted), self.maximum)) }
}
