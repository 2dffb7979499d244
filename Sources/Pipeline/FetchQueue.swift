public import Transcripts

/// What a fetcher does with the queue. Every call takes a batch and costs one round trip.
public protocol FetchQueue: Sendable {
  /// Claims at most `count` videos, waiting for the first at most `wait`.
  func takeFetches(atMost count: Int, wait: Duration) async throws -> [FetchTask]
  /// Uploads the payloads, moves the videos to the index stage and notes on their records which tracks were taken.
  func handOver(_ results: [FetchedVideo]) async throws -> [ReportOutcome]
  func fail(_ failures: [(task: FetchTask, failure: TaskFailure)]) async throws -> [ReportOutcome]
  func heartbeat(_ tasks: [FetchTask]) async throws -> [ReportOutcome]
  /// Gives tasks back unharmed: no attempt is spent, and others may take them at once.
  func release(_ tasks: [FetchTask]) async throws
}

/// A video that was fetched.
public struct FetchedVideo: Hashable, Sendable {
  public var task: FetchTask
  /// Compressed transcripts.
  public var payload: [UInt8]
  /// Nil: nothing is noted.
  public var choice: TrackChoice?

  public init(task: FetchTask, payload: [UInt8], choice: TrackChoice? = nil) {
    self.task = task
    self.payload = payload
    self.choice = choice
  }
}

extension FetchQueue {
  /// Hands over without a note.
  public func handOver(
    _ results: [(task: FetchTask, payload: [UInt8])]
  ) async throws -> [ReportOutcome] {
    try await self.handOver(results.map { FetchedVideo(task: $0.task, payload: $0.payload) })
  }
}

/// A video to be fetched.
public struct FetchTask: Hashable, Sendable {
  public var job: JobID
  public var video: VideoID
  public var languages: LanguagePreference
  /// Failed attempts so far, plus one.
  public var attempt: Int
  /// Proof of this claim; opaque.
  public var claim: Claim

  public init(
    job: JobID, video: VideoID, languages: LanguagePreference, attempt: Int, claim: Claim
  ) {
    self.job = job
    self.video = video
    self.languages = languages
    self.attempt = attempt
    self.claim = claim
  }
}
