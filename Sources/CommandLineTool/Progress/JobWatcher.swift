internal import API
internal import RPC

/// Follows jobs and shows how far they are, until all have ended.
struct JobWatcher {
  private let context: CommandContext
  private let jobs: [String]

  init(_ context: CommandContext, jobs: [String]) {
    self.context = context
    var seen: Set<String> = []
    self.jobs = jobs.filter { seen.insert($0).inserted }
  }

  /// - Returns: How the worst of the jobs ended, or ``ExitCode/interrupted``.
  /// Shows errors itself, job by job.
  func run() async -> ExitCode {
    let board = WatchBoard()
    var last: [GatewayWatchJobResponse?] = Array(repeating: nil, count: self.jobs.count)
    var exitCode = ExitCode.ok
    let isInterrupted = await self.follow(board, &last, &exitCode)
    if isInterrupted {
      self.tellHowToFollow(last)
      return .interrupted
    }
    for update in last {
      guard let job = update?.job, job.hasEnded else { continue }
      if !self.context.isJSON { await self.summarize(job) }
      let isClean = job.state == .done && (job.counts?.failed ?? 0) == 0
      if !isClean, exitCode == .ok { exitCode = .endedWithFailures }
    }
    return exitCode
  }

  /// - Returns: True: Ctrl-C.
  private func follow(
    _ board: WatchBoard, _ last: inout [GatewayWatchJobResponse?], _ exitCode: inout ExitCode
  ) async -> Bool {
    var display = ProgressDisplay(
      jobs: self.jobs.count, output: self.context.console.errors, style: self.context.errorStyle)
    let interval = display.interval
    return await withTaskGroup(of: Void.self) { group in
      for (index, job) in self.jobs.enumerated() {
        let follower = JobFollower(
          gateway: self.context.gateway, clock: self.context.clock, job: job)
        group.addTask {
          do {
            try await follower.follow(board, index: index)
            await board.end(index)
          } catch {
            await board.end(index, error)
          }
        }
      }
      let clock = self.context.clock
      group.addTask {
        // Cancelled by the end of the group, which is how it ends.
        while (try? await clock.tick(interval)) != nil { board.tick() }
      }
      defer { group.cancelAll() }
      var left = self.jobs.count
      for await _ in board.wake {
        let news = await board.take()
        for text in news.notices { display.notice(text) }
        for (index, update) in news.updates {
          last[index] = update
          self.show(update, index, &display)
        }
        for (index, error) in news.ends {
          left -= 1
          guard let error, !Task.isCancelled else { continue }
          display.clear()
          exitCode = self.show(error, of: index)
        }
        if left == 0 || Task.isCancelled { break }
        if !self.context.isJSON { display.show(at: clock.now()) }
      }
      if Task.isCancelled { return true }
      if self.context.errorStyle.canRedraw {
        // The summary says the same.
        display.clear()
      } else if !self.context.isJSON {
        display.show(at: clock.now(), isLast: true)
      }
      return false
    }
  }

  private func show(
    _ update: GatewayWatchJobResponse, _ index: Int, _ display: inout ProgressDisplay
  ) {
    guard self.context.isJSON else { return display.update(index, update) }
    do {
      try self.context.print(json: update)
    } catch {
      self.context.warn("a change could not be written as JSON: \(error)")
    }
  }

  private func show(_ error: any Error, of index: Int) -> ExitCode {
    let shown =
      (error as? RPCError).map {
        ToolError($0, self.context.settings, notFound: JobIDs.notFoundRemedy)
      } ?? ToolError(.unavailable, "\(error)")
    let remedy =
      shown.exitCode == .unavailable
      ? "the job goes on when the services do: verbatim watch \(self.jobs[index])" : shown.remedy
    self.context.reportError(
      ToolError(shown.exitCode, "\(self.jobs[index]): \(shown.message)", remedy: remedy))
    return shown.exitCode
  }

  private func tellHowToFollow(_ last: [GatewayWatchJobResponse?]) {
    let running = zip(self.jobs, last).filter { $1?.job?.hasEnded != true }.map(\.0)
    guard !running.isEmpty else { return }
    let ids = SafeText.line(running.joined(separator: " "))
    let (subject, verb) = running.count == 1 ? ("The job", "goes") : ("The jobs", "go")
    // Over the `^C` that the terminal has written.
    let start = self.context.errorStyle.canRedraw ? "\r\u{1b}[K" : ""
    self.context.tell(
      "\(start)\(subject) \(verb) on. Follow with: verbatim watch \(ids)   Stop with: verbatim cancel \(ids)"
    )
  }

  // MARK: The end

  /// Reasons that are shown, the most frequent first.
  private static let maxReasons = 8
  /// Failed videos that are looked at for their reasons.
  private static let maxFailures = 5000

  private func summarize(_ job: GatewayJob) async {
    let style = self.context.style
    let counts = job.counts ?? GatewayJobCounts()
    var parts: [String] = []
    switch job.state {
    case .failed:
      parts.append(style.red("could not be indexed"))
    case .cancelled:
      parts.append(style.red("cancelled"))
      parts.append("\(counts.searchable) of \(counts.total) searchable")
    case .done, .running, .unspecified, .unrecognized:
      let searchable = counts.searchable
      parts.append(style.green("\(NumberText.counted(searchable, "video")) searchable"))
    }
    if counts.skipped > 0 { parts.append("\(counts.skipped) of them since before") }
    if counts.failed > 0 { parts.append(style.red("\(counts.failed) failed")) }
    if let duration = job.duration { parts.append("took \(TimeText.short(duration))") }
    self.context.print(
      style.bold(SafeText.line(JobText.name(job))) + ": " + parts.joined(separator: ", "))
    if !job.error.isEmpty { self.context.warn("\(JobText.name(job)): \(job.error)") }
    if counts.failed > 0 { await self.tellReasons(job) }
  }

  private func tellReasons(_ job: GatewayJob) async {
    let failed: GatewayListVideosResponse
    do {
      failed = try await VideosCommand.list(
        self.context, job: job.id, state: .failed, limit: Self.maxFailures)
    } catch {
      // The job's own result is known; only the reasons are missing, and there is a command for them.
      self.context.warn("the reasons could not be read (\(error))")
      self.context.tell("See them with: verbatim videos \(SafeText.line(job.id)) --state failed")
      return
    }
    var groups: [String: (count: Int64, example: String)] = [:]
    for video in failed.videos {
      let kind = video.errorKind.isEmpty ? "unknown" : video.errorKind
      groups[kind, default: (0, video.errorMessage)].count += 1
    }
    let sorted = groups.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    for (kind, group) in sorted.prefix(Self.maxReasons) {
      let example = group.example.isEmpty ? "" : ": \(group.example)"
      self.context.tell("  " + SafeText.line("\(group.count) \(kind)\(example)"))
    }
    self.context.tell("See them with: verbatim videos \(SafeText.line(job.id)) --state failed")
  }
}
