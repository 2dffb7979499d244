public import API
public import Pipeline
internal import Protobuf
internal import Transcripts

extension GatewayJobState {
  public init(_ state: JobState) {
    switch state {
    case .running: self = .running
    case .done: self = .done
    case .cancelled: self = .cancelled
    case .failed: self = .failed
    }
  }
}

extension GatewayVideoState {
  public init(_ state: VideoState) {
    switch state {
    case .queued: self = .queued
    case .fetching: self = .fetching
    case .indexing: self = .indexing
    case .done: self = .done
    case .failed: self = .failed
    case .skipped: self = .skipped
    case .cancelled: self = .cancelled
    }
  }
}

extension VideoState {
  /// Nil: all states.
  ///
  /// - Throws: ``ConversionError`` for a state that this version does not know.
  public static func filter(_ state: GatewayVideoState) throws(ConversionError) -> VideoState? {
    switch state {
    case .unspecified: nil
    case .queued: .queued
    case .fetching: .fetching
    case .indexing: .indexing
    case .done: .done
    case .failed: .failed
    case .skipped: .skipped
    case .cancelled: .cancelled
    case .unrecognized(let value): throw ConversionError("state", "there is no state \(value)")
    }
  }
}

extension GatewayJobCounts {
  public init(_ counts: JobCounts) {
    self.init()
    self.total = Int64(counts.total)
    self.queued = Int64(counts.queued)
    self.fetching = Int64(counts.fetching)
    self.indexing = Int64(counts.indexing)
    self.done = Int64(counts.done)
    self.failed = Int64(counts.failed)
    self.skipped = Int64(counts.skipped)
    self.cancelled = Int64(counts.cancelled)
  }
}

extension GatewayJob {
  public init(_ job: Job) {
    self.init()
    self.id = job.id.text
    self.url = job.source.url
    self.sourceId = job.source.text
    self.title = job.title
    self.state = GatewayJobState(job.state)
    self.counts = GatewayJobCounts(job.counts)
    self.listingComplete = job.listingComplete
    self.statedTotal = Int64(job.statedTotal ?? 0)
    self.error = job.error
    self.createdAt = ProtoTimestamp(milliseconds: job.createdMilliseconds)
    self.endedAt = job.endedMilliseconds.map { ProtoTimestamp(milliseconds: $0) }
    self.paused = job.isPaused
    self.priority = GatewayJobPriority(job.priority)
    self.weight = Int32(clamping: job.weight)
    self.maxInFlight = Int32(clamping: job.maxInFlight ?? 0)
    self.indexName = job.index
  }
}

extension GatewayJobVideo {
  public init(_ video: JobVideo) {
    self.init()
    self.videoId = video.id.text
    self.state = GatewayVideoState(video.state)
    self.attempts = Int32(clamping: video.attempts)
    self.errorKind = video.errorKind
    self.errorMessage = video.errorMessage
    self.selectionReason = video.choice?.reason ?? ""
    self.tracks = (video.choice?.tracks ?? []).map {
      APICaptionTrack(
        CaptionTrack(
          languageCode: $0.languageCode, name: "", kind: $0.kind,
          translatedFrom: $0.translatedFrom))
    }
  }
}
