public import Pipeline
public import Search
public import Telemetry
public import Transcripts

/// Takes fetched transcripts from the queue and writes them into the index, a batch in one transaction.
///
/// A batch is reported only when it is durable, so a crash repeats at worst one batch, and writing a document again
/// changes nothing. When the index cannot be written (disk full), everything is given back and the worker waits:
/// nothing is lost, and ``problem`` says why.
public actor IndexWorker {
  /// Reads the bytes that the fetch stage handed over; runs where it likes, CPU work belongs on the thread pool.
  public typealias Decoder = @Sendable ([UInt8]) async throws -> Transcript

  private let queue: any IndexQueue
  private let index: any SearchIndex
  private let decode: Decoder
  private let options: IndexWorkerOptions
  private let logger: Logger
  private let metrics: IndexMetrics?
  private var running: [Claim: IndexTask] = [:]
  private var batches = 0
  private var isStopping = false
  private var taking: Task<Void, Never>?
  private var problems: [IndexStep: String] = [:]
  /// The index refused a write: nothing is taken before this.
  private var pausedUntil: ContinuousClock.Instant?
  private var indexDelay: Duration
  /// Resumed when a batch ends.
  private var onBatch = Wake()

  public init(
    queue: any IndexQueue, index: any SearchIndex, decode: @escaping Decoder,
    options: IndexWorkerOptions = IndexWorkerOptions(), logger: Logger = .disabled,
    metrics: MetricsRegistry? = nil
  ) {
    self.queue = queue
    self.index = index
    self.decode = decode
    self.options = options
    self.logger = logger
    self.metrics = metrics.map { IndexMetrics($0) }
    self.indexDelay = options.minErrorDelay
  }

  /// Why the worker does not get on, in words an operator understands; nil: it does.
  public var problem: String? { self.problems[.write] ?? self.problems.values.sorted().first }

  /// Takes nothing new; ``run()`` returns when what is in work is finished or given back.
  public func beginGracefulShutdown() {
    self.isStopping = true
    self.taking?.cancel()
    self.onBatch.wake()
  }

  /// Works until ``beginGracefulShutdown()``, or until the calling task is cancelled. Call it once.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.renewLeases() }
      await self.takeUntilStopped()
      await self.finish()
      group.cancelAll()
    }
  }

  // MARK: Taking

  private func takeUntilStopped() async {
    // A handle of its own, so that a graceful stop ends the wait for work and nothing else. A take that is cancelled
    // either returns its tasks or has taken none.
    let taking = Task { await self.takeWork() }
    self.taking = taking
    if self.isStopping { taking.cancel() }
    await withTaskCancellationHandler {
      await taking.value
    } onCancel: {
      taking.cancel()
      // A cancellation handler is not on the actor: this wakes the loop where it waits for a free slot.
      Task { await self.beginGracefulShutdown() }
    }
  }

  private func takeWork() async {
    var delay = self.options.minErrorDelay
    // Batches outlive the loop that took them: a graceful stop cancels the taking, never a write.
    while !self.isStopping, !Task.isCancelled {
      guard self.batches < self.options.maxConcurrentBatches else {
        await self.onBatch.wait()
        continue
      }
      if let pausedUntil, pausedUntil > .now {
        // A cancelled pause ends the loop at its head.
        try? await Task.sleep(until: pausedUntil, clock: .continuous)
        continue
      }
      do {
        let tasks = try await self.queue.takeIndexes(
          atMost: self.options.maxBatch, maxBytes: self.options.maxBatchBytes,
          wait: self.options.takeWait)
        self.problems[.take] = nil
        delay = self.options.minErrorDelay
        if !tasks.isEmpty { self.begin(tasks) }
      } catch is CancellationError {
        return
      } catch {
        guard !self.isStopping, !Task.isCancelled else { return }
        self.problem(.take, error)
        delay = await self.pause(delay)
      }
    }
  }

  private func begin(_ tasks: [IndexTask]) {
    self.batches += 1
    for task in tasks { self.running[task.claim] = task }
    // Not a child of the taking: it must end even when that is cancelled. `finish()` waits for it.
    Task {
      await self.write(tasks)
      self.batches -= 1
      self.onBatch.wake()
    }
  }

  // MARK: One batch

  private func write(_ tasks: [IndexTask]) async {
    var documents: [IndexDocument] = []
    var written: [IndexTask] = []
    var rejected: [(task: IndexTask, failure: TaskFailure)] = []
    for task in tasks {
      do {
        let transcript = try await self.decode(task.payload)
        documents.append(
          IndexDocument(transcript: transcript, playlistIDs: task.source.playlistIDs))
        written.append(task)
      } catch {
        rejected.append(
          (
            task,
            TaskFailure(
              kind: FetchError.Kind.malformed.rawValue,
              message: "The fetched transcript cannot be read: \(error)", consequence: .permanent)
          ))
      }
    }
    var done: [IndexTask] = []
    if !documents.isEmpty {
      let started = ContinuousClock.now
      do {
        let outcomes = try await self.index.write(documents)
        self.metrics?.duration.observe(ContinuousClock.now - started)
        self.problems[.write] = nil
        self.indexDelay = self.options.minErrorDelay
        for (task, outcome) in zip(written, outcomes) {
          switch outcome {
          case .indexed, .unchanged: done.append(task)
          case .rejected(let reason):
            rejected.append(
              (task, TaskFailure(kind: "rejected", message: reason, consequence: .permanent)))
          }
        }
      } catch {
        await self.indexRefused(written, error)
      }
    }
    let accepted = done
    if !accepted.isEmpty {
      await self.untilAccepted {
        let outcomes = try await self.queue.complete(accepted)
        for (task, outcome) in zip(accepted, outcomes) { self.reported(task, outcome, "indexed") }
      }
    }
    let refused = rejected
    if !refused.isEmpty {
      await self.untilAccepted {
        let outcomes = try await self.queue.fail(refused)
        for (item, outcome) in zip(refused, outcomes) {
          self.logger.warning(
            "A transcript cannot be indexed.",
            [
              .videoID: item.task.video.text, .jobID: item.task.job.text,
              .errorKind: item.failure.kind, .error: item.failure.message,
            ])
          self.reported(item.task, outcome, item.failure.kind)
        }
      }
    }
  }

  /// Nothing of the batch was written: others may be able to, and this worker waits.
  private func indexRefused(_ tasks: [IndexTask], _ error: any Error) async {
    self.problem(.write, error)
    self.pausedUntil = .now + self.indexDelay
    self.indexDelay = min(self.indexDelay * 2, self.options.maxErrorDelay)
    await self.release(tasks)
    for task in tasks { self.running[task.claim] = nil }
  }

  private func release(_ tasks: [IndexTask]) async {
    do {
      try await self.queue.release(tasks)
    } catch {
      self.logger.warning(
        "Unfinished videos could not be given back; others take them over when their lease ends.",
        [.count: String(tasks.count), .error: "\(error)"])
    }
  }

  /// What is durable is reported until the queue has heard it; a repeated report changes nothing.
  private func untilAccepted(_ report: () async throws -> Void) async {
    var delay = self.options.minErrorDelay
    while true {
      do {
        try await report()
        self.problems[.report] = nil
        return
      } catch {
        // After the time for stopping the claims are given back: whoever takes them finds the document unchanged.
        guard !self.hasGivenUp else { return }
        self.problem(.report, error)
        delay = await self.pause(delay)
      }
    }
  }

  private func reported(_ task: IndexTask, _ outcome: ReportOutcome, _ what: String) {
    self.running[task.claim] = nil
    switch outcome {
    case .accepted: self.metrics?.tasks.with(what).add()
    case .stale: self.metrics?.tasks.with("stale").add()
    case .cancelled: self.metrics?.tasks.with("cancelled").add()
    }
  }

  // MARK: Leases and stopping

  private func renewLeases() async {
    while !Task.isCancelled {
      guard (try? await Task.sleep(for: self.options.heartbeatInterval, clock: .continuous)) != nil
      else { return }  // Cancelled: the worker has stopped.
      let tasks = Array(self.running.values)
      guard !tasks.isEmpty else { continue }
      do {
        // A lost claim stops nothing: writing a document twice is harmless, and its report is refused.
        _ = try await self.queue.heartbeat(tasks)
        self.problems[.heartbeat] = nil
      } catch {
        self.problem(.heartbeat, error)
      }
    }
  }

  private var hasGivenUp = false

  private func finish() async {
    if self.batches > 0, !Task.isCancelled {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          // A cancelled sleep only ends the wait sooner.
          try? await Task.sleep(for: self.options.shutdownTimeout, clock: .continuous)
        }
        group.addTask { await self.waitUntilIdle() }
        await group.next()
        group.cancelAll()
        self.onBatch.wake()
      }
    }
    self.hasGivenUp = true
    let left = Array(self.running.values)
    self.running = [:]
    if !left.isEmpty { await self.release(left) }
  }

  private func waitUntilIdle() async {
    while self.batches > 0, !Task.isCancelled { await self.onBatch.wait() }
  }

  private func problem(_ step: IndexStep, _ error: any Error) {
    let text = "\(error)"
    if self.problems[step] != text {
      self.logger.warning(
        "Indexing is held up; trying again.", [.event: step.rawValue, .error: text])
    }
    self.problems[step] = text
  }

  /// - Returns: The delay after the next error.
  private func pause(_ delay: Duration) async -> Duration {
    // A cancelled pause ends the loop at its head.
    try? await Task.sleep(for: delay * Double.random(in: 0.5...1), clock: .continuous)
    return min(delay * 2, self.options.maxErrorDelay)
  }
}

/// What a worker was doing when something went wrong.
private enum IndexStep: String { case take, write, report, heartbeat }

/// The worker's instruments.
private struct IndexMetrics: Sendable {
  let tasks: InstrumentFamily<Counter>
  let duration: Histogram

  init(_ registry: MetricsRegistry) {
    self.tasks = registry.counters(
      "verbatim_index_tasks_total", help: "Videos reported, by outcome.", labels: ["outcome"])
    self.duration = registry.histogram(
      "verbatim_index_write_duration_seconds", help: "One batch, from begin to durable.")
  }
}

extension SourceID {
  /// The playlists that a video found through this source is known to be in.
  var playlistIDs: [String] {
    switch self {
    case .playlist(let id): [id]
    // A channel's uploads are a playlist whose identifier differs in the second letter.
    case .channel(let id): id.hasPrefix("UC") ? ["UU" + id.dropFirst(2)] : []
    case .channelName, .video: []
    }
  }
}
