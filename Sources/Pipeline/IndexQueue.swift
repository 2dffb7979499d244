public import Transcripts

/// What an indexer does with the queue. Every call takes a batch and costs one round trip.
public protocol IndexQueue: Sendable {
  /// Claims at most `count` videos and `maxBytes` of payload, waiting for the first at most `wait`.
  func takeIndexes(atMost count: Int, maxBytes: Int, wait: Duration) async throws -> [IndexTask]
  func complete(_ tasks: [IndexTask]) async throws -> [ReportOutcome]
  func fail(_ failures: [(task: IndexTask, failure: TaskFailure)]) async throws -> [ReportOutcome]
  func heartbeat(_ tasks: [IndexTask]) async throws -> [ReportOutcome]
  func release(_ tasks: [IndexTask]) async throws
}

/// A fetched transcript to be indexed, or an indexed video to be recorded as one of another list.
public struct IndexTask: Hashable, Sendable {
  public var job: JobID
  public var source: SourceID
  public var video: VideoID
  public var attempt: Int
  /// The index that it goes to; empty: the default one.
  public var index: String
  /// Another job has brought the video into the index: it is not written again, but what its ``source`` says of it is to be
  /// recorded there. There is no payload.
  public var isIndexed: Bool
  /// The compressed transcript, as the fetcher handed it over.
  public var payload: [UInt8]
  public var claim: Claim

  public init(
    job: JobID, source: SourceID, video: VideoID, attempt: Int, index: String = "",
    isIndexed: Bool = false, payload: [UInt8], claim: Claim
  ) {
    self.job = job
    self.source = source
    self.video = video
    self.attempt = attempt
    self.index = index
    self.isIndexed = isIndexed
    self.payload = payload
    self.claim = claim
  }
}
