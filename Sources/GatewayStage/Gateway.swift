public import API
internal import APIConversions
public import Pipeline
public import RPC
internal import Transcripts

/// The gateway's service: submit, follow, search. Keeps nothing: jobs are in the queue, answers in the index.
public struct Gateway: GatewayService {
  /// How long an indexer may take to answer, whatever the caller's deadline.
  public static let maxIndexerTime = Duration.seconds(30)
  /// A search that an indexer has not answered by then is put to another one too: the commonest words take 80 ms (`design.md` §8), and what
  /// takes longer is mostly a busy process, not a hard question.
  public static let searchHedgingDelay = Duration.milliseconds(200)
  /// Of ``GatewayListJobsRequest`` and ``GatewayListVideosRequest``.
  public static let maxPageSize = 1000

  private let jobs: any JobStore
  private let indexer: IndexerClient

  public init(jobs: any JobStore, indexer: IndexerClient) {
    self.jobs = jobs
    self.indexer = indexer
  }

  // MARK: Jobs

  public func submitPlaylist(
    _ request: GatewaySubmitPlaylistRequest, context: RPCContext
  ) async throws -> GatewaySubmitPlaylistResponse {
    try await self.translatingErrors {
      let source = try SourceID(parsing: request.url)
      let options = try JobOptions(request)
      let (job, created) = try await self.jobs.submit(source, options: options)
      var response = GatewaySubmitPlaylistResponse()
      response.job = GatewayJob(job)
      response.created = created
      return response
    }
  }

  public func getJob(
    _ request: GatewayGetJobRequest, context: RPCContext
  ) async throws -> GatewayGetJobResponse {
    try await self.translatingErrors {
      let id = try Self.jobID(request.jobId)
      guard let job = try await self.jobs.job(id) else { throw Self.noSuchJob(id) }
      var response = GatewayGetJobResponse()
      response.job = GatewayJob(job)
      return response
    }
  }

  public func listJobs(
    _ request: GatewayListJobsRequest, context: RPCContext
  ) async throws -> GatewayListJobsResponse {
    try await self.translatingErrors {
      let page = try await self.jobs.jobs(
        pageSize: try Self.pageSize(request.pageSize, default: 50),
        pageToken: request.pageToken.isEmpty ? nil : request.pageToken)
      var response = GatewayListJobsResponse()
      response.jobs = page.elements.map { GatewayJob($0) }
      response.nextPageToken = page.nextPageToken ?? ""
      return response
    }
  }

  public func listVideos(
    _ request: GatewayListVideosRequest, context: RPCContext
  ) async throws -> GatewayListVideosResponse {
    try await self.translatingErrors {
      let id = try Self.jobID(request.jobId)
      let page = try await self.jobs.videos(
        of: id, in: try VideoState.filter(request.state),
        pageSize: try Self.pageSize(request.pageSize, default: 100),
        pageToken: request.pageToken.isEmpty ? nil : request.pageToken)
      guard let page else { throw Self.noSuchJob(id) }
      var response = GatewayListVideosResponse()
      response.videos = page.elements.map { GatewayJobVideo($0) }
      response.nextPageToken = page.nextPageToken ?? ""
      return response
    }
  }

  public func watchJob(
    _ request: GatewayWatchJobRequest, responses: RPCResponses<GatewayWatchJobResponse>,
    context: RPCContext
  ) async throws {
    try await self.translatingErrors {
      let id = try Self.jobID(request.jobId)
      var rate = ProgressRate()
      var isKnown = false
      for try await job in self.jobs.changes(of: id) {
        isKnown = true
        rate.add(ended: job.counts.ended, at: .now)
        var response = GatewayWatchJobResponse()
        response.job = GatewayJob(job)
        response.videosPerSecond = rate.videosPerSecond
        // While pages are still read nobody knows how much is left.
        if job.listingComplete {
          let left = job.counts.total - job.counts.ended
          response.remainingSeconds = rate.remainingSeconds(for: left) ?? 0
        }
        try await responses.send(response)
      }
      guard isKnown else { throw Self.noSuchJob(id) }
    }
  }

  public func cancelJob(
    _ request: GatewayCancelJobRequest, context: RPCContext
  ) async throws -> GatewayCancelJobResponse {
    try await self.translatingErrors {
      let id = try Self.jobID(request.jobId)
      guard let job = try await self.jobs.cancel(id) else { throw Self.noSuchJob(id) }
      var response = GatewayCancelJobResponse()
      response.job = GatewayJob(job)
      return response
    }
  }

  // MARK: Index

  public func search(
    _ request: GatewaySearchRequest, context: RPCContext
  ) async throws -> GatewaySearchResponse {
    var question = IndexerSearchRequest()
    question.query = request.query
    var options = RPCOptions(within: context, timeout: Self.maxIndexerTime)
    options.hedgingDelay = Self.searchHedgingDelay
    let answer = try await self.indexer.search(
      question, options: options)
    var response = GatewaySearchResponse()
    response.results = answer.results
    return response
  }

  public func getTranscript(
    _ request: GatewayGetTranscriptRequest, context: RPCContext
  ) async throws -> GatewayGetTranscriptResponse {
    var question = IndexerGetTranscriptRequest()
    question.videoId = request.videoId
    question.languageCode = request.languageCode
    question.index = request.index
    let answer = try await self.indexer.getTranscript(
      question, options: RPCOptions(within: context, timeout: Self.maxIndexerTime))
    var response = GatewayGetTranscriptResponse()
    response.transcript = answer.transcript
    return response
  }

  // MARK: Arguments

  static func jobID(_ text: String) throws -> JobID {
    guard let id = JobID(text) else {
      throw RPCError(
        .invalidArgument,
        text.isEmpty
          ? "No job was named; pass the id that SubmitPlaylist or ListJobs gave."
          : "\"\(text.prefix(80))\" cannot be a job's id; ListJobs gives those there are.")
    }
    return id
  }

  static func noSuchJob(_ id: JobID) -> RPCError {
    RPCError(
      .notFound,
      "There is no job \(id); jobs are kept for two hours after their end, and ListJobs gives those there are."
    )
  }

  static func pageSize(_ size: Int32, default standard: Int) throws -> Int {
    guard (0...Int32(Self.maxPageSize)).contains(size) else {
      throw RPCError(
        .invalidArgument, "page_size is \(size); it must be 0 to \(Self.maxPageSize).")
    }
    return size == 0 ? standard : Int(size)
  }

  private func translatingErrors<Result>(_ body: () async throws -> Result) async throws -> Result {
    try await ServiceErrors.translating(body)
  }
}
