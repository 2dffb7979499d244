public import Pipeline
internal import RedisClient
public import Transcripts

extension RedisQueue: ExpansionQueue {
  /// Videos in one call of `append`; a larger page is cut, and its cursor saved with the last part.
  static let maxVideosPerAppend = 1000

  public func takeExpansions(atMost count: Int, wait: Duration) async throws -> [ExpansionTask] {
    guard count > 0 else { return [] }
    return try await self.expansions.take(wait: wait) { from in
      try await self.expansionTasks(atMost: count, from: from)
    } tidy: {
      try await self.tidy()
    }
  }

  /// One call of the take function; `from` as its table says.
  func expansionTasks(atMost count: Int, from: String) async throws -> Taken<ExpansionTask> {
    let nonce = self.nonce()
    var command = self.function("take_expansions")
    command.append(self.consumer)
    command.append(nonce)
    command.append(min(count, Self.maxItemsPerCall))
    command.append(from)
    let token = self.token(nonce)
    // The cursor is the last value: it may hold anything.
    return try Taken(try await self.call(command), fields: 5) { values in
      guard let job = JobID(String(values[1])), let attempt = Int(values[2]),
        let source = SourceID(canonical: values[3])
      else { return nil }
      return ExpansionTask(
        job: job, source: source, cursor: values[4].isEmpty ? nil : String(values[4]),
        attempt: attempt, token: "\(values[0]) \(token)")
    }
  }

  public func append(_ page: PlaylistPage, to task: ExpansionTask) async throws -> ReportOutcome {
    let (entry, token) = try Self.claim(of: task)
    var items = page.items[...]
    while true {
      let part = items.prefix(Self.maxVideosPerAppend)
      items = items.dropFirst(part.count)
      var command = self.function("append")
      command.append(self.consumer)
      command.append(task.job.text)
      command.append(entry)
      command.append(token)
      command.append(items.isEmpty && page.cursor == nil ? "1" : "0")
      command.append(items.isEmpty ? page.cursor ?? "" : "")
      command.append(ErrorText.cut(page.title ?? ""))
      command.append(page.statedTotal.map { String($0) } ?? "")
      command.reserve(arguments: part.count * 3, bytes: part.count * 12)
      for item in part {
        command.append(item.video.id.text)
        let reason = item.unavailableReason
        command.append(reason.map(Self.kind(ofUnavailable:)) ?? "")
        command.append(reason.map { "the playlist lists it as \(ErrorText.cut($0))" } ?? "")
      }
      let outcome = try self.outcomes(try await self.call(command), 1)[0].report
      guard outcome == .accepted, !items.isEmpty else { return outcome }
    }
  }

  public func heartbeat(_ tasks: [ExpansionTask]) async throws -> [ReportOutcome] {
    try await self.report("beat_expansions", tasks, as: self.consumer).map(\.report)
  }

  public func fail(_ task: ExpansionTask, with error: FetchError) async throws -> ReportOutcome {
    let (entry, token) = try Self.claim(of: task)
    var command = self.function("fail_expansion")
    command.append(task.job.text)
    command.append(entry)
    command.append(token)
    command.append(error.kind.consequence.queueText)
    command.append(error.retryAfter?.wholeMilliseconds ?? 0)
    command.append(String(Double.random(in: 0..<1)))
    command.append(error.kind.rawValue)
    command.append(ErrorText.cut(error.message))
    return try self.outcomes(try await self.call(command), 1)[0].report
  }

  public func release(_ tasks: [ExpansionTask]) async throws {
    // Whoever lost a claim has nothing to give back: the outcomes need no reaction.
    _ = try await self.report("release_expansions", tasks)
  }

  private func report(
    _ name: String, _ tasks: [ExpansionTask], as consumer: String? = nil
  ) async throws -> [FunctionOutcome] {
    guard !tasks.isEmpty else { return [] }
    var command = self.function(name)
    if let consumer { command.append(consumer) }
    for task in tasks {
      let (entry, token) = try Self.claim(of: task)
      command.append(entry)
      command.append(task.job.text)
      command.append(token)
    }
    return try self.outcomes(try await self.call(command), tasks.count)
  }

  static func claim(of task: ExpansionTask) throws -> (entry: String, token: String) {
    let parts = task.token.split(separator: " ")
    guard parts.count == 2 else {
      throw QueueError(.invalidArgument, "The expansion's token is not one of this queue.")
    }
    return (String(parts[0]), String(parts[1]))
  }

  /// The error kind of an item that the list itself says cannot be played.
  private static func kind(ofUnavailable reason: String) -> String {
    let kind: FetchError.Kind =
      switch reason {
      case "private": .isPrivate
      case "deleted": .notFound
      default: .unplayable
      }
    return kind.rawValue
  }
}
