public import Transcripts

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

/// A fetched transcript to be indexed.
public struct IndexTask: Hashable, Sendable {
  public var job: JobID
  public var source: SourceID
  public var video: VideoID
  public var attempt: Int
  /// The compressed transcript, as the fetcher handed it over.
  public var payload: [UInt8]
  public var claim: Claim

  public init(
    job: JobID, source: SourceID, video: VideoID, attempt: Int, payload: [UInt8], claim: Claim
  ) {
    self.job = job
    self.source = source
    self.video = video
    self.attempt = attempt
    self.payload = payload
    self.claim = claim
  }
}

/// Proof that a worker holds an entry: the entry and the token of this delivery.
public struct Claim: Hashable, Sendable {
  public var entry: String
  public var token: String
  /// Where the payload is kept; empty in the fetch stage.
  public var payloadKey: String
  /// Bytes of the payload, as accounted.
  public var payloadBytes: Int

  public init(entry: String, token: String, payloadKey: String = "", payloadBytes: Int = 0) {
    self.entry = entry
    self.token = token
    self.payloadKey = payloadKey
    self.payloadBytes = payloadBytes
  }
}

/// Why a task failed, and what to do about it.
public struct TaskFailure: Hashable, Sendable {
  /// A short word, such as `private`.
  public var kind: String
  public var message: String
  public var consequence: FetchError.Consequence
  /// The least delay before the next try, where the source said so.
  public var retryAfter: Duration?

  public init(
    kind: String, message: String, consequence: FetchError.Consequence, retryAfter: Duration? = nil
  ) {
    self.kind = kind
    self.message = message
    self.consequence = consequence
    self.retryAfter = retryAfter
  }
}

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

/// What an indexer does with the queue. Every call takes a batch and costs one round trip.
public protocol IndexQueue: Sendable {
  /// Claims at most `count` videos and `maxBytes` of payload, waiting for the first at most `wait`.
  func takeIndexes(atMost count: Int, maxBytes: Int, wait: Duration) async throws -> [IndexTask]
  func complete(_ tasks: [IndexTask]) async throws -> [ReportOutcome]
  func fail(_ failures: [(task: IndexTask, failure: TaskFailure)]) async throws -> [ReportOutcome]
  func heartbeat(_ tasks: [IndexTask]) async throws -> [ReportOutcome]
  func release(_ tasks: [IndexTask]) async throws
}
