public import Pipeline
internal import RedisClient
internal import Transcripts

extension RedisQueue: FetchQueue {
  public func takeFetches(atMost count: Int, wait: Duration) async throws -> [FetchTask] {
    guard count > 0 else { return [] }
    return try await self.fetches.take(wait: wait) { from in
      try await self.fetchTasks(atMost: count, from: from)
    } tidy: {
      try await self.tidy()
    }
  }

  /// One call of the take function; `from` as its table says.
  func fetchTasks(atMost count: Int, from: String) async throws -> Taken<FetchTask> {
    let nonce = self.nonce()
    var command = self.function("take_fetches")
    command.append(self.consumer)
    command.append(nonce)
    command.append(min(count, Self.maxItemsPerCall))
    command.append(from)
    let token = self.token(nonce)
    // Mostly the same for all: understood once.
    var languages = (text: Substring(), preference: LanguagePreference())
    return try Taken(try await self.call(command), fields: 5) { values in
      guard let job = JobID(String(values[1])), let video = VideoID(values[2]),
        let attempt = Int(values[3])
      else { return nil }
      if values[4] != languages.text {
        languages = (values[4], LanguagePreference(queueText: values[4]))
      }
      return FetchTask(
        job: job, video: video, languages: languages.preference, attempt: attempt,
        claim: Claim(entry: String(values[0]), token: token))
    }
  }

  /// Uploads first and refers second, in one piece: a crash between leaves a payload that expires, never a
  /// reference to nothing.
  ///
  /// - Throws: ``QueueError`` `full` when Redis took no payload: keep the results and call again.
  public func handOver(_ results: [FetchedVideo]) async throws -> [ReportOutcome] {
    var outcomes: [ReportOutcome] = []
    outcomes.reserveCapacity(results.count)
    var rest = results[...]
    while !rest.isEmpty {
      var commands: [RedisCommand] = []
      var handOver = self.function("hand_over")
      var bytes = 0
      var count = 0
      var note = self.function("note")
      var hasNotes = false
      for result in rest {
        let (task, payload) = (result.task, result.payload)
        guard count < Self.maxItemsPerCall,
          count == 0 || bytes + payload.count <= Self.maxBytesPerCall
        else { break }
        var set = RedisCommand("SET", self.keys.payload(task.job, task.video, task.claim.token))
        set.reserve(arguments: 3, bytes: payload.count + 16)
        set.append(payload)
        set.append("PX")
        set.append(Self.payloadLifetime.wholeMilliseconds)
        commands.append(set)
        handOver.append(task.claim, of: task.job, task.video)
        handOver.append(payload.count)
        if let text = result.choice?.queueText {
          note.append(task.job.text)
          note.append(task.video.text)
          note.append(text)
          hasNotes = true
        }
        bytes += payload.count
        count += 1
      }
      rest = rest.dropFirst(count)
      // Refused where Redis is full: then the videos are indexed without a note.
      if hasNotes { commands.append(note) }
      commands.append(handOver)
      let replies = try await self.functions.call(commands)
      let found = try self.outcomes(replies.last ?? .null, count)
      if found.contains(.missing) { throw self.uploadRefused(replies) }
      outcomes += found.map(\.report)
    }
    return outcomes
  }

  public func fail(
    _ failures: [(task: FetchTask, failure: TaskFailure)]
  ) async throws -> [ReportOutcome] {
    try await self.report("fail", .fetch, failures) { command, item in
      command.append(item.task.claim, of: item.task.job, item.task.video)
      command.append("")
      command.append(0)
      command.append(item.failure)
    }
  }

  public func heartbeat(_ tasks: [FetchTask]) async throws -> [ReportOutcome] {
    try await self.report("beat", .fetch, tasks, as: self.consumer) { command, task in
      command.append(task.claim, of: task.job, task.video)
    }
  }

  public func release(_ tasks: [FetchTask]) async throws {
    // Whoever lost a claim has nothing to give back: the outcomes need no reaction.
    _ = try await self.report("release", .fetch, tasks) { command, task in
      command.append(task.claim, of: task.job, task.video)
      command.append("")
      command.append(0)
    }
  }

  /// Reports a batch of items about one stage, cut into calls.
  func report<Item>(
    _ name: String, _ stage: Stage, _ items: [Item], as consumer: String? = nil,
    _ append: (inout RedisCommand, Item) -> Void
  ) async throws -> [ReportOutcome] {
    var outcomes: [ReportOutcome] = []
    outcomes.reserveCapacity(items.count)
    var rest = items[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.maxItemsPerCall)
      rest = rest.dropFirst(part.count)
      var command = self.function(name)
      command.append(stage.rawValue)
      if let consumer { command.append(consumer) }
      for item in part { append(&command, item) }
      outcomes += try self.outcomes(try await self.call(command), part.count).map(\.report)
    }
    return outcomes
  }

  private func uploadRefused(_ replies: [RedisValue]) -> QueueError {
    for case .error(let error) in replies { return QueueError(error) }
    return QueueError(
      .unavailable, "Redis did not keep the uploaded payloads: hand them over again.")
  }
}

extension RedisCommand {
  /// Entry, job, video and token, as all reports begin.
  mutating func append(_ claim: Claim, of job: JobID, _ video: VideoID) {
    self.append(claim.entry)
    self.append(job.text)
    self.append(video.text)
    self.append(claim.token)
  }

  /// What `fail` wants to know about a failure, with fresh randomness for the backoff.
  mutating func append(_ failure: TaskFailure) {
    self.append(failure.consequence.queueText)
    self.append(failure.retryAfter?.wholeMilliseconds ?? 0)
    self.append(String(Double.random(in: 0..<1)))
    self.append(failure.kind)
    self.append(ErrorText.cut(failure.message))
  }
}
