public import API
internal import APIConversions
public import Pipeline
internal import Protobuf
public import RPC

/// The gateway's service for operators: pause, dead letters, statistics, audit. Keeps nothing.
public struct PipelineOperations: PipelineService {
  private let control: any PipelineControl
  private let letters: any DeadLetterStore
  private let inspection: any PipelineInspection

  public init(
    control: any PipelineControl, letters: any DeadLetterStore, inspection: any PipelineInspection
  ) {
    self.control = control
    self.letters = letters
    self.inspection = inspection
  }

  // MARK: Pause

  public func pauseJob(
    _ request: PipelinePauseJobRequest, context: RPCContext
  ) async throws -> PipelinePauseJobResponse {
    try await ServiceErrors.translating {
      let id = try Gateway.jobID(request.jobId)
      guard let job = try await self.control.pause(id) else { throw Gateway.noSuchJob(id) }
      return .with { $0.job = GatewayJob(job) }
    }
  }

  public func resumeJob(
    _ request: PipelineResumeJobRequest, context: RPCContext
  ) async throws -> PipelineResumeJobResponse {
    try await ServiceErrors.translating {
      let id = try Gateway.jobID(request.jobId)
      guard let job = try await self.control.resume(id) else { throw Gateway.noSuchJob(id) }
      return .with { $0.job = GatewayJob(job) }
    }
  }

  public func pausePipeline(
    _ request: PipelinePausePipelineRequest, context: RPCContext
  ) async throws -> PipelinePausePipelineResponse {
    try await ServiceErrors.translating {
      try await self.control.pauseAll()
      return PipelinePausePipelineResponse()
    }
  }

  public func resumePipeline(
    _ request: PipelineResumePipelineRequest, context: RPCContext
  ) async throws -> PipelineResumePipelineResponse {
    try await ServiceErrors.translating {
      try await self.control.resumeAll()
      return PipelineResumePipelineResponse()
    }
  }

  // MARK: Dead letters

  public func listDeadLetters(
    _ request: PipelineListDeadLettersRequest, context: RPCContext
  ) async throws -> PipelineListDeadLettersResponse {
    try await ServiceErrors.translating {
      let filter = try request.filter.map { try DeadLetterFilter($0) } ?? .all
      let page = try await self.letters.deadLetters(
        filter, pageSize: try Gateway.pageSize(request.pageSize, default: 100),
        pageToken: request.pageToken.isEmpty ? nil : request.pageToken)
      return .with {
        $0.letters = page.elements.map { PipelineDeadLetter($0) }
        $0.nextPageToken = page.nextPageToken ?? ""
      }
    }
  }

  public func requeueDeadLetters(
    _ request: PipelineRequeueDeadLettersRequest, context: RPCContext
  ) async throws -> PipelineRequeueDeadLettersResponse {
    try await ServiceErrors.translating {
      let requeued = try await self.letters.requeue(try Self.filter(request.filter))
      return .with {
        $0.requeued = Int64(requeued.count)
        $0.jobIds = requeued.jobs.map(\.text)
      }
    }
  }

  public func dropDeadLetters(
    _ request: PipelineDropDeadLettersRequest, context: RPCContext
  ) async throws -> PipelineDropDeadLettersResponse {
    try await ServiceErrors.translating {
      let dropped = try await self.letters.drop(try Self.filter(request.filter))
      return .with { $0.dropped = Int64(dropped) }
    }
  }

  /// What changes letters names them: a forgotten field must not mean all.
  private static func filter(_ filter: PipelineDeadLetterFilter?) throws -> DeadLetterFilter {
    guard let filter else {
      throw RPCError(
        .invalidArgument, "filter: say which letters are meant: ids, a reason, a job, or all.")
    }
    return try DeadLetterFilter(filter)
  }

  // MARK: Inspection

  public func getPipelineStats(
    _ request: PipelineGetPipelineStatsRequest, context: RPCContext
  ) async throws -> PipelineGetPipelineStatsResponse {
    try await ServiceErrors.translating {
      var response = PipelineGetPipelineStatsResponse(try await self.inspection.stats())
      response.egressLimits = try await self.inspection.egressLimits().map {
        PipelineEgressLimit($0)
      }
      return response
    }
  }

  public func runAudit(
    _ request: PipelineRunAuditRequest, context: RPCContext
  ) async throws -> PipelineRunAuditResponse {
    try await ServiceErrors.translating {
      let id = request.jobId.isEmpty ? nil : try Gateway.jobID(request.jobId)
      guard let report = try await self.inspection.audit(id) else {
        throw id.map { Gateway.noSuchJob($0) }
          ?? RPCError(.internalError, "an audit of all jobs found no pipeline")
      }
      return .with {
        $0.repairs = report.repairs.mapValues { Int64($0) }
        $0.jobs = Int64(report.jobs)
      }
    }
  }
}
