import Pipeline
import Transcripts

/// An index queue in memory: gives out what a test put in, and keeps what was reported. As in the real one, a task that
/// is given back can be taken again, and a report is refused when its claim is no longer good.
actor ScriptedIndexQueue: IndexQueue {
  private var waiting: [IndexTask] = []
  private var takers: [CheckedContinuation<Void, Never>] = []
  private var claims: [VideoID: Claim] = [:]
  private var nextClaim = 0
  /// Largest numbers asked for in one take.
  private(set) var largestTake = (count: 0, bytes: 0)
  private(set) var completed: [VideoID] = []
  private(set) var failed: [VideoID: TaskFailure] = [:]
  /// How often each was given back.
  private(set) var released: [VideoID: Int] = [:]
  private(set) var heartbeats: [Set<VideoID>] = []
  private(set) var stale = 0
  private(set) var takes = 0
  private var lost: Set<VideoID> = []
  private var takesAgain = true
  private var isEmptyOnce = false
  private var errors: [Call: [any Error]] = [:]
  private var held: Set<Call> = []
  private var holders: [CheckedContinuation<Void, Never>] = []
  private var watchers:
    [(condition: @Sendable (isolated ScriptedIndexQueue) -> Bool, CheckedContinuation<Void, Never>)] =
      []

  enum Call: Hashable { case take, complete, fail, heartbeat, release }

  func add(
    _ videos: [VideoID], source: SourceID = .video(.test(0)), payload: [UInt8]? = nil,
    index: String = "", isIndexed: Bool = false
  ) {
    for video in videos {
      self.nextClaim += 1
      let claim = Claim(entry: "1-\(self.nextClaim)", token: video.text)
      self.waiting.append(
        IndexTask(
          job: JobID("job")!, source: source, video: video, attempt: 1, index: index,
          isIndexed: isIndexed, payload: isIndexed ? [] : payload ?? Array(video.text.utf8),
          claim: claim))
    }
    self.wakeTakers()
  }

  /// From now on reports about the video are refused: others have taken it over.
  func lose(_ video: VideoID) { self.lost.insert(video) }
  /// What is given back is not given out again.
  func keepReleased() { self.takesAgain = false }
  /// The next calls of that kind throw, one each.
  func failNext(_ call: Call, with errors: [any Error]) { self.errors[call] = errors.reversed() }
  /// One take ends without work, as when its time is over.
  func returnEmpty() {
    self.isEmptyOnce = true
    self.wakeTakers()
  }
  /// Calls of that kind do not return until ``letGo()``.
  func hold(_ call: Call) { self.held.insert(call) }

  func letGo() {
    self.held = []
    for holder in self.holders { holder.resume() }
    self.holders = []
  }

  /// Returns when the condition holds.
  func until(_ condition: @escaping @Sendable (isolated ScriptedIndexQueue) -> Bool) async {
    guard !condition(self) else { return }
    await withCheckedContinuation { self.watchers.append((condition, $0)) }
  }

  private func changed() {
    let ready = self.watchers.filter { $0.condition(self) }
    self.watchers.removeAll { $0.condition(self) }
    for watcher in ready { watcher.1.resume() }
  }

  private func begin(_ call: Call) async throws {
    defer { self.changed() }
    while self.held.contains(call) {
      await withCheckedContinuation { self.holders.append($0) }
    }
    if let error = self.errors[call]?.popLast() { throw error }
  }

  func takeIndexes(atMost count: Int, maxBytes: Int, wait: Duration) async throws -> [IndexTask] {
    self.takes += 1
    self.largestTake = (max(self.largestTake.count, count), max(self.largestTake.bytes, maxBytes))
    try await self.begin(.take)
    while self.waiting.isEmpty {
      if self.isEmptyOnce {
        self.isEmptyOnce = false
        return []
      }
      try Task.checkCancellation()
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          if Task.isCancelled { continuation.resume() } else { self.takers.append(continuation) }
        }
      } onCancel: {
        Task { await self.wakeTakers() }
      }
    }
    let taken = Array(self.waiting.prefix(count))
    self.waiting.removeFirst(taken.count)
    for task in taken { self.claims[task.video] = task.claim }
    return taken
  }

  private func wakeTakers() {
    for taker in self.takers { taker.resume() }
    self.takers = []
  }

  private func settle(_ task: IndexTask) -> ReportOutcome {
    guard !self.lost.contains(task.video), self.claims[task.video] == task.claim else {
      self.stale += 1
      return .stale
    }
    self.claims[task.video] = nil
    return .accepted
  }

  func complete(_ tasks: [IndexTask]) async throws -> [ReportOutcome] {
    try await self.begin(.complete)
    defer { self.changed() }
    return tasks.map { task in
      let outcome = self.settle(task)
      if outcome == .accepted { self.completed.append(task.video) }
      return outcome
    }
  }

  func fail(_ failures: [(task: IndexTask, failure: TaskFailure)]) async throws -> [ReportOutcome] {
    try await self.begin(.fail)
    defer { self.changed() }
    return failures.map { task, failure in
      let outcome = self.settle(task)
      if outcome == .accepted { self.failed[task.video] = failure }
      return outcome
    }
  }

  func heartbeat(_ tasks: [IndexTask]) async throws -> [ReportOutcome] {
    try await self.begin(.heartbeat)
    self.heartbeats.append(Set(tasks.map(\.video)))
    self.changed()
    return tasks.map { self.claims[$0.video] == $0.claim ? .accepted : .stale }
  }

  func release(_ tasks: [IndexTask]) async throws {
    // As a Redis client could be: no use to a task that is cancelled.
    try Task.checkCancellation()
    try await self.begin(.release)
    for task in tasks where self.claims[task.video] == task.claim {
      self.claims[task.video] = nil
      self.released[task.video, default: 0] += 1
      guard self.takesAgain else { continue }
      self.nextClaim += 1
      var again = task
      again.claim = Claim(entry: "1-\(self.nextClaim)", token: task.video.text)
      self.waiting.append(again)
    }
    self.wakeTakers()
    self.changed()
  }
}
