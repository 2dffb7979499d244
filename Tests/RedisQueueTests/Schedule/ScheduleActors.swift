internal import Pipeline
internal import RedisClient
internal import Transcripts

@testable internal import RedisQueue
internal import TestRandom

/// One process of a schedule. A step is one command to Redis: between any two steps it can be killed.
protocol ScheduleActor: AnyObject {
  /// - Parameter isCalm: At the end of a schedule everything succeeds, so that it ends.
  func step(_ world: ScheduleWorld, isCalm: Bool) async throws
  /// Forgets all that it holds; it may come back under its name.
  func kill(_ world: ScheduleWorld)
}

/// Where a worker takes from: mostly new work, often somebody else's, sometimes its own of an earlier life.
private func from(_ world: ScheduleWorld, isFresh: Bool) -> String {
  if isFresh { return "0" }
  return world.random.percent(30) ? "idle" : ">"
}

final class ScheduledFetcher: ScheduleActor {
  private var queue: RedisQueue
  private var held: [FetchTask] = []
  /// It came back under its name: its own entries come first.
  private var isFresh = false
  /// What it was uploading when it died.
  private var lastUpload: String?

  init(_ world: ScheduleWorld) { self.queue = world.process("fetcher") }

  func kill(_ world: ScheduleWorld) {
    if let task = self.held.first, world.random.percent(20) {
      // It died between the upload and the report.
      self.lastUpload = world.keys.payload(task.job, task.video, task.claim.token)
    }
    self.held = []
    self.isFresh = world.random.percent(40)
    self.queue =
      self.isFresh ? world.process(named: self.queue.consumer) : world.process("fetcher")
  }

  func step(_ world: ScheduleWorld, isCalm: Bool) async throws {
    if let upload = self.lastUpload {
      self.lastUpload = nil
      world.orphans.insert(upload)
      try await world.redis("SET", [upload, "orphan", "PX", "600000"])
      return
    }
    guard !self.held.isEmpty else { return try await self.take(world) }
    let count = 1 + world.random.below(self.held.count)
    let batch = Array(self.held.shuffled(using: &world.random).prefix(count))
    let dice = isCalm ? 100 : world.random.below(100)
    if dice < 20 {
      let outcomes = try await world.call { try await self.queue.heartbeat(batch) }
      for (task, outcome) in zip(batch, outcomes.last) where outcome != .accepted {
        self.held.removeAll { $0 == task }
      }
      return
    }
    self.held.removeAll { batch.contains($0) }
    switch dice {
    case ..<45:
      let consequence: FetchError.Consequence =
        dice < 33 ? .retry : dice < 38 ? .permanent : .waitForIdentity
      let failure = TaskFailure(kind: "test", message: "as told", consequence: consequence)
      let outcomes = try await world.call {
        try await self.queue.fail(batch.map { ($0, failure) })
      }
      try self.reported(world, batch, outcomes.first)
    case ..<50:
      _ = try await world.call { try await self.queue.release(batch) }
    default:
      let results = batch.map {
        ($0, [UInt8](repeating: 7, count: 50 + world.random.below(850)))
      }
      let outcomes = try await world.call { try await self.queue.handOver(results) }
      try self.reported(world, batch, outcomes.first)
      if dice < 54, outcomes.first.first == .accepted {
        let task = batch[0]
        try await world.redis(
          "DEL", [world.keys.payload(task.job, task.video, task.claim.token)])
      }
    }
  }

  private func take(_ world: ScheduleWorld) async throws {
    let from = from(world, isFresh: self.isFresh)
    let count = 1 + world.random.below(ScheduleWorld.maxTake)
    let taken = try await world.call {
      let taken = try await self.queue.fetchTasks(atMost: count, from: from)
      for task in taken.tasks {
        world.granted(.fetch, task.job, task.video.text, task.claim.token)
      }
      return taken
    }
    // The tasks of a reply that was lost are nobody's until somebody takes them over.
    self.held = taken.last.tasks
    self.isFresh = false
  }

  private func reported(
    _ world: ScheduleWorld, _ batch: [FetchTask], _ outcomes: [ReportOutcome]
  ) throws {
    for (task, outcome) in zip(batch, outcomes) {
      try world.reported(.fetch, task.job, task.video.text, task.claim.token, outcome)
    }
  }
}

final class ScheduledIndexer: ScheduleActor {
  private enum Step { case take, ask, write, report }

  private var queue: RedisQueue
  private var held: [IndexTask] = []
  private var next = Step.take
  private var isFresh = false

  init(_ world: ScheduleWorld) { self.queue = world.process("indexer") }

  func kill(_ world: ScheduleWorld) {
    self.held = []
    self.next = .take
    self.isFresh = world.random.percent(40)
    self.queue =
      self.isFresh ? world.process(named: self.queue.consumer) : world.process("indexer")
  }

  func step(_ world: ScheduleWorld, isCalm: Bool) async throws {
    switch self.next {
    case .take:
      let from = from(world, isFresh: self.isFresh)
      let count = 1 + world.random.below(ScheduleWorld.maxTake)
      let bytes = world.random.pick([400, 1000, 1 << 20])
      let taken = try await world.call {
        let taken = try await self.queue.indexTasks(atMost: count, maxBytes: bytes, from: from)
        for task in taken.tasks {
          world.granted(.index, task.job, task.video.text, task.claim.token)
        }
        return taken
      }
      self.held = taken.last.tasks
      self.isFresh = false
      self.next = self.held.isEmpty ? .take : .ask
    case .ask:
      self.held = try await self.queue.withPayloads(self.held)
      self.next = self.held.isEmpty ? .take : .write
    case .write:
      for task in self.held { world.written.insert(task.video) }
      self.next = .report
    case .report:
      try await self.report(world, isCalm: isCalm)
    }
  }

  private func report(_ world: ScheduleWorld, isCalm: Bool) async throws {
    let batch = self.held
    let dice = isCalm ? 100 : world.random.below(100)
    if dice < 15 {
      let outcomes = try await world.call { try await self.queue.heartbeat(batch) }
      self.held = zip(batch, outcomes.last).filter { $1 == .accepted }.map(\.0)
      if self.held.isEmpty { self.next = .take }
      return
    }
    self.held = []
    self.next = .take
    switch dice {
    case ..<35:
      let failure = TaskFailure(
        kind: "test", message: "as told", consequence: dice < 30 ? .retry : .permanent)
      let outcomes = try await world.call {
        try await self.queue.fail(batch.map { ($0, failure) })
      }
      try self.reported(world, batch, outcomes.first)
    case ..<40:
      _ = try await world.call { try await self.queue.release(batch) }
    default:
      let outcomes = try await world.call { try await self.queue.complete(batch) }
      try self.reported(world, batch, outcomes.first)
    }
  }

  private func reported(
    _ world: ScheduleWorld, _ batch: [IndexTask], _ outcomes: [ReportOutcome]
  ) throws {
    for (task, outcome) in zip(batch, outcomes) {
      try world.reported(.index, task.job, task.video.text, task.claim.token, outcome)
    }
  }
}

/// Submits playlists, and lists their videos three at a time.
final class ScheduledGateway: ScheduleActor {
  static let pageSize = 3

  private var queue: RedisQueue
  private var submissions: [Int]
  private var held: [ExpansionTask] = []
  private var isFresh = false

  init(_ world: ScheduleWorld, submits playlists: [Int]) {
    self.queue = world.process("gateway")
    self.submissions = playlists
  }

  var hasSubmitted: Bool { self.submissions.isEmpty }

  func kill(_ world: ScheduleWorld) {
    self.held = []
    self.isFresh = world.random.percent(40)
    self.queue =
      self.isFresh ? world.process(named: self.queue.consumer) : world.process("gateway")
  }

  func step(_ world: ScheduleWorld, isCalm: Bool) async throws {
    if !self.submissions.isEmpty, isCalm || world.random.percent(25) {
      let playlist = self.submissions.removeFirst()
      let options = JobOptions(
        priority: world.random.percent(30) ? .interactive : .bulk,
        weight: world.random.pick([1, 1, 3]), maxInFlight: world.random.pick([nil, nil, 1, 2]))
      world.tally.calls += 1
      let (job, created) = try await self.queue.submit(world.source(playlist), options: options)
      if created { world.jobs.append(job.id) }
      return
    }
    guard let task = self.held.first else { return try await self.take(world) }
    let dice = isCalm ? 100 : world.random.below(100)
    switch dice {
    case ..<10:
      let outcomes = try await world.call { try await self.queue.heartbeat([task]) }
      if outcomes.last != [.accepted] { self.held.removeFirst() }
    case ..<25:
      self.held.removeFirst()
      let error = FetchError(dice < 18 ? .unreachable : dice < 20 ? .notFound : .throttled, "told")
      let outcomes = try await world.call { try await self.queue.fail(task, with: error) }
      try world.reported(.expand, task.job, "", task.token, outcomes.first)
    case ..<30:
      self.held.removeFirst()
      _ = try await world.call { try await self.queue.release([task]) }
    default:
      try await self.append(world, task)
    }
  }

  private func take(_ world: ScheduleWorld) async throws {
    let from = from(world, isFresh: self.isFresh)
    let taken = try await world.call {
      let taken = try await self.queue.expansionTasks(atMost: 2, from: from)
      for task in taken.tasks { world.granted(.expand, task.job, "", task.token) }
      return taken
    }
    self.held = taken.last.tasks
    self.isFresh = false
  }

  private func append(_ world: ScheduleWorld, _ task: ExpansionTask) async throws {
    guard case .playlist(let name) = task.source, let number = name.last?.wholeNumberValue else {
      throw BrokenInvariant("an expansion has a source that nobody submitted: \(task.source)")
    }
    let videos = world.playlists[number]
    let start = task.cursor.flatMap { Int($0) } ?? 0
    let end = min(start + Self.pageSize, videos.count)
    let page = PlaylistPage(
      items: videos[start..<end].map { PlaylistItem(video: Video(id: $0)) },
      cursor: end < videos.count ? String(end) : nil)
    let outcomes = try await world.call { try await self.queue.append(page, to: task) }
    try world.reported(.expand, task.job, "", task.token, outcomes.first)
    self.held.removeFirst()
    if outcomes.last == .accepted, let cursor = page.cursor {
      var rest = task
      rest.cursor = cursor
      self.held.insert(rest, at: 0)
    }
  }
}

/// Does what operators and users do: cancel, pause, requeue, and let time pass.
final class ScheduledOperator: ScheduleActor {
  private let queue: RedisQueue

  init(_ world: ScheduleWorld) { self.queue = world.process("operator") }

  func kill(_ world: ScheduleWorld) {}

  func step(_ world: ScheduleWorld, isCalm: Bool) async throws {
    if isCalm {
      try await self.calm(world)
      return
    }
    let dice = world.random.below(100)
    world.tally.calls += 1
    switch dice {
    case ..<40: try await world.passTime(all: false)
    case ..<60: try await self.queue.tidy()
    case ..<64 where !world.jobs.isEmpty:
      try await self.cancel(world.random.pick(world.jobs))
    case ..<72 where !world.jobs.isEmpty:
      _ = try await self.queue.pause(world.random.pick(world.jobs))
    case ..<82 where !world.jobs.isEmpty:
      _ = try await self.queue.resume(world.random.pick(world.jobs))
    case ..<85: try await self.queue.pauseAll()
    case ..<92: try await self.queue.resumeAll()
    case ..<96: _ = try await self.queue.audit(nil)
    default: try await self.requeue(world)
    }
  }

  func cancel(_ job: JobID) async throws { _ = try await self.queue.cancel(job) }

  private func calm(_ world: ScheduleWorld) async throws {
    try await self.queue.resumeAll()
    for job in world.jobs { _ = try await self.queue.resume(job) }
    try await world.passTime(all: true)
    try await self.queue.tidy()
    _ = try await self.queue.audit(nil)
  }

  private func requeue(_ world: ScheduleWorld) async throws {
    let letters = try await self.queue.deadLetters(.all, pageSize: 10, pageToken: nil).elements
    guard !letters.isEmpty else { return }
    let ids = letters.map(\.id).shuffled(using: &world.random).prefix(3)
    if world.random.percent(20) {
      _ = try await self.queue.drop(.ids(Array(ids)))
    } else {
      let requeued = try await self.queue.requeue(.ids(Array(ids)))
      for job in requeued.jobs where !world.jobs.contains(job) { world.jobs.append(job) }
    }
  }
}
