@testable internal import RedisQueue

/// What a schedule's Redis can go back to. What workers hold does not go back with it.
struct ScheduleRollback {
  private let state: RedisState
  private let newestToken: [String: String]
  private let jobs: Int

  init(_ world: ScheduleWorld) async throws {
    self.state = try await RedisState(world.keys.patterns, of: world.functions.client)
    self.newestToken = world.newestToken
    self.jobs = world.jobs.count
  }

  func apply(to world: ScheduleWorld) async throws {
    try await self.state.restore(to: world.functions.client)
    // Whoever uploaded them may have reported already: then they stay until they expire.
    world.orphans.formUnion(self.state.keys.filter { $0.hasPrefix(world.key("payload:")) })
    world.newestToken = self.newestToken
    world.jobs.removeSubrange(self.jobs...)
    world.tally.rollbacks += 1
  }
}
