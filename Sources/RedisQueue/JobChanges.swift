internal import Networking
internal import Pipeline
internal import RedisClient

/// Follows jobs for all watchers of the process.
///
/// One reader waits on the `events` stream (`XREAD BLOCK`), on a connection of its own, and only while somebody watches.
/// An event is a hint, not a message: after it the job is read, once for all who watch it, and at most once in
/// ``minInterval``, so that a burst of changes is told as one. Hints are counted from an id in the stream, so none falls
/// between two reads; after a broken connection every watched job is read again. At rest nothing is asked.
@NetworkActor
final class JobChanges {
  /// Between two reads of a job: a change is told within 50 ms.
  static let minInterval = Duration.milliseconds(25)
  /// How long the reader waits for events; then it only waits again.
  static let blockTime = Duration.seconds(30)
  /// Events in one reply.
  static let maxEvents = 256
  /// Waits after errors: the first, and the longest.
  static let errorDelays = Duration.milliseconds(100)...Duration.seconds(2)

  /// A job that is watched.
  @NetworkActor
  private final class Watched {
    var watchers = 0
    /// Hints so far.
    var hints = 1
    /// The hints that were known when the job was read.
    var hintsRead = 0
    /// The job as it was read; nil with ``hintsRead`` above zero: there is none.
    var job: Job?
    var isReading = false
    var nextRead = ContinuousClock.now
    var errorDelay = JobChanges.errorDelays.lowerBound
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]

    var isCurrent: Bool { self.hintsRead == self.hints }
  }

  private let reader: RedisClient
  private let key: String
  private let read: @Sendable (JobID) async throws -> Job?
  private var watched: [JobID: Watched] = [:]
  private var loop: Task<Void, Never>?
  private var lastWaiter: UInt64 = 0
  private var isClosed = false

  nonisolated init(
    _ configuration: RedisConfiguration, key: String,
    read: @escaping @Sendable (JobID) async throws -> Job?
  ) {
    var configuration = configuration
    configuration.clientName += "-events"
    self.reader = RedisClient(configuration)
    self.key = key
    self.read = read
  }

  func close() {
    self.isClosed = true
    self.loop?.cancel()
    self.loop = nil
    self.reader.close()
    for watched in self.watched.values { self.wake(watched) }
  }

  // MARK: Watchers

  /// Must be balanced by ``unwatch(_:)``.
  func watch(_ job: JobID) {
    let watched = self.watched[job] ?? Watched()
    watched.watchers += 1
    self.watched[job] = watched
    guard self.loop == nil, !self.isClosed else { return }
    // The one reader lives exactly as long as there are watchers: no caller's task could be its parent.
    self.loop = Task { await self.readEvents() }
  }

  func unwatch(_ job: JobID) {
    guard let watched = self.watched[job] else { return }
    watched.watchers -= 1
    guard watched.watchers == 0 else { return }
    self.watched[job] = nil
    guard self.watched.isEmpty else { return }
    self.loop?.cancel()
    self.loop = nil
  }

  /// Waits until the job differs from `version` (nil: returns it as it is).
  ///
  /// While Redis is away it waits, however long that is.
  ///
  /// - Returns: Nil: there is no such job, or the caller was cancelled.
  func job(_ id: JobID, after version: Int64?) async throws -> Job? {
    guard let watched = self.watched[id] else { return nil }
    while !Task.isCancelled {
      guard !self.isClosed else {
        throw QueueError(.unavailable, "The queue is closed: this process is stopping.")
      }
      if watched.isCurrent {
        guard let job = watched.job else { return nil }
        if job.version != version { return job }
        await self.wait(watched) { watched.isCurrent && watched.job?.version == version }
      } else if watched.isReading {
        await self.wait(watched) { watched.isReading }
      } else {
        // Before the call: entering it may be a suspension.
        watched.isReading = true
        try await self.look(id, watched)
      }
    }
    return nil
  }

  /// Reads the job for all who watch it; ``Watched/isReading`` has been set.
  private func look(_ id: JobID, _ watched: Watched) async throws {
    defer {
      watched.isReading = false
      // Also after an error or when this caller was cancelled: another one goes on.
      self.wake(watched)
    }
    if watched.nextRead > .now {
      // A cancelled wait leaves the reading to others.
      guard (try? await Task.sleep(until: watched.nextRead, clock: .continuous)) != nil else {
        return
      }
    }
    let hints = watched.hints
    do {
      watched.job = try await self.read(id)
      watched.hintsRead = hints
      watched.nextRead = .now + Self.minInterval
      watched.errorDelay = Self.errorDelays.lowerBound
    } catch let error as QueueError where error.code == .unavailable {
      watched.nextRead = .now + watched.errorDelay
      watched.errorDelay = min(watched.errorDelay * 2, Self.errorDelays.upperBound)
    }
  }

  /// - Parameter isNeeded: Looked at once more where no suspension can follow.
  private func wait(_ watched: Watched, while isNeeded: () -> Bool) async {
    self.lastWaiter += 1
    let number = self.lastWaiter
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard isNeeded(), !self.isClosed, !Task.isCancelled else {
          continuation.resume()
          return
        }
        watched.waiting[number] = continuation
      }
    } onCancel: {
      // Runs on any thread; the waiter was registered before this can run on the network thread.
      Task { @NetworkActor in watched.waiting.removeValue(forKey: number)?.resume() }
    }
  }

  private func wake(_ watched: Watched) {
    let waiting = watched.waiting
    watched.waiting = [:]
    for continuation in waiting.values { continuation.resume() }
  }

  private func hint(_ watched: Watched) {
    watched.hints += 1
    self.wake(watched)
  }

  // MARK: The reader

  private func readEvents() async {
    var last: String?
    var delay = Self.errorDelays.lowerBound
    while !Task.isCancelled {
      do {
        if let after = last {
          last = try await self.nextEvents(after)
        } else {
          last = try await self.newestEvent()
          // What was before, watchers see when they read the job now.
          for watched in self.watched.values { self.hint(watched) }
        }
        delay = Self.errorDelays.lowerBound
      } catch {
        // Those who read the job meet the error there, if it lasts.
        last = nil
        guard !Task.isCancelled else { return }
        // A cancelled pause ends the loop at its head.
        try? await Task.sleep(for: delay, clock: .continuous)
        delay = min(delay * 2, Self.errorDelays.upperBound)
      }
    }
  }

  private func newestEvent() async throws(RedisError) -> String {
    let reply = try await self.reader.send(
      RedisCommand("XREVRANGE", self.key, "+", "-", "COUNT", "1"))
    return reply.array?.first?.array?.first?.text ?? "0-0"
  }

  /// - Returns: The id of the last event that was read.
  private func nextEvents(_ last: String) async throws(RedisError) -> String {
    let command = RedisCommand(
      "XREAD", "COUNT", String(Self.maxEvents), "BLOCK",
      String(Self.blockTime.wholeMilliseconds), "STREAMS", self.key, last)
    let reply = try await self.reader.sendBlocking(command, blockedFor: Self.blockTime)
    guard let entries = reply.array?.first?.array?.last?.array else { return last }
    for entry in entries { self.told(entry) }
    return entries.last?.array?.first?.text ?? last
  }

  private func told(_ entry: RedisValue) {
    guard let fields = entry.array?.last?.array, fields.count == 2, let jobs = fields[1].text else {
      return
    }
    for text in jobs.split(separator: ",") {
      if let job = JobID(String(text)), let watched = self.watched[job] { self.hint(watched) }
    }
  }
}
