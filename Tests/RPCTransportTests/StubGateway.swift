internal import API
internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport

/// A gateway without anything behind it: answers from what the test says, and remembers what it was asked.
final class StubGateway: GatewayService {
  let state = State()
  /// What a watcher is told, one after another.
  let updates = AsyncStream.makeStream(of: GatewayWatchJobResponse.self)
  /// Tells that somebody has begun to watch.
  let watched = Signal<String>()

  @NetworkActor
  final class State {
    var job = GatewayJob()
    var metadata: [RPCMetadata] = []

    nonisolated init() {}

    func note(_ context: RPCContext) { self.metadata.append(context.metadata) }
    func submit(_ url: String) -> GatewayJob {
      self.job.id = "job-1"
      self.job.url = url
      self.job.state = .running
      return self.job
    }
  }

  func submitPlaylist(
    _ request: GatewaySubmitPlaylistRequest, context: RPCContext
  ) async throws -> GatewaySubmitPlaylistResponse {
    await self.state.note(context)
    guard request.url.contains("list=") else {
      throw RPCError(.invalidArgument, "\"\(request.url)\" names no playlist")
    }
    let job = await self.state.submit(request.url)
    return .with {
      $0.job = job
      $0.created = true
    }
  }

  func getJob(_ request: GatewayGetJobRequest, context: RPCContext) async throws
    -> GatewayGetJobResponse
  {
    let job = await self.state.job
    guard request.jobId == job.id else { throw RPCError(.notFound, "no job \(request.jobId)") }
    return .with { $0.job = job }
  }

  func watchJob(
    _ request: GatewayWatchJobRequest, responses: RPCResponses<GatewayWatchJobResponse>,
    context: RPCContext
  ) async throws {
    let job = await self.state.job
    try await responses.send(.with { $0.job = job })
    await self.watched.send(request.jobId)
    for await update in self.updates.stream {
      try await responses.send(update)
      if update.job?.state == .done { return }
    }
  }

  func search(_ request: GatewaySearchRequest, context: RPCContext) async throws
    -> GatewaySearchResponse
  {
    let query = request.query ?? APISearchQuery()
    let hit = APISearchHit.with {
      $0.video = .with {
        $0.id = "dQw4w9WgXcQ"
        $0.title = "About \(query.text)"
      }
      $0.score = 1.5
      $0.moments = [
        .with {
          $0.startMs = 61_000
          $0.text = query.text
          $0.url = "https://youtu.be/dQw4w9WgXcQ?t=61"
        }
      ]
    }
    return .with {
      $0.results = .with {
        $0.hits = [hit]
        $0.total = Int64(query.pageSize)
      }
    }
  }

  func listJobs(_ request: GatewayListJobsRequest, context: RPCContext) async throws
    -> GatewayListJobsResponse
  {
    throw Self.unused
  }

  func listVideos(_ request: GatewayListVideosRequest, context: RPCContext) async throws
    -> GatewayListVideosResponse
  {
    throw Self.unused
  }

  func cancelJob(_ request: GatewayCancelJobRequest, context: RPCContext) async throws
    -> GatewayCancelJobResponse
  {
    throw Self.unused
  }

  func getTranscript(_ request: GatewayGetTranscriptRequest, context: RPCContext) async throws
    -> GatewayGetTranscriptResponse
  {
    throw Self.unused
  }

  private static let unused = RPCError(.unimplemented, "no test asks this stub")
}

/// Runs `body` with a gateway over mutual TLS, and stops it in every case.
@NetworkActor
func withStubGateway(
  _ gateway: StubGateway, and others: [any RPCService] = [], port: UInt16 = 0,
  _ body: @NetworkActor (UInt16) async throws -> Void
) async throws {
  let server = try RPCServer(
    address: "127.0.0.1", port: port, tls: try Transport.mutualTLS.serverTLS(),
    services: [gateway] + others)
  let running = Task { await server.run() }
  let result: Result<Void, any Error>
  do {
    result = .success(try await body(server.port))
  } catch {
    result = .failure(error)
  }
  running.cancel()
  await running.value
  try result.get()
}
