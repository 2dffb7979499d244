internal import Pipeline
internal import RedisClient
internal import Telemetry
internal import Transcripts

@testable internal import RedisQueue
internal import TestRandom

/// One adversarial run of the pipeline on a real Redis, as its seed says: a few processes, one command at a time in random
/// order, any of them killed between two commands, living ones robbed of their work, calls repeated, payloads lost, jobs
/// cancelled and paused, Redis gone back to an earlier state. Then nobody dies any more, and all must come to its end.
enum Schedule {
  static let maxCalmSteps = 4000

  /// - Throws: ``BrokenInvariant``.
  static func run(
    seed: UInt64, on client: RedisClient
  ) async throws -> ScheduleWorld.Tally {
    let world = ScheduleWorld(
      seed: seed,
      functions: { QueueFunctions(client, prefix: $0, logger: .disabled) },
      configuration: client.configuration)
    try await world.configure()
    let submissions = (0..<(1 + world.random.below(4))).map { _ in world.random.below(3) }
    let gateways = (0..<2).map { half in
      ScheduledGateway(
        world,
        submits: submissions.indices.filter { $0 % 2 == half }.map { submissions[$0] })
    }
    let operatorActor = ScheduledOperator(world)
    var actors: [any ScheduleActor] = gateways + [operatorActor]
    for _ in 0..<(1 + world.random.below(4)) { actors.append(ScheduledFetcher(world)) }
    for _ in 0..<(1 + world.random.below(3)) { actors.append(ScheduledIndexer(world)) }

    let killChance = world.random.pick([0, 1, 5, 15])
    let rollbackChance = world.random.pick([0, 2, 5])
    if rollbackChance > 0, world.random.percent(50) {
      try await RedisState.countIDsUp(world.keys, client)
    }
    var rollback: ScheduleRollback?
    for _ in 0..<(100 + world.random.below(300)) {
      let actor = world.random.pick(actors)
      if world.random.percent(rollbackChance) {
        if let earlier = rollback {
          try await earlier.apply(to: world)
          rollback = nil
          // While workers still have what is lost.
          if world.random.percent(50), let job = world.jobs.last {
            try await operatorActor.cancel(job)
          }
        } else {
          rollback = try await ScheduleRollback(world)
        }
      } else if world.random.percent(killChance) {
        world.tally.kills += 1
        actor.kill(world)
      } else {
        try await actor.step(world, isCalm: false)
      }
      if world.random.percent(15) { try await ScheduleInvariants.check(world) }
    }
    try await Self.finish(world, actors, gateways)
    return world.tally
  }

  private static func finish(
    _ world: ScheduleWorld, _ actors: [any ScheduleActor], _ gateways: [ScheduledGateway]
  ) async throws {
    for step in 0..<Self.maxCalmSteps {
      try await world.random.pick(actors).step(world, isCalm: true)
      guard step % 20 == 19 else { continue }
      try await ScheduleInvariants.check(world)
      if gateways.allSatisfy(\.hasSubmitted), try await Self.hasEnded(world) {
        try await Self.checkEnd(world)
        return
      }
    }
    throw BrokenInvariant("the work never ends\n\(try await ScheduleSnapshot(world))")
  }

  private static func hasEnded(_ world: ScheduleWorld) async throws -> Bool {
    let now = try await ScheduleSnapshot(world)
    return now.jobs.values.allSatisfy { !$0.isRunning } && now.delayed.isEmpty
      && now.locks.isEmpty && now.parked.isEmpty
      && now.streams.values.allSatisfy { $0.isEmpty } && now.rings.values.allSatisfy(\.isEmpty)
  }

  /// Nothing is left that does not expire, and what is done is in the index.
  private static func checkEnd(_ world: ScheduleWorld) async throws {
    let now = try await ScheduleSnapshot(world)
    for (id, job) in now.jobs {
      world.tally.videos += job.videos.count
      for (video, record) in job.videos where record.state == "d" {
        guard let video = VideoID(video), world.written.contains(video) else {
          throw BrokenInvariant("job \(id): \(video) is done, and was never written")
        }
      }
    }
    for name in ["ready", "held", "bytes"] where now.state[name, default: 0] != 0 {
      throw BrokenInvariant("\(name) is \(now.state[name, default: 0]) when all has ended")
    }
    let keys = try await RedisState.keys([world.key("*")], world.functions.client)
    for key in keys where key.hasPrefix(world.key("payload:")) && !world.orphans.contains(key) {
      throw BrokenInvariant("a payload is left: \(key)")
    }
    for kind in ["todo:", "waiting:"] {
      for key in keys where key.hasPrefix(world.key(kind)) {
        throw BrokenInvariant("left when all has ended: \(key)")
      }
    }
    try await world.redis("UNLINK", keys)
  }
}
