public import Pipeline
internal import RedisClient
internal import Transcripts

extension RedisQueue: IndexQueue {
  public func takeIndexes(
    atMost count: Int, maxBytes: Int, wait: Duration
  ) async throws -> [IndexTask] {
    guard count > 0 else { return [] }
    let tasks = try await self.indexes.take(wait: wait) { from in
      try await self.indexTasks(atMost: count, maxBytes: maxBytes, from: from)
    } tidy: {
      try await self.tidy()
    }
    return try await self.withPayloads(tasks)
  }

  /// One call of the take function; `from` as its table says. The tasks have no payload yet.
  func indexTasks(
    atMost count: Int, maxBytes: Int, from: String
  ) async throws -> Taken<IndexTask> {
    var command = self.function("take_indexes")
    command.append(self.consumer)
    command.append(self.nonce())
    command.append(min(count, Self.maxItemsPerCall))
    command.append(from)
    command.append(min(max(1, maxBytes), Self.maxBytesPerCall))
    return try Taken(try await self.call(command), width: 8) { values in
      let first = values.startIndex
      guard let entry = values[first].text, let job = JobID(values[first + 1].text ?? ""),
        let video = VideoID(values[first + 2].text ?? ""), let token = values[first + 3].text,
        let attempt = values[first + 4].integer, let key = values[first + 5].text,
        let bytes = values[first + 6].integer, let source = values[first + 7].text
      else { return nil }
      return IndexTask(
        job: job, source: SourceID(queueText: source), video: video, attempt: attempt,
        payload: [],
        claim: Claim(entry: entry, token: token, payloadKey: key, payloadBytes: bytes))
    }
  }

  /// Asks for the payloads of tasks that were just taken.
  func withPayloads(_ taken: [IndexTask]) async throws -> [IndexTask] {
    var tasks = taken
    guard !tasks.isEmpty else { return [] }
    var mget = RedisCommand("MGET")
    for task in tasks { mget.append(task.claim.payloadKey) }
    let payloads = try await self.call(mget).array ?? []
    guard payloads.count == tasks.count else {
      throw QueueError(.internalError, "MGET answered in a shape that is not Redis'.")
    }
    var vanished: [IndexTask] = []
    for index in tasks.indices {
      if let bytes = payloads[index].bytes {
        tasks[index].payload = bytes
      } else {
        vanished.append(tasks[index])
      }
    }
    if !vanished.isEmpty {
      // Expired between the two calls: given back, the next take finds it out and has it fetched again.
      try await self.release(vanished)
      tasks.removeAll { $0.payload.isEmpty }
    }
    return tasks
  }

  public func complete(_ tasks: [IndexTask]) async throws -> [ReportOutcome] {
    var outcomes: [ReportOutcome] = []
    var rest = tasks[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.maxItemsPerCall)
      rest = rest.dropFirst(part.count)
      var command = self.function("complete")
      command.append(self.consumer)
      for task in part { command.append(task) }
      outcomes += try self.outcomes(try await self.call(command), part.count).map(\.report)
    }
    return outcomes
  }

  public func fail(
    _ failures: [(task: IndexTask, failure: TaskFailure)]
  ) async throws -> [ReportOutcome] {
    try await self.report("fail", .index, failures) { command, item in
      command.append(item.task)
      command.append(item.failure)
    }
  }

  public func heartbeat(_ tasks: [IndexTask]) async throws -> [ReportOutcome] {
    try await self.report("beat", .index, tasks) { command, task in
      command.append(task.claim, of: task.job, task.video)
    }
  }

  public func release(_ tasks: [IndexTask]) async throws {
    // Whoever lost a claim has nothing to give back: the outcomes need no reaction.
    _ = try await self.report("release", .index, tasks) { command, task in command.append(task) }
  }
}

extension RedisCommand {
  /// Entry, job, video, token, payload's key and bytes, as reports of the index stage begin.
  mutating func append(_ task: IndexTask) {
    self.append(task.claim, of: task.job, task.video)
    self.append(task.claim.payloadKey)
    self.append(task.claim.payloadBytes)
  }
}
