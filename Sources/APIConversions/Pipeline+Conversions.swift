public import API
public import Pipeline
internal import Protobuf
internal import Search
internal import Transcripts

extension JobPriority {
  /// - Throws: ``ConversionError`` for a priority that this version does not know.
  public init(_ priority: GatewayJobPriority) throws(ConversionError) {
    switch priority {
    case .unspecified, .bulk: self = .bulk
    case .interactive: self = .interactive
    case .unrecognized(let value):
      throw ConversionError("priority", "there is no priority \(value)")
    }
  }
}

extension GatewayJobPriority {
  public init(_ priority: JobPriority) {
    switch priority {
    case .bulk: self = .bulk
    case .interactive: self = .interactive
    }
  }
}

extension JobOptions {
  /// Numbers are checked by the queue, which knows their bounds.
  public init(_ request: GatewaySubmitPlaylistRequest) throws {
    guard request.indexName.isEmpty || IndexName(request.indexName) != nil else {
      throw ConversionError(
        "index_name",
        "\"\(request.indexName.prefix(80))\" is no name: lower case letters, digits, '-' and '_', a letter or digit first, at most \(IndexName.maxCharacters)"
      )
    }
    self.init(
      languages: try LanguagePreference(request.languages), force: request.force,
      priority: try JobPriority(request.priority),
      weight: request.weight == 0 ? 1 : Int(request.weight),
      maxInFlight: request.maxInFlight == 0 ? nil : Int(request.maxInFlight),
      maxAge: request.maxAge.map { .seconds($0.seconds) + .nanoseconds(Int64($0.nanos)) },
      index: request.indexName)
  }
}

extension DeadLetterFilter {
  /// - Throws: ``ConversionError`` when nothing is named, or what cannot be.
  public init(_ filter: PipelineDeadLetterFilter) throws(ConversionError) {
    switch filter.which {
    case .all(true): self = .all
    case .all(false), nil:
      throw ConversionError("filter", "say which letters are meant: ids, a reason, a job, or all")
    case .reason(let reason):
      guard !reason.isEmpty else { throw ConversionError("filter.reason", "it is empty") }
      self = .reason(reason)
    case .jobId(let text):
      guard let job = JobID(text) else {
        throw ConversionError("filter.job_id", "\"\(text.prefix(80))\" cannot be a job's id")
      }
      self = .job(job)
    case .ids(let list): self = .ids(list.ids)
    }
  }
}

extension PipelineDeadLetter {
  public init(_ letter: DeadLetter) {
    self.init()
    self.id = letter.id
    self.jobId = letter.job.text
    self.sourceId = letter.source.text
    self.videoId = letter.video.text
    self.stage = WorkStage(rawValue: letter.stage).map { PipelineStage($0) } ?? .unspecified
    self.reason = letter.reason
    self.message = letter.message
    self.attempts = Int32(clamping: letter.attempts)
    self.deliveries = Int32(clamping: letter.deliveries)
    self.givenUpAt = ProtoTimestamp(milliseconds: letter.atMilliseconds)
  }
}

extension PipelineStage {
  public init(_ stage: WorkStage) {
    switch stage {
    case .expand: self = .expand
    case .fetch: self = .fetch
    case .index: self = .index
    }
  }
}

extension PipelineGetPipelineStatsResponse {
  /// All but the egress limits.
  public init(_ stats: PipelineStats) {
    self.init()
    self.paused = stats.isPaused
    self.jobsRunning = Int64(stats.runningJobs)
    self.jobsWaiting = Int64(stats.waitingJobs)
    self.backlog = Int64(stats.backlog)
    self.stages = WorkStage.allCases.map { stage in
      let one = stats.stages[stage] ?? StageStats()
      return .with {
        $0.stage = PipelineStage(stage)
        $0.waiting = Int64(one.waiting)
        $0.inWork = Int64(one.inWork)
        $0.oldest = ProtoDuration(one.oldest)
        $0.reclaimed = Int64(one.reclaimed)
      }
    }
    self.delayed = Int64(stats.delayed)
    self.deadLetters = Int64(stats.deadLetters)
    self.heldVideos = Int64(stats.heldVideos)
    self.heldBytes = Int64(stats.heldBytes)
    self.staleResults = Int64(stats.staleResults)
    self.repairs = Int64(stats.repairs)
  }
}

extension PipelineEgressLimit {
  public init(_ limit: EgressLimit) {
    self.init()
    self.identity = limit.identity
    self.rate = limit.rate
    self.lastHour = Int64(limit.lastHour)
    switch limit.state {
    case .closed: self.state = .closed
    case .halfOpen: self.state = .halfOpen
    case .open:
      self.state = .open
      self.openFor = ProtoDuration(limit.openFor)
    }
  }
}

extension ProtoDuration {
  fileprivate init(_ duration: Duration) {
    self.init()
    let (seconds, attoseconds) = duration.components
    self.seconds = seconds
    self.nanos = Int32(attoseconds / 1_000_000_000)
  }
}
