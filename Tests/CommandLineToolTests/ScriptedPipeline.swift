internal import API
internal import RPC

/// The operators' service as a test wants it.
struct ScriptedPipeline: PipelineService {
  typealias Call<Request, Response> = @Sendable (Request) async throws -> Response

  var pauseJob: Call<PipelinePauseJobRequest, PipelinePauseJobResponse> = { _ in
    throw RPCError(.internalError, "the test expects no PauseJob")
  }
  var resumeJob: Call<PipelineResumeJobRequest, PipelineResumeJobResponse> = { _ in
    throw RPCError(.internalError, "the test expects no ResumeJob")
  }
  var pausePipeline: Call<PipelinePausePipelineRequest, PipelinePausePipelineResponse> = { _ in
    throw RPCError(.internalError, "the test expects no PausePipeline")
  }
  var resumePipeline: Call<PipelineResumePipelineRequest, PipelineResumePipelineResponse> = { _ in
    throw RPCError(.internalError, "the test expects no ResumePipeline")
  }
  var listDeadLetters: Call<PipelineListDeadLettersRequest, PipelineListDeadLettersResponse> = {
    _ in
    throw RPCError(.internalError, "the test expects no ListDeadLetters")
  }
  var requeueDeadLetters:
    Call<PipelineRequeueDeadLettersRequest, PipelineRequeueDeadLettersResponse> = { _ in
      throw RPCError(.internalError, "the test expects no RequeueDeadLetters")
    }
  var dropDeadLetters: Call<PipelineDropDeadLettersRequest, PipelineDropDeadLettersResponse> = {
    _ in
    throw RPCError(.internalError, "the test expects no DropDeadLetters")
  }
  var getPipelineStats: Call<PipelineGetPipelineStatsRequest, PipelineGetPipelineStatsResponse> = {
    _ in
    throw RPCError(.internalError, "the test expects no GetPipelineStats")
  }
  var runAudit: Call<PipelineRunAuditRequest, PipelineRunAuditResponse> = { _ in
    throw RPCError(.internalError, "the test expects no RunAudit")
  }

  func pauseJob(
    _ request: PipelinePauseJobRequest, context: RPCContext
  ) async throws -> PipelinePauseJobResponse { try await self.pauseJob(request) }

  func resumeJob(
    _ request: PipelineResumeJobRequest, context: RPCContext
  ) async throws -> PipelineResumeJobResponse { try await self.resumeJob(request) }

  func pausePipeline(
    _ request: PipelinePausePipelineRequest, context: RPCContext
  ) async throws -> PipelinePausePipelineResponse { try await self.pausePipeline(request) }

  func resumePipeline(
    _ request: PipelineResumePipelineRequest, context: RPCContext
  ) async throws -> PipelineResumePipelineResponse { try await self.resumePipeline(request) }

  func listDeadLetters(
    _ request: PipelineListDeadLettersRequest, context: RPCContext
  ) async throws -> PipelineListDeadLettersResponse { try await self.listDeadLetters(request) }

  func requeueDeadLetters(
    _ request: PipelineRequeueDeadLettersRequest, context: RPCContext
  ) async throws -> PipelineRequeueDeadLettersResponse {
    try await self.requeueDeadLetters(request)
  }

  func dropDeadLetters(
    _ request: PipelineDropDeadLettersRequest, context: RPCContext
  ) async throws -> PipelineDropDeadLettersResponse { try await self.dropDeadLetters(request) }

  func getPipelineStats(
    _ request: PipelineGetPipelineStatsRequest, context: RPCContext
  ) async throws -> PipelineGetPipelineStatsResponse { try await self.getPipelineStats(request) }

  func runAudit(
    _ request: PipelineRunAuditRequest, context: RPCContext
  ) async throws -> PipelineRunAuditResponse { try await self.runAudit(request) }
}
