internal import Options

/// `verbatim watch JOB...`
enum WatchCommand: ToolCommand {
  static let jobs = Argument("JOB", maximum: .max, help: "The jobs.")

  static let declaration = Command(
    "watch", summary: "Follows jobs until they have ended.",
    discussion: """
      Ctrl-C stops following; the jobs go on. When the gateway goes away, it is waited for.

      With --json: a WatchJobResponse message for each change.
      """, arguments: [jobs])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    await JobWatcher(context, jobs: context.values[Self.jobs]).run()
  }
}
