internal import API
internal import RPC

/// A gateway that says what a test wants it to.
struct ScriptedGateway: GatewayService {
  typealias Watch =
    @Sendable (String, RPCResponses<GatewayWatchJobResponse>) async throws -> Void

  var submit:
    @Sendable (GatewaySubmitPlaylistRequest) async throws -> GatewaySubmitPlaylistResponse =
      { _ in throw Self.unexpected("SubmitPlaylist") }
  var job: @Sendable (GatewayGetJobRequest) async throws -> GatewayGetJobResponse =
    { _ in throw Self.unexpected("GetJob") }
  var jobs: @Sendable (GatewayListJobsRequest) async throws -> GatewayListJobsResponse =
    { _ in throw Self.unexpected("ListJobs") }
  var videos: @Sendable (GatewayListVideosRequest) async throws -> GatewayListVideosResponse =
    { _ in throw Self.unexpected("ListVideos") }
  var watch: Watch = { _, _ in throw Self.unexpected("WatchJob") }
  var cancel: @Sendable (GatewayCancelJobRequest) async throws -> GatewayCancelJobResponse =
    { _ in throw Self.unexpected("CancelJob") }
  var find: @Sendable (GatewaySearchRequest) async throws -> GatewaySearchResponse =
    { _ in throw Self.unexpected("Search") }
  var transcript:
    @Sendable (GatewayGetTranscriptRequest) async throws -> GatewayGetTranscriptResponse =
      { _ in throw Self.unexpected("GetTranscript") }

  private static func unexpected(_ method: String) -> RPCError {
    RPCError(.internalError, "the test expects no \(method)")
  }

  func submitPlaylist(
    _ request: GatewaySubmitPlaylistRequest, context: RPCContext
  ) async throws -> GatewaySubmitPlaylistResponse { try await self.submit(request) }

  func getJob(
    _ request: GatewayGetJobRequest, context: RPCContext
  ) async throws -> GatewayGetJobResponse { try await self.job(request) }

  func listJobs(
    _ request: GatewayListJobsRequest, context: RPCContext
  ) async throws -> GatewayListJobsResponse { try await self.jobs(request) }

  func listVideos(
    _ request: GatewayListVideosRequest, context: RPCContext
  ) async throws -> GatewayListVideosResponse { try await self.videos(request) }

  func watchJob(
    _ request: GatewayWatchJobRequest, responses: RPCResponses<GatewayWatchJobResponse>,
    context: RPCContext
  ) async throws { try await self.watch(request.jobId, responses) }

  func cancelJob(
    _ request: GatewayCancelJobRequest, context: RPCContext
  ) async throws -> GatewayCancelJobResponse { try await self.cancel(request) }

  func search(
    _ request: GatewaySearchRequest, context: RPCContext
  ) async throws -> GatewaySearchResponse { try await self.find(request) }

  func getTranscript(
    _ request: GatewayGetTranscriptRequest, context: RPCContext
  ) async throws -> GatewayGetTranscriptResponse { try await self.transcript(request) }
}
