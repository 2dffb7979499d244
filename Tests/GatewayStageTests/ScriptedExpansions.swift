import GatewayStage
import Pipeline
import Transcripts

/// An expansion queue in memory.
actor ScriptedExpansions: ExpansionQueue {
  private var waiting: [ExpansionTask] = []
  private var takers: [CheckedContinuation<Void, Never>] = []
  private(set) var appended: [JobID: [PlaylistPage]] = [:]
  private(set) var failed: [JobID: FetchError] = [:]
  private(set) var released: [JobID] = []
  private var outcome = ReportOutcome.accepted
  private var appendErrors: [QueueError] = []
  private var watchers: [(calls: Int, continuation: CheckedContinuation<Void, Never>)] = []
  private var calls = 0

  func add(_ source: SourceID, cursor: String? = nil, job: String = "job") {
    self.waiting.append(
      ExpansionTask(
        job: JobID(job)!, source: source, cursor: cursor, attempt: 1, token: "entry \(job)"))
    self.wake()
  }

  func refuse(as outcome: ReportOutcome) { self.outcome = outcome }
  func failAppends(with errors: [QueueError]) { self.appendErrors = errors }

  /// Returns after so many pages, failures and releases.
  func called(_ count: Int) async {
    guard self.calls < count else { return }
    await withCheckedContinuation { self.watchers.append((count, $0)) }
  }

  private func count(_ calls: Int = 1) {
    self.calls += calls
    for watcher in self.watchers where watcher.calls <= self.calls { watcher.continuation.resume() }
    self.watchers.removeAll { $0.calls <= self.calls }
  }

  private func wake() {
    for taker in self.takers { taker.resume() }
    self.takers = []
  }

  func takeExpansions(atMost count: Int, wait: Duration) async throws -> [ExpansionTask] {
    while self.waiting.isEmpty {
      try Task.checkCancellation()
      await withTaskCancellationHandler {
        await withCheckedContinuation { self.takers.append($0) }
      } onCancel: {
        Task { await self.wake() }
      }
    }
    let taken = Array(self.waiting.prefix(count))
    self.waiting.removeFirst(taken.count)
    return taken
  }

  func append(_ page: PlaylistPage, to task: ExpansionTask) async throws -> ReportOutcome {
    if let error = self.appendErrors.popLast() { throw error }
    defer { self.count() }
    if self.outcome == .accepted { self.appended[task.job, default: []].append(page) }
    return self.outcome
  }

  func heartbeat(_ tasks: [ExpansionTask]) async throws -> [ReportOutcome] {
    tasks.map { _ in self.outcome }
  }

  func fail(_ task: ExpansionTask, with error: FetchError) async throws -> ReportOutcome {
    defer { self.count() }
    self.failed[task.job] = error
    return .accepted
  }

  func release(_ tasks: [ExpansionTask]) async throws {
    self.released += tasks.map(\.job)
    self.count(tasks.count)
  }
}

/// Playlists whose pages a test decides.
struct ScriptedPlaylists: PlaylistSource {
  var pages: [PlaylistPage] = []
  /// Thrown after the pages.
  var error: FetchError?
  /// Never ends after the pages.
  var hangs = false
  let asked = Asked()

  actor Asked {
    private(set) var cursors: [String?] = []
    func add(_ cursor: String?) { self.cursors.append(cursor) }
  }

  func pages(
    of source: SourceID, from cursor: String?,
    _ receive: @Sendable (PlaylistPage) async throws -> Void
  ) async throws {
    await self.asked.add(cursor)
    for page in self.pages { try await receive(page) }
    if let error { throw error }
    if self.hangs { try await Task.sleep(for: .seconds(3600), clock: .continuous) }
  }
}
