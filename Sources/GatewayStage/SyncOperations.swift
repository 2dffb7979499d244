public import API
internal import APIConversions
public import Pipeline
internal import Protobuf
public import RPC
internal import Transcripts

/// The gateway's service for playlists that are kept up to date. Keeps nothing.
public struct SyncOperations: SyncService {
  private let store: any SyncStore

  public init(store: any SyncStore) { self.store = store }

  public func syncPlaylist(
    _ request: SyncSyncPlaylistRequest, context: RPCContext
  ) async throws -> SyncSyncPlaylistResponse {
    try await ServiceErrors.translating {
      let source = try SourceID(parsing: request.url)
      let every = request.every.map {
        Duration.seconds($0.seconds) + .nanoseconds(Int64($0.nanos))
      }
      let (playlist, job, created) = try await self.store.sync(
        source, every: every, options: try JobOptions(request))
      return .with {
        $0.playlist = SyncKeptPlaylist(playlist)
        $0.job = GatewayJob(job)
        $0.created = created
      }
    }
  }

  public func listSyncs(
    _ request: SyncListSyncsRequest, context: RPCContext
  ) async throws -> SyncListSyncsResponse {
    try await ServiceErrors.translating {
      let page = try await self.store.syncs(
        pageSize: try Gateway.pageSize(request.pageSize, default: 100),
        pageToken: request.pageToken.isEmpty ? nil : request.pageToken)
      return .with {
        $0.playlists = page.elements.map { SyncKeptPlaylist($0) }
        $0.nextPageToken = page.nextPageToken ?? ""
      }
    }
  }

  public func removeSync(
    _ request: SyncRemoveSyncRequest, context: RPCContext
  ) async throws -> SyncRemoveSyncResponse {
    try await ServiceErrors.translating {
      let source = try SourceID(parsing: request.url)
      guard try await self.store.removeSync(source) else {
        throw RPCError(
          .notFound, "\(source.text) is not kept up to date; `verbatim sync --list` shows what is.")
      }
      return SyncRemoveSyncResponse()
    }
  }
}
