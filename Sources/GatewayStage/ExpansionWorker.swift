public import Pipeline
public import Telemetry
internal import Transcripts

/// Turns submitted sources into lists of videos: takes expansions, streams their pages, appends each to the job.
///
/// A page and the place where the next begins are saved in one step, so a gateway may die at any instruction and another
/// goes on behind the last page that was kept; a page that is appended twice changes nothing. A stop gives what is in
/// work back at once: there is nothing to lose but the page on its way.
public actor ExpansionWorker {
  private struct Running {
    let task: ExpansionTask
    var work: Task<Void, Never>?
  }

  /// The claim was lost or the job has ended: there is nothing to report.
  private struct ClaimLost: Error {}

  private let queue: any ExpansionQueue
  private let playlists: any PlaylistSource
  private let options: ExpansionWorkerOptions
  private let logger: Logger
  /// Where every series of tries begins.
  private let backoff: Backoff
  private let expansions: InstrumentFamily<Counter>?
  /// By token.
  private var running: [String: Running] = [:]
  private let taking = TakingLoop()
  private var problems: WorkerProblems<Step>
  private var onSlot = Wake()

  /// What it was doing with the queue when something went wrong.
  private enum Step: String { case take, append, report, heartbeat }

  public init(
    queue: any ExpansionQueue, playlists: any PlaylistSource,
    options: ExpansionWorkerOptions = ExpansionWorkerOptions(), logger: Logger = .disabled,
    metrics: MetricsRegistry? = nil
  ) {
    self.queue = queue
    self.playlists = playlists
    self.options = options
    self.logger = logger
    self.problems = WorkerProblems(
      "The queue did not answer as it should; trying again.", logger: logger)
    self.backoff = Backoff(from: options.minErrorDelay, to: options.maxErrorDelay)
    self.expansions = metrics?.counters(
      "verbatim_expansions_total", help: "Playlists listed, by outcome.", labels: ["outcome"])
  }

  /// Why the worker does not get on, in words an operator understands; nil: it does.
  public var problem: String? { self.problems.first }

  /// Takes nothing new and gives back what is in work; then ``run()`` returns.
  public func beginGracefulShutdown() {
    self.taking.stop()
    self.onSlot.wake()
  }

  /// When the worker last took a task, or a page of one was kept; at first, when it was made.
  public private(set) var lastProgress = ContinuousClock.now

  /// Works until ``beginGracefulShutdown()``, or until the calling task is cancelled. Call it once.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.renewLeases() }
      await self.taking.run {
        await self.takeWork()
      } onCancel: {
        await self.beginGracefulShutdown()
      }
      await self.giveBack()
      group.cancelAll()
    }
  }

  // MARK: Taking

  private func takeWork() async {
    var backoff = self.backoff
    while !self.taking.isStopped, !Task.isCancelled {
      let free = self.options.maxConcurrentExpansions - self.running.count
      guard free > 0 else {
        await self.onSlot.wait()
        continue
      }
      do {
        let tasks = try await self.queue.takeExpansions(
          atMost: free, wait: self.options.takeWait)
        self.problems.solved(.take)
        backoff.reset()
        if !tasks.isEmpty { self.lastProgress = .now }
        for task in tasks { self.begin(task) }
      } catch is CancellationError {
        return
      } catch {
        guard !self.taking.isStopped, !Task.isCancelled else { return }
        self.problems.met(error, in: .take)
        await backoff.pause()
      }
    }
  }

  private func begin(_ task: ExpansionTask) {
    self.running[task.token] = Running(task: task)
    // A handle for each: a task group cannot cancel one child, and a lost claim must stop just its own work.
    // All of them have ended, or are cancelled and given back, before `run()` returns.
    self.running[task.token]?.work = Task {
      await self.expand(task)
      self.running[task.token] = nil
      self.onSlot.wake()
    }
  }

  private func expand(_ task: ExpansionTask) async {
    do {
      try await self.list(task)
      self.expansions?.with("listed").add()
    } catch is ClaimLost {
      self.expansions?.with("lost").add()
    } catch let error as FetchError {
      guard !Task.isCancelled else { return }
      self.expansions?.with(error.kind.rawValue).add()
      self.logger.info(
        "A playlist could not be listed.",
        [
          .jobID: task.job.text, .sourceID: task.source.text, .errorKind: error.kind.rawValue,
          .attempt: String(task.attempt), .error: error.message,
        ])
      await self.fail(task, error)
    } catch {
      guard !Task.isCancelled, !(error is CancellationError) else { return }
      self.expansions?.with("internal").add()
      self.logger.error(
        "Listing a playlist failed in a way that should not exist.",
        [.jobID: task.job.text, .sourceID: task.source.text, .error: "\(error)"])
      await self.fail(
        task, FetchError(.unreachable, "Listing failed for an internal reason; it is in the logs."))
    }
  }

  private func list(_ task: ExpansionTask) async throws {
    if case .video(let id) = task.source {
      // Nothing to ask anybody for: the list of a single video is known.
      let page = PlaylistPage(items: [PlaylistItem(video: Video(id: id))], statedTotal: 1)
      return try await self.append(page, to: task)
    }
    try await self.playlists.pages(of: task.source, from: task.cursor) { page in
      try await self.append(page, to: task)
    }
  }

  // MARK: Reporting

  /// Appends, however long Redis is away or full: the lease is renewed meanwhile, and a repeat changes nothing.
  private func append(_ page: PlaylistPage, to task: ExpansionTask) async throws {
    var backoff = self.backoff
    while true {
      try Task.checkCancellation()
      do {
        let outcome = try await self.queue.append(page, to: task)
        self.problems.solved(.append)
        self.lastProgress = .now
        guard outcome == .accepted else { throw ClaimLost() }
        return
      } catch let error as QueueError {
        self.problems.met(error, in: .append)
        await backoff.pause()
      }
    }
  }

  private func fail(_ task: ExpansionTask, _ error: FetchError) async {
    var backoff = self.backoff
    while !Task.isCancelled {
      do {
        // Stale or cancelled: somebody else has the task, or nobody wants it any more. Nothing is left to do.
        _ = try await self.queue.fail(task, with: error)
        self.problems.solved(.report)
        return
      } catch {
        self.problems.met(error, in: .report)
        await backoff.pause()
      }
    }
  }

  // MARK: Leases

  private func renewLeases() async {
    while !Task.isCancelled {
      guard (try? await Task.sleep(for: self.options.heartbeatInterval, clock: .continuous)) != nil
      else { return }  // Cancelled: the worker has stopped.
      let tasks = self.running.values.map(\.task)
      guard !tasks.isEmpty else {
        self.problems.solved(.heartbeat)
        continue
      }
      do {
        let outcomes = try await self.queue.heartbeat(tasks)
        self.problems.solved(.heartbeat)
        for (task, outcome) in zip(tasks, outcomes) where outcome != .accepted {
          self.running[task.token]?.work?.cancel()
        }
      } catch {
        self.problems.met(error, in: .heartbeat)
      }
    }
  }

  // MARK: Stopping

  private func giveBack() async {
    let left = Array(self.running.values)
    guard !left.isEmpty else { return }
    for running in left { running.work?.cancel() }
    for running in left { await running.work?.value }
    // A task of its own, so that it is done after a cancellation too.
    await Task { await self.release(left.map(\.task)) }.value
  }

  private func release(_ tasks: [ExpansionTask]) async {
    do {
      // Those that ended before they noticed are refused there as stale, which changes nothing.
      try await self.queue.release(tasks)
    } catch {
      self.logger.warning(
        "Unfinished expansions could not be given back; others take them over when their lease ends.",
        [.count: String(tasks.count), .error: "\(error)"])
    }
  }
}
