public import Pipeline
internal import RedisClient
public import Transcripts

extension RedisQueue: SyncStore {
  public func sync(
    _ source: SourceID, every: Duration?, options: JobOptions
  ) async throws -> (playlist: KeptPlaylist, job: Job, created: Bool) {
    if case .video = source {
      throw QueueError(
        .invalidArgument, "A single video has nothing new: give a playlist or a channel.")
    }
    if let every, every != .zero, !KeptPlaylist.intervals.contains(every) {
      throw QueueError(
        .invalidArgument,
        "Every \(every) is not possible: give 15 minutes to 30 days, or zero for runs by request only."
      )
    }
    try Self.check(options)
    let languages = try options.languages.queueText()
    var command = RedisCommand("FCALL")
    command.append("\(FunctionLibrary.name)_sync")
    command.append(2)
    command.append(self.keys.prefix)
    command.append(self.keys.source(source, languages: languages, index: options.index))
    command.append(source.text)
    command.append(every.map { String($0.wholeMilliseconds) } ?? "")
    command.append(languages)
    command.append(options.index)
    command.append(options.priority == .interactive ? "1" : "0")
    command.append(options.weight)
    command.append(options.maxInFlight ?? 0)
    let reply = try await self.call(command).array ?? []
    guard reply.count == 3, let created = reply[0].integer, let playlist = KeptPlaylist(reply[1]),
      let job = Job(reply[2])
    else { throw QueueError(.internalError, "sync answered in a shape that is not ours.") }
    return (playlist, job, created == 1)
  }

  public func syncs(pageSize: Int, pageToken: String?) async throws -> Page<KeptPlaylist> {
    if let pageToken {
      guard (1...9).contains(pageToken.utf8.count),
        pageToken.utf8.allSatisfy({ (48...57).contains($0) })
      else { throw Self.badPageToken }
    }
    var command = self.function("syncs")
    command.append(min(max(1, pageSize), Self.maxPageSize))
    command.append(pageToken ?? "0")
    let reply = try await self.call(command).array ?? []
    let next = reply.first?.text ?? ""
    return Page(
      elements: reply.dropFirst().compactMap { KeptPlaylist($0) },
      nextPageToken: next.isEmpty ? nil : next)
  }

  public func removeSync(_ source: SourceID) async throws -> Bool {
    var command = self.function("remove_sync")
    command.append(source.text)
    return try await self.call(command).integer == 1
  }
}

extension KeptPlaylist {
  /// Reads a function's answer; nil: it is not of our shape.
  init?(_ reply: RedisValue) {
    guard let values = reply.array, values.count == 11,
      let source = SourceID(canonical: values[0].text ?? ""), let every = values[1].integer,
      let runs = values[4].integer, let known = values[5].integer, let next = values[6].integer
    else { return nil }
    let mostInFlight = values[10].integer ?? 0
    let options = JobOptions(
      languages: LanguagePreference(queueText: values[2].text ?? ""),
      priority: values[8].text == "1" ? .interactive : .bulk, weight: values[9].integer ?? 1,
      maxInFlight: mostInFlight > 0 ? mostInFlight : nil, index: values[7].text ?? "")
    self.init(
      source: source, every: every > 0 ? .milliseconds(every) : nil, options: options,
      lastJob: JobID(values[3].text ?? ""), runs: runs, knownVideos: known,
      nextRunMilliseconds: next > 0 ? Int64(next) : nil)
  }
}
