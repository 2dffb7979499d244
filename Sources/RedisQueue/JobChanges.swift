internal import Networking
internal import Pipeline
internal import RedisClient

/// Tells watchers that a job may have changed.
///
/// One reader for all watchers of the process, on a connection of its own, and only while there are any: it waits on
/// the `events` stream (`XREAD BLOCK`). An event is a hint, not a message: watchers read the job itself. So nothing is
/// lost where the stream was trimmed, or Redis restarted: every ``recheckInterval`` all watchers look again.
@NetworkActor
final class JobChanges {
  /// How long a lost hint can delay a watcher.
  static let recheckInterval = Duration.seconds(1)
  /// Events in one reply.
  static let maxEvents = 256

  private let reader: RedisClient
  private let key: String
  /// Those who wait, by job.
  private var waiting: [JobID: [CheckedContinuation<Void, Never>]] = [:]
  /// How often a job was mentioned, while it is watched.
  private var marks: [JobID: (watchers: Int, mark: Int)] = [:]
  private var loop: Task<Void, Never>?

  nonisolated init(_ configuration: RedisConfiguration, key: String) {
    var configuration = configuration
    configuration.clientName += "-events"
    self.reader = RedisClient(configuration)
    self.key = key
  }

  func close() {
    self.loop?.cancel()
    self.loop = nil
    self.reader.close()
    self.wakeAll()
  }

  /// Must be balanced by ``unwatch(_:)``.
  func watch(_ job: JobID) {
    self.marks[job, default: (0, 0)].watchers += 1
    guard self.loop == nil else { return }
    // The one reader lives exactly as long as there are watchers: no caller's task could be its parent.
    self.loop = Task { await self.run() }
  }

  func unwatch(_ job: JobID) {
    guard var entry = self.marks[job] else { return }
    entry.watchers -= 1
    self.marks[job] = entry.watchers > 0 ? entry : nil
    guard self.marks.isEmpty else { return }
    self.loop?.cancel()
    self.loop = nil
  }

  /// A number that grows with each hint about the job; take it before reading the job.
  func mark(_ job: JobID) -> Int { self.marks[job]?.mark ?? 0 }

  /// Returns when there was a hint after `mark`, or it is time to look again.
  func change(of job: JobID, after mark: Int) async {
    guard self.mark(job) == mark, self.loop != nil else { return }
    await withCheckedContinuation { self.waiting[job, default: []].append($0) }
  }

  private func run() async {
    // From now on; what was before, watchers see when they read the job.
    var last = "$"
    while !Task.isCancelled {
      let command = RedisCommand(
        "XREAD", "COUNT", String(Self.maxEvents), "BLOCK",
        String(Self.recheckInterval.wholeMilliseconds), "STREAMS", self.key, last)
      do {
        let reply = try await self.reader.sendBlocking(
          command, blockedFor: Self.recheckInterval)
        guard case .array(let streams) = reply, let entries = streams.first?.array?.last?.array
        else {
          self.wakeAll()
          continue
        }
        last = entries.last?.array?.first?.text ?? last
        for entry in entries { self.told(entry) }
      } catch {
        // Watchers read the job themselves and meet the error there, if it lasts.
        last = "$"
        self.wakeAll()
        guard !Task.isCancelled else { return }
        // A cancelled pause ends the loop at its head.
        try? await Task.sleep(for: .milliseconds(50), clock: .continuous)
      }
    }
  }

  private func told(_ entry: RedisValue) {
    guard let fields = entry.array?.last?.array, fields.count == 2, let jobs = fields[1].text else {
      return
    }
    for text in jobs.split(separator: ",") {
      guard let job = JobID(String(text)), self.marks[job] != nil else { continue }
      self.marks[job]?.mark += 1
      self.wake(job)
    }
  }

  private func wake(_ job: JobID) {
    for continuation in self.waiting.removeValue(forKey: job) ?? [] { continuation.resume() }
  }

  private func wakeAll() {
    for job in Array(self.waiting.keys) { self.wake(job) }
  }
}

/// One caller that follows a job.
@NetworkActor
final class JobWatch {
  /// Between two looks at the job: a burst of changes is told once, and still within 50 ms.
  static let minInterval = Duration.milliseconds(25)

  private let id: JobID
  private let queue: RedisQueue
  private var begun = false
  private var ended = false
  private var lastVersion: Int64 = -1
  private var lastLook = ContinuousClock.now

  nonisolated init(_ id: JobID, _ queue: RedisQueue) {
    self.id = id
    self.queue = queue
  }

  isolated deinit {
    if self.begun { self.queue.changes.unwatch(self.id) }
  }

  /// The job when it has changed; nil: there is none, it has ended, or the caller was cancelled.
  func next() async throws -> Job? {
    if !self.begun {
      self.begun = true
      self.queue.changes.watch(self.id)
      let mark = self.queue.changes.mark(self.id)
      if let job = try await self.look(mark) { return job }
      return nil
    }
    while !self.ended, !Task.isCancelled {
      await self.queue.changes.change(of: self.id, after: self.seenMark)
      guard !Task.isCancelled else { return nil }
      let earliest = self.lastLook + Self.minInterval
      if earliest > .now { try await Task.sleep(until: earliest, clock: .continuous) }
      let version = self.lastVersion
      guard let job = try await self.look(self.queue.changes.mark(self.id)) else { return nil }
      if job.version != version { return job }
    }
    return nil
  }

  private var seenMark = 0

  private func look(_ mark: Int) async throws -> Job? {
    self.seenMark = mark
    self.lastLook = .now
    guard let job = try await self.queue.job(self.id) else {
      self.ended = true
      return nil
    }
    self.lastVersion = job.version
    self.ended = job.state != .running
    return job
  }
}
