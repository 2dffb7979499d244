import API
import GatewayStage
import Pipeline
import Protobuf
import RPC
import RPCTestKit
import Testing
import Transcripts

/// Keeps playlists in memory.
private actor ScriptedSyncStore: SyncStore {
  private var kept: [SourceID: KeptPlaylist] = [:]

  func sync(
    _ source: SourceID, every: Duration?, options: JobOptions
  ) async throws -> (playlist: KeptPlaylist, job: Job, created: Bool) {
    guard case .playlist = source else {
      throw QueueError(.invalidArgument, "a playlist is wanted")
    }
    let playlist = KeptPlaylist(
      source: source, every: every, options: options, lastJob: JobID("job1"), runs: 1,
      knownVideos: 7, nextRunMilliseconds: 1_767_225_600_000)
    self.kept[source] = playlist
    return (playlist, Job(id: JobID("job1")!, source: source), true)
  }

  func syncs(pageSize: Int, pageToken: String?) async throws -> Page<KeptPlaylist> {
    Page(elements: Array(self.kept.values), nextPageToken: nil)
  }

  func removeSync(_ source: SourceID) async throws -> Bool {
    self.kept.removeValue(forKey: source) != nil
  }
}

@Suite("Sync service")
struct SyncOperationsTests {
  private let client = SyncClient(
    ServiceChannel(service: SyncOperations(store: ScriptedSyncStore())))
  private let url = "https://www.youtube.com/playlist?list=PLBCF2DAC6FFB574DE"

  private func code(_ body: () async throws -> Void) async -> RPCStatusCode? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? RPCError)?.code
    }
  }

  @Test("A playlist is kept by any of its addresses, listed, and forgotten once")
  func lives() async throws {
    let response = try await self.client.syncPlaylist(
      .with {
        $0.url = self.url
        $0.every = .with { $0.seconds = 3600 }
        $0.languages = .with { $0.languageCodes = ["en"] }
      })
    #expect(response.created && response.job?.id == "job1")
    let page = try await self.client.listSyncs(SyncListSyncsRequest())
    let playlist = try #require(page.playlists.first)
    #expect(playlist.sourceId == "PLBCF2DAC6FFB574DE" && playlist.every?.seconds == 3600)
    #expect(playlist.languages?.languageCodes == ["en"])
    #expect(playlist.runs == 1 && playlist.knownVideos == 7 && playlist.lastJobId == "job1")
    #expect(playlist.nextRunAt?.seconds == 1_767_225_600)
    _ = try await self.client.removeSync(.with { $0.url = "PLBCF2DAC6FFB574DE" })
    let again = await self.code {
      _ = try await self.client.removeSync(.with { $0.url = self.url })
    }
    #expect(again == .notFound)
  }

  @Test("What is no playlist is the caller's fault")
  func refusals() async {
    for url in ["", "https://example.com/x", "dQw4w9WgXcQ"] {
      let code = await self.code {
        _ = try await self.client.syncPlaylist(.with { $0.url = url })
      }
      #expect(code == .invalidArgument, "\(url)")
    }
  }
}
