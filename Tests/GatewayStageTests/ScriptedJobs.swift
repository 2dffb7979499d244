import API
import Pipeline
import RPC
import Transcripts

/// A job store in memory.
actor ScriptedJobs: JobStore {
  private var jobs: [JobID: Job] = [:]
  private(set) var options: [JobOptions] = []
  private var error: QueueError?
  private var script: [Job] = []

  func fail(with error: QueueError) { self.error = error }

  /// What the one job's watchers see.
  func script(_ steps: [(done: Int, JobState)], total: Int) {
    guard let job = self.jobs.values.first else { return }
    self.script = steps.map { done, state in
      var job = job
      job.state = state
      job.listingComplete = true
      job.counts.done = done
      job.counts.queued = total - done
      return job
    }
  }

  func submit(_ source: SourceID, options: JobOptions) async throws -> (job: Job, created: Bool) {
    if let error { throw error }
    self.options.append(options)
    if let job = self.jobs.values.first(where: { $0.source == source }) { return (job, false) }
    let job = Job(id: JobID("job\(self.jobs.count)")!, source: source)
    self.jobs[job.id] = job
    return (job, true)
  }

  func job(_ id: JobID) async throws -> Job? { self.jobs[id] }

  func jobs(pageSize: Int, pageToken: String?) async throws -> Page<Job> {
    Page(elements: Array(self.jobs.values.prefix(pageSize)), nextPageToken: nil)
  }

  func videos(
    of job: JobID, in state: VideoState?, pageSize: Int, pageToken: String?
  ) async throws -> Page<JobVideo>? {
    self.jobs[job].map { _ in Page(elements: [], nextPageToken: nil) }
  }

  func cancel(_ id: JobID) async throws -> Job? {
    self.jobs[id]?.state = .cancelled
    return self.jobs[id]
  }

  nonisolated func changes(of id: JobID) -> AsyncThrowingStream<Job, any Error> {
    AsyncThrowingStream { stream in
      Task {
        if await self.jobs[id] != nil {
          for job in await self.script { stream.yield(job) }
        }
        stream.finish()
      }
    }
  }
}

/// An indexer that finds what it was asked for.
struct ScriptedIndexer: IndexerService {
  func search(
    _ request: IndexerSearchRequest, context: RPCContext
  ) async throws -> IndexerSearchResponse {
    guard let text = request.query?.text, !text.isEmpty else {
      throw RPCError(.invalidArgument, "The query has no word in it.")
    }
    var moment = APIMoment()
    moment.text = text
    var hit = APISearchHit()
    hit.moments = [moment]
    var response = IndexerSearchResponse()
    response.results = APISearchResults()
    response.results?.hits = [hit]
    return response
  }

  func getTranscript(
    _ request: IndexerGetTranscriptRequest, context: RPCContext
  ) async throws -> IndexerGetTranscriptResponse {
    throw RPCError(.notFound, "not indexed")
  }

  func getIndexStats(
    _ request: IndexerGetIndexStatsRequest, context: RPCContext
  ) async throws -> IndexerGetIndexStatsResponse {
    IndexerGetIndexStatsResponse()
  }
}
