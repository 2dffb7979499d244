internal import Pipeline

@testable internal import RedisQueue

/// What must hold after every single command, whoever died in between.
struct ScheduleInvariants {
  private let world: ScheduleWorld
  private let now: ScheduleSnapshot

  /// - Throws: ``BrokenInvariant``.
  static func check(_ world: ScheduleWorld) async throws {
    world.tally.checks += 1
    let now = try await ScheduleSnapshot(world)
    let invariants = ScheduleInvariants(world: world, now: now)
    try invariants.checkEntries()
    try invariants.checkBounds()
    try invariants.require(
      now.state["repairs", default: 0] == 0, "an audit has mended what was not broken")
    for (id, job) in now.jobs {
      try invariants.checkCounters(id, job)
      if job.isRunning { try invariants.checkPlaces(id, job) }
      try invariants.checkTurn(id, job)
    }
    try invariants.checkSources()
  }

  private func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard !condition else { return }
    throw BrokenInvariant("\(what())\n\(self.now)")
  }

  private func work(_ stage: Stage) -> [String: ScheduleSnapshot.Work] {
    self.now.streams[stage] ?? [:]
  }

  private func pending(_ stage: Stage) -> Set<String> { self.now.pending[stage] ?? [] }

  // MARK: The streams

  private func checkEntries() throws {
    for (stage, _) in ScheduleSnapshot.stages {
      let ghosts = self.pending(stage).subtracting(self.work(stage).keys)
      try self.require(ghosts.isEmpty, "\(stage) has pending entries that were deleted: \(ghosts)")
    }
    let undelivered = self.work(.fetch).count - self.pending(.fetch).count
    try self.require(
      self.now.state["ready", default: 0] == undelivered,
      "ready is \(self.now.state["ready", default: 0]), undelivered are \(undelivered)")
    let waiting = self.now.delayed.filter { $0.hasPrefix("i|") }
    let held = self.work(.index).count + waiting.count
    try self.require(
      self.now.state["held", default: 0] == held,
      "held is \(self.now.state["held", default: 0]), in the index stage are \(held)")
    let bytes =
      self.work(.index).values.reduce(0) { $0 + $1.bytes }
      + waiting.reduce(0) { $0 + (Int($1.split(separator: "|").last ?? "") ?? 0) }
    try self.require(
      self.now.state["bytes", default: 0] == bytes,
      "bytes is \(self.now.state["bytes", default: 0]), the payloads have \(bytes)")
  }

  private func checkBounds() throws {
    let nudges = self.work(.fetch).values.count { $0.job.isEmpty }
    let ready = self.now.state["ready", default: 0] - nudges
    let most = max(self.world.limits.window, ScheduleWorld.maxTake)
    try self.require(ready <= most, "\(ready) entries are in a window of \(most)")
    for job in self.now.jobs.values where job.isRunning {
      for (video, record) in job.videos where "fi".contains(record.state) {
        try self.require(
          record.deliveries <= self.world.limits.maxDeliveries,
          "\(video) was delivered \(record.deliveries) times")
      }
    }
  }

  // MARK: Counters

  private func checkCounters(_ id: String, _ job: ScheduleSnapshot.JobRecord) throws {
    var histogram: [String: Int] = [:]
    for record in job.videos.values {
      histogram[record.state == "w" ? "q" : record.state, default: 0] += 1
    }
    let names = ["q", "f", "i", "d", "x", "s"]
    let counters = Dictionary(uniqueKeysWithValues: (names + ["c"]).map { ($0, job.count($0)) })
    let state = job.fields["st"] ?? "none"
    if state == "X" {
      let stopped = ["q", "f", "i"].reduce(0) { $0 + histogram[$1, default: 0] }
      for name in ["q", "f", "i"] { histogram[name] = 0 }
      histogram["c"] = stopped
    }
    for name in names + ["c"] {
      try self.require(
        counters[name] == histogram[name, default: 0],
        "job \(id) (\(state)): \(name) counts \(counters[name] ?? -1), records say \(histogram)")
    }
    try self.require(
      counters.values.reduce(0, +) == job.videos.count,
      "job \(id): the counters' sum is not the number of its videos")
    let left = ["q", "f", "i"].reduce(0) { $0 + counters[$1, default: 0] }
    if state == "R", job.fields["sealed"] == "1" {
      try self.require(left > 0, "job \(id) is complete, and has not ended")
    }
    if state != "R" {
      try self.require(
        left == 0,
        "job \(id) has ended with work left")
      try self.require(
        job.recordLifetime > 0 && (job.videos.isEmpty || job.videosLifetime > 0),
        "job \(id) has ended, and is kept for ever")
      try self.require(job.todo.isEmpty, "job \(id) has ended and a backlog is left")
    }
  }

  // MARK: Each video is in one place

  private func checkPlaces(_ id: String, _ job: ScheduleSnapshot.JobRecord) throws {
    for (video, record) in job.videos {
      let fetches = self.work(.fetch).filter { $0.value.job == id && $0.value.video == video }
      let indexes = self.work(.index).filter { $0.value.job == id && $0.value.video == video }
      let todo = job.todo.count { $0 == video }
      let delayedFetch = self.now.delayed.count { $0 == "f|\(id)|\(video)" }
      let delayedIndex = self.now.delayed.count { $0.hasPrefix("i|\(id)|\(video)|") }
      let what = "job \(id): \(video) is in state \(record.state)"
      switch record.state {
      case "q":
        let places = fetches.count + todo + delayedFetch
        try self.require(places == 1, "\(what) and in \(places) places")
        try self.require(indexes.isEmpty && delayedIndex == 0, "\(what) and in the index stage")
        for entry in fetches.keys {
          try self.require(
            !self.pending(.fetch).contains(entry), "\(what) and with a fetcher")
        }
      case "f":
        try self.require(Array(fetches.keys) == [record.entry], "\(what) and has no entry")
        try self.require(
          self.pending(.fetch).contains(record.entry), "\(what) and with nobody")
        try self.require(todo + delayedFetch + delayedIndex == 0, "\(what) and elsewhere too")
        try self.require(self.now.locks[video] == id, "\(what) and has no lock")
      case "i":
        let entries = record.entry.isEmpty ? [] : [record.entry]
        try self.require(Array(indexes.keys) == entries, "\(what) and has no entry")
        try self.require(indexes.count + delayedIndex == 1, "\(what) and in no or two places")
        try self.require(fetches.isEmpty && todo + delayedFetch == 0, "\(what) and elsewhere too")
        // One that another job has indexed is only told to be in this list too: anybody may fetch it meanwhile.
        try self.require(
          (self.now.locks[video] == id) == (record.fetchToken != "-"), "\(what): its lock is wrong")
      case "w":
        let waits = self.now.waiting[video, default: []].count { $0 == id }
        try self.require(waits == 1, "\(what) and waits \(waits) times")
        try self.require(self.now.locks[video] != nil, "\(what) and nobody has what it waits for")
        fallthrough
      default:
        let places = fetches.count + indexes.count + todo + delayedFetch + delayedIndex
        try self.require(places == 0, "\(what) and still in \(places) places")
      }
    }
  }

  // MARK: Jobs get their turn

  private func checkTurn(_ id: String, _ job: ScheduleSnapshot.JobRecord) throws {
    let high = job.fields["high"] ?? "0"
    let turns = self.now.rings[high, default: []].count { $0 == id }
    let other = self.now.rings[high == "0" ? "1" : "0", default: []].count { $0 == id }
    try self.require(
      turns <= 1 && other == 0, "job \(id) is in the rings \(turns) + \(other) times")
    guard job.isRunning else { return }
    try self.require(
      job.fields["ring"] == String(turns), "job \(id) is mistaken about being in the ring")
    let out = self.work(.fetch).values.count { $0.job == id }
    let cap = Int(job.fields["cap"] ?? "") ?? 0
    if cap > 0 {
      try self.require(out <= cap, "job \(id) has \(out) videos in the fetch stage, \(cap) may be")
      try self.require(
        job.fields["out"] == String(out), "job \(id) is mistaken about its \(out) entries")
    }
    if !job.todo.isEmpty, !job.isPaused, cap == 0 || out < cap {
      try self.require(turns == 1, "job \(id) has a backlog and no turn")
    }
    if job.fields["sealed"] == "0" {
      let entry = job.fields["xe"] ?? ""
      let entries = self.work(.expand).filter { $0.value.job == id }
      let delayed = self.now.delayed.count { $0 == "e|\(id)" }
      let paused = entry == "paused" ? 1 : 0
      try self.require(
        entries.count + delayed + paused == 1 && (entries.isEmpty || entries[entry] != nil),
        "the listing of job \(id) is in \(entries.count + delayed + paused) places")
      if paused == 1 {
        try self.require(job.isPaused, "the listing of job \(id) is paused, and the job is not")
      }
    }
  }

  private func checkSources() throws {
    var running: [String: String] = [:]
    for (id, job) in self.now.jobs where job.isRunning {
      guard let key = job.fields["key"], !key.isEmpty else { continue }
      try self.require(
        running.updateValue(id, forKey: key) == nil, "two jobs run for \(key)")
    }
    for (video, owner) in self.now.locks {
      guard let job = self.now.jobs[owner], job.isRunning else { continue }
      try self.require(
        ["f", "i"].contains(job.videos[video]?.state),
        "job \(owner) has the lock of \(video) without working on it")
    }
  }
}
