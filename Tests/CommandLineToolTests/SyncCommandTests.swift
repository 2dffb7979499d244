internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import RPC
internal import Testing

/// The service for playlists that are kept up to date, as a test wants it.
struct ScriptedSync: SyncService {
  typealias Call<Request, Response> = @Sendable (Request) async throws -> Response

  var syncPlaylist: Call<SyncSyncPlaylistRequest, SyncSyncPlaylistResponse> = { _ in
    throw RPCError(.internalError, "the test expects no SyncPlaylist")
  }
  var listSyncs: Call<SyncListSyncsRequest, SyncListSyncsResponse> = { _ in
    throw RPCError(.internalError, "the test expects no ListSyncs")
  }
  var removeSync: Call<SyncRemoveSyncRequest, SyncRemoveSyncResponse> = { _ in
    throw RPCError(.internalError, "the test expects no RemoveSync")
  }

  func syncPlaylist(
    _ request: SyncSyncPlaylistRequest, context: RPCContext
  ) async throws -> SyncSyncPlaylistResponse { try await self.syncPlaylist(request) }

  func listSyncs(
    _ request: SyncListSyncsRequest, context: RPCContext
  ) async throws -> SyncListSyncsResponse { try await self.listSyncs(request) }

  func removeSync(
    _ request: SyncRemoveSyncRequest, context: RPCContext
  ) async throws -> SyncRemoveSyncResponse { try await self.removeSync(request) }
}

@Suite("verbatim sync")
struct SyncCommandTests {
  @Test("A playlist is kept up to date: the job comes first, for scripts")
  func sync() async {
    var service = ScriptedSync()
    service.syncPlaylist = { request in
      #expect(request.every?.seconds == 21_600)
      #expect(request.languages?.languageCodes == ["en", "de"])
      return .with {
        $0.job = Samples.job("j1")
        $0.created = true
        $0.playlist = .with { $0.every = .with { $0.seconds = 21_600 } }
      }
    }
    let run = await ToolRun.of(
      "sync", "--every", "6h", "--lang", "en,de", "PLa", sync: service)
    #expect(run.output == "j1  started  every 6h  Evening talks\n")
    #expect(run.exitCode == .ok)
  }

  @Test("Every option of the schedule goes with it")
  func options() async {
    var service = ScriptedSync()
    service.syncPlaylist = { request in
      #expect(request.indexName == "talks" && request.priority == .interactive)
      #expect(request.weight == 7 && request.maxInFlight == 9)
      #expect(request.languages?.kinds == .automaticFirst)
      #expect(request.languages?.allTracks == true && request.languages?.translateTo == "de")
      return .with { $0.job = Samples.job("j1") }
    }
    let run = await ToolRun.of(
      "sync", "--index", "talks", "--priority", "interactive", "--weight", "7",
      "--max-in-flight", "9", "--prefer", "automatic", "--all-tracks", "--translate-to", "de",
      "PLa", sync: service)
    #expect(run.exitCode == .ok)
  }

  @Test("Without --every nothing is changed about when it runs")
  func once() async {
    var service = ScriptedSync()
    service.syncPlaylist = { request in
      #expect(request.every == nil && request.languages == nil)
      return .with { $0.job = Samples.job("j1") }
    }
    let run = await ToolRun.of("sync", "PLa", sync: service)
    #expect(run.output == "j1  already running  Evening talks\n")
    let empty = await ToolRun.of("sync")
    #expect(empty.exitCode == .usage && empty.errors.contains("verbatim sync --list"))
  }

  @Test("What is kept up to date is a table, all pages of it")
  func list() async {
    var service = ScriptedSync()
    service.listSyncs = { request in
      .with {
        $0.nextPageToken = request.pageToken.isEmpty ? "1" : ""
        $0.playlists = [
          .with {
            $0.sourceId = request.pageToken.isEmpty ? "PLa" : "PLb"
            $0.runs = 3
            $0.knownVideos = 250
            $0.lastJobId = "j1"
            guard request.pageToken.isEmpty else { return }
            $0.every = .with { $0.seconds = 21_600 }
            $0.nextRunAt = .with { $0.seconds = TestClock.unixSeconds + 5400 }
          }
        ]
      }
    }
    let run = await ToolRun.of("sync", "--list", sync: service)
    #expect(
      run.output == """
        PLAYLIST  EVERY  NEXT RUN  RUNS  KNOWN  LAST JOB
        PLa       6h     in 90m    3     250    j1
        PLb                        3     250    j1

        """)
  }

  @Test("A playlist is forgotten by name; one that is not kept is said not to be")
  func remove() async {
    var service = ScriptedSync()
    service.removeSync = { request in
      guard request.url == "PLa" else { throw RPCError(.notFound, "PLb is not kept up to date") }
      return SyncRemoveSyncResponse()
    }
    let run = await ToolRun.of("sync", "--remove", "PLa", sync: service)
    #expect(run.errors == "PLa is not kept up to date any more.\n")
    let missing = await ToolRun.of("sync", "--remove", "PLb", sync: service)
    #expect(missing.exitCode != .ok && missing.errors.contains("verbatim sync --list"))
  }
}
