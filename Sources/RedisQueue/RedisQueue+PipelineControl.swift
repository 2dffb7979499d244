public import Pipeline
internal import RedisClient

extension RedisQueue: PipelineControl {
  public func pause(_ id: JobID) async throws -> Job? { try await self.setPaused(true, id) }

  public func resume(_ id: JobID) async throws -> Job? { try await self.setPaused(false, id) }

  public func pauseAll() async throws { try await self.setAllPaused(true) }

  public func resumeAll() async throws { try await self.setAllPaused(false) }

  public func isPaused() async throws -> Bool {
    try await self.call(RedisCommand("HGET", self.keys.state, "paused")).text == "1"
  }

  private func setPaused(_ paused: Bool, _ id: JobID) async throws -> Job? {
    var command = self.function("pause")
    command.append(id.text)
    command.append(paused ? "1" : "0")
    return Job(try await self.call(command))
  }

  private func setAllPaused(_ paused: Bool) async throws {
    var command = self.function("pause_all")
    command.append(paused ? "1" : "0")
    _ = try await self.call(command)
  }
}
