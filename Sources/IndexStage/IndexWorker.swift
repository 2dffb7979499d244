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
  public typealias Decoder = @Sendable ([UInt8]) async throws -> [Transcript]

  private let queue: any IndexQueue
  private let index: any SearchIndex
  private let decode: Decoder
  private let options: IndexWorkerOptions
  private let logger: Logger
  /// Where every series of tries begins.
  private let backoff: Backoff
  private let metrics: IndexMetrics?
  private var running: [Claim: IndexTask] = [:]
  /// Batches in work, by number.
  private var batches: [Int: Task<Void, Never>] = [:]
  private var nextBatch = 0
  private let taking = TakingLoop()
  /// The time for stopping is over, everything was given back: nothing is reported any more.
  private var hasGivenUp = false
  private var problems: WorkerProblems<IndexStep>
  /// The index refused a write: nothing is taken before this.
  private var pausedUntil: ContinuousClock.Instant?
  private var indexBackoff: Backoff
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
    self.problems = WorkerProblems("Indexing is held up; trying again.", logger: logger)
    self.backoff = Backoff(from: options.minErrorDelay, to: options.maxErrorDelay)
    self.metrics = metrics.map { IndexMetrics($0) }
    self.indexBackoff = self.backoff
  }

  /// Why the worker does not get on, in words an operator understands; nil: it does.
  public var problem: String? { self.problems[.write] ?? self.problems.first }

  /// When the worker last took or reported something; at first, when it was made.
  public private(set) var lastProgress = ContinuousClock.now

  /// Takes nothing new; ``run()`` returns when what is in work is finished or given back.
  public func beginGracefulShutdown() {
    self.taking.stop()
    self.onBatch.wake()
  }

  /// Works until ``beginGracefulShutdown()``, or until the calling task is cancelled: then everything in work is given
  /// back at once. Call it once.
  ///
  /// A batch that the index is writing at that moment may still be written afterwards; whoever takes its tasks then finds
  /// them unchanged.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.renewLeases() }
      await self.taking.run {
        await self.takeWork()
      } onCancel: {
        await self.beginGracefulShutdown()
      }
      await self.finish()
      group.cancelAll()
    }
  }

  // MARK: Taking

  private func takeWork() async {
    var backoff = self.backoff
    // Batches outlive the loop that took them: a graceful stop cancels the taking, never a write.
    while !self.taking.isStopped, !Task.isCancelled {
      guard self.batches.count < self.options.maxConcurrentBatches else {
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
        self.problems.solved(.take)
        backoff.reset()
        if tasks.isEmpty {
          // Others have done what could not be written here: nothing is held up any more.
          if self.batches.isEmpty { self.problems.solved(.write) }
        } else {
          self.lastProgress = .now
          self.begin(tasks)
        }
      } catch is CancellationError {
        return
      } catch {
        guard !self.taking.isStopped, !Task.isCancelled else { return }
        self.problems.met(error, in: .take)
        await backoff.pause()
      }
    }
  }

  private func begin(_ tasks: [IndexTask]) {
    let batch = self.nextBatch
    self.nextBatch += 1
    for task in tasks { self.running[task.claim] = task }
    // Not a child of the taking: it must end even when that is cancelled. `finish()` waits for it, or gives it up.
    self.batches[batch] = Task {
      await self.work(on: tasks)
      self.batches[batch] = nil
      self.onBatch.wake()
    }
  }

  // MARK: One batch

  private func work(on tasks: [IndexTask]) async {
    var readable: [(task: IndexTask, documents: [IndexDocument])] = []
    var rejected: [(task: IndexTask, failure: TaskFailure)] = []
    for task in tasks where !task.isIndexed {
      do {
        readable.append((task, try await self.documents(of: task)))
      } catch {
        rejected.append((task, Self.failure(of: error)))
      }
    }
    var done = await self.record(tasks.filter(\.isIndexed))
    // Mostly one: jobs seldom name an index of their own.
    for (name, items) in Dictionary(grouping: readable, by: \.task.index) {
      guard let index = name.isEmpty ? .default : IndexName(name) else {
        let message = "\"\(name)\" cannot be the name of an index."
        rejected += items.map {
          ($0.task, TaskFailure(kind: "rejected", message: message, consequence: .permanent))
        }
        continue
      }
      let started = ContinuousClock.now
      do {
        let outcomes = try await self.index.write(items.flatMap(\.documents), to: index)
        self.metrics?.duration.observe(ContinuousClock.now - started)
        self.problems.solved(.write)
        self.indexBackoff.reset()
        var rest = outcomes[...]
        for item in items {
          let own = rest.prefix(item.documents.count)
          rest = rest.dropFirst(own.count)
          if let reason = own.lazy.compactMap(\.rejection).first {
            rejected.append(
              (item.task, TaskFailure(kind: "rejected", message: reason, consequence: .permanent)))
          } else {
            done.append(item.task)
          }
        }
      } catch {
        await self.indexRefused(items.map(\.task), error)
      }
    }
    await self.report(done: done, rejected: rejected)
  }

  /// Videos that the index has already are in these lists too.
  ///
  /// - Returns: Those that are recorded, or that no list is known to have. What the index refused is given back.
  private func record(_ tasks: [IndexTask]) async -> [IndexTask] {
    var done: [IndexTask] = []
    for (list, items) in Dictionary(grouping: tasks, by: { ListedIn($0) }) {
      // Without a name there is no index that has the video.
      if !list.playlistIDs.isEmpty,
        let index = list.index.isEmpty ? .default : IndexName(list.index)
      {
        do {
          _ = try await self.index.changePlaylists(
            of: items.map(\.video), adding: list.playlistIDs, removing: [], in: index)
          self.problems.solved(.write)
          self.indexBackoff.reset()
        } catch let error as SearchError where error.code == .noSuchIndex && index != .default {
          // It was deleted since, and the video with it.
        } catch {
          await self.indexRefused(items, error)
          continue
        }
      }
      done += items
    }
    return done
  }

  /// One document for each track that was fetched.
  private func documents(of task: IndexTask) async throws -> [IndexDocument] {
    let transcripts = try await self.decode(task.payload)
    guard !transcripts.isEmpty else { throw NoTranscript() }
    return try transcripts.map { transcript in
      guard transcript.video.id == task.video else { throw WrongVideo(found: transcript.video.id) }
      return IndexDocument(transcript: transcript, playlistIDs: task.source.playlistIDs)
    }
  }

  private static func failure(of error: any Error) -> TaskFailure {
    TaskFailure(
      kind: FetchError.Kind.malformed.rawValue,
      message: "The fetched transcript cannot be read: \(error)", consequence: .permanent)
  }

  private func report(
    done: [IndexTask], rejected: [(task: IndexTask, failure: TaskFailure)]
  ) async {
    if !done.isEmpty {
      await self.untilAccepted {
        let outcomes = try await self.queue.complete(done)
        for (task, outcome) in zip(done, outcomes) { self.reported(task, outcome, "indexed") }
      }
    }
    if !rejected.isEmpty {
      await self.untilAccepted {
        let outcomes = try await self.queue.fail(rejected)
        for (item, outcome) in zip(rejected, outcomes) {
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
    // When everything was given back already, the index has been closed, and nobody has a problem.
    guard !self.hasGivenUp else { return }
    self.problems.met(error, in: .write)
    self.pausedUntil = .now + self.indexBackoff.next()
    for task in tasks { self.running[task.claim] = nil }
    await self.release(tasks)
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
  ///
  /// After the time for stopping the claims are given back, and whoever takes them finds the documents unchanged.
  private func untilAccepted(_ report: () async throws -> Void) async {
    var backoff = self.backoff
    while !self.hasGivenUp {
      do {
        try await report()
        self.problems.solved(.report)
        return
      } catch {
        guard !self.hasGivenUp else { return }
        self.problems.met(error, in: .report)
        await backoff.pause()
      }
    }
  }

  private func reported(_ task: IndexTask, _ outcome: ReportOutcome, _ what: String) {
    self.running[task.claim] = nil
    self.lastProgress = .now
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
      guard !tasks.isEmpty else {
        self.problems.solved(.heartbeat)
        continue
      }
      do {
        // A lost claim stops nothing: writing a document twice is harmless, and its report is refused.
        _ = try await self.queue.heartbeat(tasks)
        self.problems.solved(.heartbeat)
      } catch {
        self.problems.met(error, in: .heartbeat)
      }
    }
  }

  /// Waits for what is in work, then gives back the rest.
  private func finish() async {
    if !self.batches.isEmpty, !Task.isCancelled {
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
    // Ends the pauses between their reports. What the index has begun it finishes by itself.
    for batch in self.batches.values { batch.cancel() }
    let left = Array(self.running.values)
    self.running = [:]
    guard !left.isEmpty else { return }
    // A task of its own, so that it is done after a cancellation too.
    await Task { await self.release(left) }.value
  }

  private func waitUntilIdle() async {
    while !self.batches.isEmpty, !Task.isCancelled { await self.onBatch.wait() }
  }
}

/// A payload that holds another video than its task is about: it was mixed up on its way.
private struct WrongVideo: Error, CustomStringConvertible {
  let found: VideoID
  var description: String { "it is that of another video, \(self.found)." }
}

/// Where it is recorded that videos are in a list.
private struct ListedIn: Hashable {
  let index: String
  let playlistIDs: [String]

  init(_ task: IndexTask) {
    self.index = task.index
    self.playlistIDs = task.source.playlistIDs
  }
}

/// A payload in which there is nothing.
private struct NoTranscript: Error, CustomStringConvertible {
  var description: String { "it is empty." }
}

extension IndexOutcome {
  fileprivate var rejection: String? {
    if case .rejected(let reason) = self { reason } else { nil }
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
