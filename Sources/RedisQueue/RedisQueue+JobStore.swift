public import Pipeline
internal import RedisClient
public import Transcripts

extension RedisQueue: JobStore {
  /// Elements on a page; larger requests are cut to it.
  static let maxPageSize = 1000
  /// `HSCAN` calls for one page: with a rare state a page may be short, or empty, while more follow.
  static let maxScansPerPage = 16

  public func submit(
    _ source: SourceID, options: JobOptions
  ) async throws -> (job: Job, created: Bool) {
    try Self.check(options)
    let languages = try options.languages.queueText()
    var command = RedisCommand("FCALL")
    command.append("\(FunctionLibrary.name)_submit")
    command.append(2)
    command.append(self.keys.prefix)
    command.append(
      self.keys.source(source, languages: languages, index: options.index))
    command.append(Self.newJobID())
    command.append(source.text)
    command.append(languages)
    command.append(options.force ? "1" : "0")
    command.append(options.priority == .interactive ? "1" : "0")
    // One video needs no listing: it goes straight to the fetch stage.
    if case .video(let video) = source { command.append(video.text) } else { command.append("") }
    command.append(options.weight)
    command.append(options.maxInFlight ?? 0)
    command.append(options.maxAge.map { ($0.wholeMilliseconds + 999) / 1000 } ?? 0)
    command.append(options.index)
    let reply = try await self.call(command).array ?? []
    guard reply.count == 2, let created = reply[0].integer, let job = Job(reply[1]) else {
      throw QueueError(.internalError, "submit answered in a shape that is not ours.")
    }
    return (job, created == 1)
  }

  static func check(_ options: JobOptions) throws(QueueError) {
    guard JobOptions.weights.contains(options.weight) else {
      throw QueueError(
        .invalidArgument,
        "The weight is \(options.weight); give \(JobOptions.weights.lowerBound) to \(JobOptions.weights.upperBound)."
      )
    }
    if let most = options.maxInFlight, !JobOptions.inFlightLimits.contains(most) {
      throw QueueError(
        .invalidArgument,
        "At most \(most) videos in flight cannot be asked for; give \(JobOptions.inFlightLimits.lowerBound) to \(JobOptions.inFlightLimits.upperBound)."
      )
    }
    guard options.index.utf8.count <= JobOptions.maxIndexNameBytes,
      options.index.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
    else {
      throw QueueError(
        .invalidArgument,
        "\"\(options.index.prefix(80))\" cannot be the name of an index: give letters, digits, '-' and '_'."
      )
    }
    if let age = options.maxAge, age <= .zero || age > JobOptions.longestMaxAge {
      throw QueueError(
        .invalidArgument,
        "The greatest age is \(age); give more than nothing and at most \(JobOptions.longestMaxAge), or force to fetch everything again."
      )
    }
  }

  public func job(_ id: JobID) async throws -> Job? { try await self.functions.job(id) }

  public func jobs(pageSize: Int, pageToken: String?) async throws -> Page<Job> {
    if let pageToken, pageToken.isEmpty || !pageToken.utf8.allSatisfy({ (48...57).contains($0) }) {
      throw Self.badPageToken
    }
    var command = self.function("jobs")
    command.append(min(max(1, pageSize), Self.maxPageSize))
    command.append(pageToken ?? "")
    let reply = try await self.call(command).array ?? []
    let next = reply.first?.text ?? ""
    return Page(
      elements: reply.dropFirst().compactMap { Job($0) }, nextPageToken: next.isEmpty ? nil : next)
  }

  public func videos(
    of job: JobID, in state: VideoState?, pageSize: Int, pageToken: String?
  ) async throws -> Page<JobVideo>? {
    let pageSize = min(max(1, pageSize), Self.maxPageSize)
    // `HSCAN` may return more than asked (a small hash comes whole): the token is its cursor, and how many of its
    // answer have been given already.
    var (cursor, skip) = (UInt64(0), 0)
    if let pageToken {
      let parts = pageToken.split(separator: ".")
      guard parts.count == 2, let first = UInt64(parts[0]), let second = Int(parts[1]), second >= 0
      else { throw Self.badPageToken }
      (cursor, skip) = (first, second)
    }
    guard let record = try await self.job(job) else { return nil }
    var videos: [JobVideo] = []
    for _ in 0..<Self.maxScansPerPage {
      let (next, fields) = try await self.scan(job, from: cursor, count: pageSize)
      let found = fields.compactMap { JobVideo(field: $0, record: $1, job: record.state) }
        .filter { state == nil || $0.state == state }.dropFirst(skip)
      let room = pageSize - videos.count
      videos += found.prefix(room)
      if found.count > room {
        return try await self.page(videos, of: job, next: "\(cursor).\(skip + room)")
      }
      (cursor, skip) = (next, 0)
      if next == 0 { return try await self.page(videos, of: job, next: nil) }
      if videos.count == pageSize { break }
    }
    return try await self.page(videos, of: job, next: "\(cursor).0")
  }

  public func cancel(_ id: JobID) async throws -> Job? {
    var command = self.function("cancel")
    command.append(id.text)
    return Job(try await self.call(command))
  }

  public func changes(of id: JobID) -> AsyncThrowingStream<Job, any Error> {
    let watch = JobWatch(id, self.changes)
    return AsyncThrowingStream { try await watch.next() }
  }

  static let badPageToken = QueueError(
    .invalidArgument, "The page token is not one of ours: use next_page_token of the page before.")

  /// 80 bits of chance.
  static func newJobID() -> String {
    let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
    return String((0..<16).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
  }

  /// Some records of a job, and where to go on; zero: that was all.
  private func scan(
    _ job: JobID, from cursor: UInt64, count: Int
  ) async throws -> (next: UInt64, fields: [(String, String)]) {
    let reply = try await self.call(
      RedisCommand("HSCAN", self.keys.videos(job), String(cursor), "COUNT", String(count)))
    guard let parts = reply.array, parts.count == 2,
      let next = parts[0].text.flatMap({ UInt64($0) }),
      let flat = parts[1].array
    else { throw QueueError(.internalError, "HSCAN answered in a shape that is not Redis'.") }
    let fields = stride(from: 0, to: flat.count - 1, by: 2).map {
      (flat[$0].text ?? "", flat[$0 + 1].text ?? "")
    }
    return (next, fields)
  }

  /// Adds the last error to videos that have one, and what was chosen to those that were fetched.
  private func page(
    _ videos: [JobVideo], of job: JobID, next: String?
  ) async throws -> Page<JobVideo> {
    var videos = videos
    let places = videos.indices.filter { videos[$0].state != .done && videos[$0].state != .skipped }
    if !places.isEmpty {
      var command = RedisCommand("HMGET", self.keys.errors(job))
      for place in places { command.append(videos[place].id.text) }
      let errors = try await self.call(command).array ?? []
      for (place, error) in zip(places, errors) {
        guard let text = error.text else { continue }
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        videos[place].errorKind = String(parts[0])
        videos[place].errorMessage = parts.count == 2 ? String(parts[1]) : ""
      }
    }
    let fetched = videos.indices.filter {
      videos[$0].state == .done || videos[$0].state == .indexing || videos[$0].state == .failed
    }
    if !fetched.isEmpty {
      var command = RedisCommand("HMGET", self.keys.notes(job))
      for place in fetched { command.append(videos[place].id.text) }
      let notes = try await self.call(command).array ?? []
      for (place, note) in zip(fetched, notes) {
        videos[place].choice = note.text.map { TrackChoice(queueText: $0) }
      }
    }
    return Page(elements: videos, nextPageToken: next)
  }
}

extension Job {
  /// Reads a function's snapshot; nil: no such job.
  init?(_ reply: RedisValue) {
    guard let values = reply.array, values.count >= 22, let id = JobID(values[0].text ?? ""),
      let source = SourceID(canonical: values[1].text ?? "")
    else { return nil }
    func text(_ index: Int) -> String { values[index].text ?? "" }
    func number(_ index: Int) -> Int { values[index].integer ?? 0 }
    var counts = JobCounts()
    counts.queued = number(4)
    counts.fetching = number(5)
    counts.indexing = number(6)
    counts.done = number(7)
    counts.failed = number(8)
    counts.skipped = number(9)
    counts.cancelled = number(10)
    let state: JobState =
      switch text(3) {
      case "R": .running
      case "X": .cancelled
      case "F": .failed
      default: .done
      }
    self.init(
      id: id, source: source, title: text(2), state: state, counts: counts,
      listingComplete: text(11) == "1", statedTotal: values[12].integer, error: text(13),
      createdMilliseconds: Int64(number(14)),
      endedMilliseconds: values[15].integer.map { Int64($0) }, version: Int64(number(16)),
      isPaused: state == .running && text(17) == "1",
      priority: text(18) == "1" ? .interactive : .bulk,
      weight: number(19), maxInFlight: number(20) > 0 ? number(20) : nil,
      index: text(21))
  }
}

extension JobVideo {
  /// Reads a record, `state|token|attempts|deliveries|entry|fetch token`. A cancelled job's unfinished videos are
  /// cancelled, although their records were left alone.
  init?(field: String, record: String, job: JobState) {
    let parts = record.split(separator: "|", omittingEmptySubsequences: false)
    guard let id = VideoID(field), parts.count == 6, let attempts = Int(parts[2]) else {
      return nil
    }
    let state: VideoState
    switch parts[0] {
    case "q", "w": state = job == .running ? .queued : .cancelled
    case "f": state = job == .running ? .fetching : .cancelled
    case "i": state = job == .running ? .indexing : .cancelled
    case "d": state = .done
    case "x": state = .failed
    case "s": state = .skipped
    default: return nil
    }
    self.init(id: id, state: state, attempts: attempts)
  }
}
