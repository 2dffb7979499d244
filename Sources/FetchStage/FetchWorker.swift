public import Pipeline
public import Telemetry
public import Transcripts

/// Takes videos from the queue, fetches their transcripts and hands them to the index stage.
///
/// It takes as many as it has free slots, so nothing waits in a worker that cannot begin it. One call each reports what
/// is finished, and renews the leases of all that is in work; both go on beside the fetching. Work whose lease was lost,
/// or whose job was cancelled, is stopped. While Redis is away finished results are kept and handed over later.
public actor FetchWorker {
  /// Makes the bytes that are handed to the index stage; runs where it likes, CPU work belongs on the thread pool.
  public typealias Encoder = @Sendable ([Transcript]) async throws -> [UInt8]

  /// A video in work, until its result is reported.
  private struct Running {
    let task: FetchTask
    var work: Task<Void, Never>?
  }

  private enum Result {
    case fetched([UInt8], TrackChoice)
    case failed(TaskFailure)
    /// Its claim was lost: there is nothing to report.
    case dropped
  }

  private let queue: any FetchQueue
  private let source: any TranscriptSource
  private let encode: Encoder
  private let options: FetchWorkerOptions
  private let logger: Logger
  /// Where every series of tries begins.
  private let backoff: Backoff
  private let metrics: FetchMetrics?
  private var running: [Claim: Running] = [:]
  private var results: [(task: FetchTask, result: Result)] = []
  private var suspicion = BlockingSuspicion()
  private let taking = TakingLoop()
  private var problems: WorkerProblems<FetchStep>
  /// Resumed when a slot becomes free, when all work is done, when there is something to report.
  private var onSlot = Wake()
  private var onResult = Wake()
  private var onIdle = Wake()

  public init(
    queue: any FetchQueue, source: any TranscriptSource, encode: @escaping Encoder,
    options: FetchWorkerOptions = FetchWorkerOptions(), logger: Logger = .disabled,
    metrics: MetricsRegistry? = nil
  ) {
    self.queue = queue
    self.source = source
    self.encode = encode
    self.options = options
    self.logger = logger
    self.problems = WorkerProblems(
      "The queue did not answer as it should; trying again.", logger: logger)
    self.backoff = Backoff(from: options.minErrorDelay, to: options.maxErrorDelay)
    self.metrics = metrics.map { FetchMetrics($0) }
  }

  /// Why the worker does not get on, in words an operator understands; nil: it does.
  public var problem: String? { self.problems.first }

  /// When the worker last took or reported something; at first, when it was made.
  public private(set) var lastProgress = ContinuousClock.now

  /// Videos in work, results that are not reported yet included.
  public var inFlight: Int { self.running.count }

  /// Takes nothing new; ``run()`` returns when what is in work is finished or given back.
  public func beginGracefulShutdown() {
    self.taking.stop()
    self.onSlot.wake()
  }

  /// Works until ``beginGracefulShutdown()``, or until the calling task is cancelled: then everything in work is given
  /// back at once. Call it once.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.renewLeases() }
      group.addTask { await self.reportResults() }
      await self.taking.run {
        await self.takeWork()
      } onCancel: {
        await self.beginGracefulShutdown()
      }
      await self.finish()
      group.cancelAll()
      self.onResult.wake()
    }
  }

  // MARK: Taking

  private func takeWork() async {
    var backoff = self.backoff
    while !self.taking.isStopped, !Task.isCancelled {
      let free = self.options.maxConcurrentFetches - self.running.count
      guard free > 0 else {
        await self.onSlot.wait()
        continue
      }
      do {
        let tasks = try await self.queue.takeFetches(atMost: free, wait: self.options.takeWait)
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

  private func begin(_ task: FetchTask) {
    self.running[task.claim] = Running(task: task)
    // A handle for each video: a task group cannot cancel one child, and a lost claim must stop just its own work.
    // All of them end before `run()` returns, or have been cancelled and given back.
    self.running[task.claim]?.work = Task { await self.fetch(task) }
    self.metrics?.inFlight.set(Double(self.running.count))
  }

  private func fetch(_ task: FetchTask) async {
    let started = ContinuousClock.now
    let video = self.suspicion.began(task.job)
    let result = await self.result(of: task, video)
    self.metrics?.duration.observe(ContinuousClock.now - started)
    if case .dropped = result { self.noted(self.suspicion.dropped(video), of: task) }
    guard self.running[task.claim] != nil else { return }
    if case .dropped = result {
      self.finished(task.claim)
    } else {
      self.results.append((task, result))
      self.onResult.wake()
    }
  }

  private func result(
    of task: FetchTask, _ video: BlockingSuspicion.Video
  ) async -> Result {
    do {
      let transcripts = try await self.source.transcripts(
        of: task.video, languages: task.languages,
        deadline: .now + self.options.fetchTimeout)
      self.noted(self.suspicion.ended(video, nil), of: task)
      let payload = try await self.encode(transcripts)
      guard payload.count <= self.options.maxPayloadBytes else {
        return .failed(
          TaskFailure(
            kind: FetchError.Kind.tooLarge.rawValue,
            message:
              "The transcript is \(payload.count) bytes after compression; at most \(self.options.maxPayloadBytes) are kept.",
            consequence: .permanent))
      }
      return .fetched(payload, TrackChoice(transcripts))
    } catch let error as FetchError {
      if Task.isCancelled { return .dropped }
      self.noted(self.suspicion.ended(video, error.kind), of: task, error.kind)
      if let doubt = self.suspicion.doubt(error, of: task.job) { return .failed(doubt) }
      return .failed(
        TaskFailure(
          kind: error.kind.rawValue, message: error.message, consequence: error.kind.consequence,
          retryAfter: error.retryAfter))
    } catch {
      if Task.isCancelled || error is CancellationError { return .dropped }
      self.noted(self.suspicion.ended(video, nil), of: task)
      self.logger.error(
        "Fetching a transcript failed in a way that should not exist.",
        [.videoID: task.video.text, .jobID: task.job.text, .error: "\(error)"])
      return .failed(
        TaskFailure(
          kind: "internal", message: "Fetching failed for an internal reason; it is in the logs.",
          consequence: .retry))
    }
  }

  /// Tells when YouTube's answers begin, or cease, to look like blocking.
  private func noted(
    _ change: BlockingSuspicion.Change?, of task: FetchTask, _ kind: FetchError.Kind? = nil
  ) {
    guard let change else { return }
    self.metrics?.suspected.set(Double(self.suspicion.suspectedJobs))
    switch change {
    case .begins:
      self.logger.warning(
        "So many videos of a job fail alike that YouTube seems to block; they are not given up for good.",
        [.jobID: task.job.text, .errorKind: kind?.rawValue ?? ""])
    case .ends:
      self.logger.info("YouTube's answers are believed again.", [.jobID: task.job.text])
    }
  }

  private func finished(_ claim: Claim) {
    self.running[claim] = nil
    self.metrics?.inFlight.set(Double(self.running.count))
    self.onSlot.wake()
    if self.running.isEmpty { self.onIdle.wake() }
  }

  // MARK: Reporting

  private func reportResults() async {
    while !Task.isCancelled {
      guard !self.results.isEmpty else {
        await self.onResult.wait()
        continue
      }
      let batch = Array(self.results.prefix(self.options.maxReportBatch))
      self.results.removeFirst(batch.count)
      await self.report(batch)
    }
  }

  private func report(_ batch: [(task: FetchTask, result: Result)]) async {
    var fetched: [FetchedVideo] = []
    var failed: [(task: FetchTask, failure: TaskFailure)] = []
    for (task, result) in batch {
      switch result {
      case .fetched(let payload, let choice):
        fetched.append(FetchedVideo(task: task, payload: payload, choice: choice))
      case .failed(let failure): failed.append((task, failure))
      case .dropped: break
      }
    }
    if !fetched.isEmpty {
      await self.untilAccepted {
        let outcomes = try await self.queue.handOver(fetched)
        for (item, outcome) in zip(fetched, outcomes) {
          self.reported(item.task, outcome, as: "fetched")
        }
      }
    }
    if !failed.isEmpty {
      await self.untilAccepted {
        let outcomes = try await self.queue.fail(failed)
        for (item, outcome) in zip(failed, outcomes) {
          self.logger.debug(
            "A video could not be fetched.",
            [
              .videoID: item.task.video.text, .jobID: item.task.job.text,
              .errorKind: item.failure.kind, .attempt: String(item.task.attempt),
            ])
          self.reported(item.task, outcome, as: item.failure.kind)
        }
      }
    }
  }

  /// Results are never dropped because Redis is away or full: the report is repeated, and a repeat changes nothing.
  private func untilAccepted(_ report: () async throws -> Void) async {
    var backoff = self.backoff
    while true {
      do {
        try await report()
        self.problems.solved(.report)
        return
      } catch {
        // At a stop that has taken its time the claims were given back: there is nobody to report for.
        guard !Task.isCancelled else { return }
        self.problems.met(error, in: .report)
        await backoff.pause()
      }
    }
  }

  private func reported(_ task: FetchTask, _ outcome: ReportOutcome, as what: String) {
    self.lastProgress = .now
    switch outcome {
    case .accepted: self.metrics?.tasks.with(what).add()
    case .stale: self.metrics?.tasks.with("stale").add()
    case .cancelled: self.metrics?.tasks.with("cancelled").add()
    }
    self.finished(task.claim)
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
          // A result that is already waiting to be reported will be refused there.
          self.running[task.claim]?.work?.cancel()
        }
      } catch {
        self.problems.met(error, in: .heartbeat)
      }
    }
  }

  // MARK: Stopping

  /// Waits for what is in work, then gives back the rest.
  private func finish() async {
    if !self.running.isEmpty, !Task.isCancelled {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          // A cancelled sleep only ends the wait sooner.
          try? await Task.sleep(for: self.options.shutdownTimeout, clock: .continuous)
        }
        group.addTask { await self.waitUntilIdle() }
        await group.next()
        group.cancelAll()
        self.onIdle.wake()
      }
    }
    let left = self.running.values.map { $0 }
    guard !left.isEmpty else { return }
    for running in left { running.work?.cancel() }
    self.running = [:]
    self.results = []
    // A task of its own, so that it is done after a cancellation too.
    await Task { await self.release(left.map(\.task)) }.value
  }

  private func release(_ tasks: [FetchTask]) async {
    do {
      try await self.queue.release(tasks)
    } catch {
      self.logger.warning(
        "Unfinished videos could not be given back; others take them over when their lease ends.",
        [.count: String(tasks.count), .error: "\(error)"])
    }
  }

  private func waitUntilIdle() async {
    while !self.running.isEmpty, !Task.isCancelled { await self.onIdle.wait() }
  }

}

/// What a worker was doing with the queue when something went wrong.
private enum FetchStep: String { case take, report, heartbeat }

/// The worker's instruments.
private struct FetchMetrics: Sendable {
  let tasks: InstrumentFamily<Counter>
  let inFlight: Gauge
  let suspected: Gauge
  let duration: Histogram

  init(_ registry: MetricsRegistry) {
    self.tasks = registry.counters(
      "verbatim_fetch_tasks_total", help: "Videos reported, by outcome.", labels: ["outcome"])
    self.inFlight = registry.gauge("verbatim_fetch_in_flight", help: "Videos in work.")
    self.suspected = registry.gauge(
      "verbatim_fetch_suspected_jobs",
      help: "Jobs whose failures look like blocking, and are not written down as final.")
    self.duration = registry.histogram(
      "verbatim_fetch_duration_seconds", help: "From begin to result, rate limit included.")
  }
}
