public import Pipeline
internal import RedisClient
internal import Transcripts

extension RedisQueue: DeadLetterStore {
  public func deadLetters(
    _ filter: DeadLetterFilter, pageSize: Int, pageToken: String?
  ) async throws -> Page<DeadLetter> {
    if let pageToken, !Self.isEntryID(pageToken) { throw Self.badPageToken }
    let page = try await self.letters(
      atMost: min(max(1, pageSize), Self.maxPageSize), before: pageToken)
    return Page(
      elements: page.elements.filter { filter.matches($0) }, nextPageToken: page.nextPageToken)
  }

  public func requeue(_ filter: DeadLetterFilter) async throws -> RequeuedLetters {
    var result = RequeuedLetters()
    try await self.forEachPart(of: filter) { ids in
      var command = self.function("requeue")
      command.append(Self.newJobID())
      for id in ids { command.append(id) }
      let reply = try await self.call(command).array ?? []
      guard let count = reply.first?.integer else {
        throw QueueError(.internalError, "requeue answered in a shape that is not ours.")
      }
      result.count += count
      let jobs = reply.dropFirst().compactMap { JobID($0.text ?? "") }
      result.jobs += jobs.filter { !result.jobs.contains($0) }
    }
    return result
  }

  public func drop(_ filter: DeadLetterFilter) async throws -> Int {
    var count = 0
    try await self.forEachPart(of: filter) { ids in
      var command = RedisCommand("XDEL", self.keys.dead)
      for id in ids { command.append(id) }
      count += try await self.call(command).integer ?? 0
    }
    return count
  }

  /// Calls `body` with the ids that are meant, so many at once as one call may take. Letters that come meanwhile are not
  /// among them: it goes from the newest to the oldest.
  private func forEachPart(
    of filter: DeadLetterFilter, _ body: ([String]) async throws -> Void
  ) async throws {
    if case .ids(let ids) = filter {
      guard ids.allSatisfy(Self.isEntryID) else {
        throw QueueError(
          .invalidArgument, "A dead letter's id is not one of ours: list them first.")
      }
      var rest = ids[...]
      while !rest.isEmpty {
        try await body(Array(rest.prefix(Self.maxItemsPerCall)))
        rest = rest.dropFirst(Self.maxItemsPerCall)
      }
      return
    }
    var before: String?
    repeat {
      let page = try await self.letters(atMost: Self.maxItemsPerCall, before: before)
      let ids = page.elements.filter { filter.matches($0) }.map(\.id)
      if !ids.isEmpty { try await body(ids) }
      before = page.nextPageToken
    } while before != nil
  }

  private func letters(atMost count: Int, before: String?) async throws -> Page<DeadLetter> {
    var command = self.function("dead")
    command.append(count)
    command.append(before ?? "")
    let reply = try await self.call(command).array ?? []
    let next = reply.first?.text ?? ""
    return Page(
      elements: reply.dropFirst().compactMap { DeadLetter($0) },
      nextPageToken: next.isEmpty ? nil : next)
  }

  private static func isEntryID(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy {
        (1...20).contains($0.count) && $0.allSatisfy { (48...57).contains($0) }
      }
  }
}

extension DeadLetterFilter {
  func matches(_ letter: DeadLetter) -> Bool {
    switch self {
    case .all: true
    case .reason(let reason): letter.reason == reason
    case .job(let job): letter.job == job
    case .ids(let ids): ids.contains(letter.id)
    }
  }
}

extension DeadLetter {
  /// Reads a letter: its id, then field and value in turn.
  init?(_ reply: RedisValue) {
    guard let values = reply.array, let id = values.first?.text else { return nil }
    var fields: [String: String] = [:]
    for index in stride(from: 1, to: values.count - 1, by: 2) {
      fields[values[index].text ?? ""] = values[index + 1].text
    }
    guard let job = JobID(fields["job"] ?? ""), let video = VideoID(fields["video"] ?? ""),
      let source = SourceID(canonical: fields["source"] ?? "")
    else { return nil }
    self.init(
      id: id, job: job, source: source, video: video, stage: fields["stage"] ?? "",
      reason: fields["reason"] ?? "", message: fields["message"] ?? "",
      attempts: Int(fields["attempts"] ?? "") ?? 0,
      deliveries: Int(fields["deliveries"] ?? "") ?? 0,
      atMilliseconds: Int64(fields["at"] ?? "") ?? 0)
  }
}
