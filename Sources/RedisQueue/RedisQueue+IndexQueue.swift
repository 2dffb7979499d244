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
    let nonce = self.nonce()
    var command = self.function("take_indexes")
    command.append(self.consumer)
    command.append(nonce)
    command.append(min(count, Self.maxItemsPerCall))
    command.append(from)
    command.append(min(max(1, maxBytes), Self.maxBytesPerCall))
    let token = self.token(nonce)
    // Mostly the same for all: understood once.
    var source: (text: Substring, id: SourceID)?
    return try Taken(try await self.call(command), fields: 8) { values in
      guard let job = JobID(String(values[1])), let video = VideoID(values[2]),
        let attempt = Int(values[3]), let bytes = Int(values[5])
      else { return nil }
      if values[7] != source?.text {
        source = SourceID(canonical: values[7]).map { (values[7], $0) }
      }
      guard let source else { return nil }
      return IndexTask(
        job: job, source: source.id, video: video, attempt: attempt,
        index: values[6] == "-" ? "" : String(values[6]), isIndexed: values[4] == "-", payload: [],
        claim: Claim(
          entry: String(values[0]), token: token,
          fetchToken: String(values[4]), payloadBytes: bytes))
    }
  }

  /// Asks for the payloads of tasks that were just taken.
  func withPayloads(_ taken: [IndexTask]) async throws -> [IndexTask] {
    var tasks = taken
    let wanting = tasks.indices.filter { !tasks[$0].isIndexed }
    guard !wanting.isEmpty else { return tasks }
    var mget = RedisCommand("MGET")
    mget.reserve(arguments: wanting.count, bytes: wanting.count * 80)
    for task in wanting.map({ tasks[$0] }) {
      mget.append(self.keys.payload(task.job, task.video, task.claim.fetchToken))
    }
    let payloads = try await self.call(mget).array ?? []
    guard payloads.count == wanting.count else {
      throw QueueError(.internalError, "MGET answered in a shape that is not Redis'.")
    }
    var vanished: [IndexTask] = []
    for (index, payload) in zip(wanting, payloads) {
      if let bytes = payload.bytes {
        tasks[index].payload = bytes
      } else {
        vanished.append(tasks[index])
      }
    }
    if !vanished.isEmpty {
      // They waited longer than payloads are kept: given back, they are fetched again.
      try await self.release(vanished)
      tasks.removeAll { vanished.contains($0) }
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
    try await self.report("beat", .index, tasks, as: self.consumer) { command, task in
      command.append(task.claim, of: task.job, task.video)
    }
  }

  public func release(_ tasks: [IndexTask]) async throws {
    // Whoever lost a claim has nothing to give back: the outcomes need no reaction.
    _ = try await self.report("release", .index, tasks) { command, task in command.append(task) }
  }
}

extension RedisCommand {
  /// Entry, job, video, token, fetch token and bytes, as reports of the index stage begin.
  mutating func append(_ task: IndexTask) {
    self.append(task.claim, of: task.job, task.video)
    self.append(task.claim.fetchToken)
    self.append(task.claim.payloadBytes)
  }
}
