import Pipeline
import Transcripts

/// A fetch queue in memory: gives out what a test put in, and keeps what was reported.
actor ScriptedFetchQueue: FetchQueue {
  private var waiting: [FetchTask] = []
  private var takers: [CheckedContinuation<Void, Never>] = []
  /// Largest number of tasks asked for in one take.
  private(set) var largestTake = 0
  private(set) var handedOver: [VideoID: [UInt8]] = [:]
  private(set) var choices: [VideoID: TrackChoice] = [:]
  private(set) var failed: [VideoID: TaskFailure] = [:]
  private(set) var released: [VideoID] = []
  private(set) var heartbeats = 0
  /// Videos whose claim is no longer good: reports are refused, heartbeats say so.
  private var lost: Set<VideoID> = []
  /// Errors thrown by the next reports, one each.
  private var reportErrors: [QueueError] = []
  private var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

  func add(_ videos: [VideoID], languages: LanguagePreference = LanguagePreference()) {
    self.waiting += videos.map {
      FetchTask(
        job: JobID("job")!, video: $0, languages: languages, attempt: 1,
        claim: Claim(entry: "1-\(self.waiting.count)", token: $0.text))
    }
    for taker in self.takers { taker.resume() }
    self.takers = []
  }

  func lose(_ video: VideoID) { self.lost.insert(video) }
  func failReports(with errors: [QueueError]) { self.reportErrors = errors }

  /// Returns when `count` videos have been reported or given back.
  func settled(_ count: Int) async {
    guard self.settledCount < count else { return }
    await withCheckedContinuation { self.watchers.append((count, $0)) }
  }

  private var settledCount: Int { self.handedOver.count + self.failed.count + self.released.count }

  private func tellWatchers() {
    let settled = self.settledCount
    for watcher in self.watchers where watcher.count <= settled { watcher.continuation.resume() }
    self.watchers.removeAll { $0.count <= settled }
  }

  func takeFetches(atMost count: Int, wait: Duration) async throws -> [FetchTask] {
    self.largestTake = max(self.largestTake, count)
    while self.waiting.isEmpty {
      try Task.checkCancellation()
      await withTaskCancellationHandler {
        await withCheckedContinuation { self.takers.append($0) }
      } onCancel: {
        Task { await self.wakeTakers() }
      }
    }
    let taken = Array(self.waiting.prefix(count))
    self.waiting.removeFirst(taken.count)
    return taken
  }

  private func wakeTakers() {
    for taker in self.takers { taker.resume() }
    self.takers = []
  }

  func handOver(_ results: [FetchedVideo]) async throws -> [ReportOutcome] {
    if let error = self.reportErrors.popLast() { throw error }
    defer { self.tellWatchers() }
    return results.map { result in
      guard !self.lost.contains(result.task.video) else { return .stale }
      self.handedOver[result.task.video] = result.payload
      self.choices[result.task.video] = result.choice
      return .accepted
    }
  }

  func fail(_ failures: [(task: FetchTask, failure: TaskFailure)]) async throws -> [ReportOutcome] {
    if let error = self.reportErrors.popLast() { throw error }
    defer { self.tellWatchers() }
    return failures.map { task, failure in
      self.failed[task.video] = failure
      return .accepted
    }
  }

  func heartbeat(_ tasks: [FetchTask]) async throws -> [ReportOutcome] {
    self.heartbeats += 1
    return tasks.map { self.lost.contains($0.video) ? .stale : .accepted }
  }

  func release(_ tasks: [FetchTask]) async throws {
    self.released += tasks.map(\.video)
    self.tellWatchers()
  }
}
