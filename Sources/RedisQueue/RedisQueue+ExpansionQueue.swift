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
    var command = self.function("take_expansions")
    command.append(self.consumer)
    command.append(self.nonce())
    command.append(min(count, Self.maxItemsPerCall))
    command.append(from)
    return try Taken(try await self.call(command), width: 6) { values in
      let first = values.startIndex
      guard let entry = values[first].text, let job = JobID(values[first + 1].text ?? ""),
        let token = values[first + 2].text, let attempt = values[first + 3].integer,
        let source = values[first + 4].text
      else { return nil }
      let cursor = values[first + 5].text ?? ""
      return ExpansionTask(
        job: job, source: SourceID(queueText: source), cursor: cursor.isEmpty ? nil : cursor,
        attempt: attempt, token: "\(entry) \(token)")
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
      let outcome = try FunctionOutcome(try await self.call(command)).report
      guard outcome == .accepted, !items.isEmpty else { return outcome }
    }
  }

  public func heartbeat(_ tasks: [ExpansionTask]) async throws -> [ReportOutcome] {
    try await self.report("beat_expansions", tasks).map(\.report)
  }

  public func fail(_ task: ExpansionTask, with error: FetchError) async throws -> ReportOutcome {
    let (entry, token) = try Self.claim(of: task)
    var command = self.function("fail_expansion")
    command.append(self.consumer)
    command.append(task.job.text)
    command.append(entry)
    command.append(token)
    command.append(error.kind.consequence.queueText)
    command.append(error.retryAfter?.wholeMilliseconds ?? 0)
    command.append(String(Double.random(in: 0..<1)))
    command.append(error.kind.rawValue)
    command.append(ErrorText.cut(error.message))
    return try FunctionOutcome(try await self.call(command)).report
  }

  public func release(_ tasks: [ExpansionTask]) async throws {
    // Whoever lost a claim has nothing to give back: the outcomes need no reaction.
    _ = try await self.report("release_expansions", tasks)
  }

  private func report(_ name: String, _ tasks: [ExpansionTask]) async throws -> [FunctionOutcome] {
    guard !tasks.isEmpty else { return [] }
    var command = self.function(name)
    command.append(self.consumer)
    for task in tasks {
      let (entry, token) = try Self.claim(of: task)
      command.append(task.job.text)
      command.append(entry)
      command.append(token)
    }
    return try self.outcomes(try await self.call(command), tasks.count)
  }

  private static func claim(of task: ExpansionTask) throws -> (entry: String, token: String) {
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
