public import Transcripts

/// What a fetcher does with the queue. Every call takes a batch and costs one round trip.
public protocol FetchQueue: Sendable {
  /// Claims at most `count` videos, waiting for the first at most `wait`.
  func takeFetches(atMost count: Int, wait: Duration) async throws -> [FetchTask]
  /// Uploads the payloads and moves the videos to the index stage.
  func handOver(_ results: [(task: FetchTask, payload: [UInt8])]) async throws -> [ReportOutcome]
  func fail(_ failures: [(task: FetchTask, failure: TaskFailure)]) async throws -> [ReportOutcome]
  func heartbeat(_ tasks: [FetchTask]) async throws -> [ReportOutcome]
  /// Gives tasks back unharmed: no attempt is spent, and others may take them at once.
  func release(_ tasks: [FetchTask]) async throws
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
