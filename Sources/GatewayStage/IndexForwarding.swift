public import API
public import RPC

/// The gateway's door to the indexes: each call goes on to an indexer, with the caller's deadline.
public struct IndexForwarding: IndexService {
  /// How long an export may take, whatever the caller's deadline.
  public static let maxExportTime = Duration.seconds(3600)

  private let indexer: IndexClient

  public init(indexer: IndexClient) { self.indexer = indexer }

  public func listPlaces(
    _ request: IndexListPlacesRequest, context: RPCContext
  ) async throws -> IndexListPlacesResponse {
    try await self.indexer.listPlaces(request, options: Self.options(context))
  }

  public func suggestWords(
    _ request: IndexSuggestWordsRequest, context: RPCContext
  ) async throws -> IndexSuggestWordsResponse {
    try await self.indexer.suggestWords(request, options: Self.options(context))
  }

  public func getContext(
    _ request: IndexGetContextRequest, context: RPCContext
  ) async throws -> IndexGetContextResponse {
    try await self.indexer.getContext(request, options: Self.options(context))
  }

  public func exportHits(
    _ request: IndexExportHitsRequest, responses: RPCResponses<IndexExportHitsResponse>,
    context: RPCContext
  ) async throws {
    let options = RPCOptions(within: context, timeout: Self.maxExportTime)
    for try await response in self.indexer.exportHits(request, options: options) {
      try await responses.send(response)
    }
  }

  public func exportTranscripts(
    _ request: IndexExportTranscriptsRequest,
    responses: RPCResponses<IndexExportTranscriptsResponse>, context: RPCContext
  ) async throws {
    let options = RPCOptions(within: context, timeout: Self.maxExportTime)
    for try await response in self.indexer.exportTranscripts(request, options: options) {
      try await responses.send(response)
    }
  }

  public func listIndexes(
    _ request: IndexListIndexesRequest, context: RPCContext
  ) async throws -> IndexListIndexesResponse {
    try await self.indexer.listIndexes(request, options: Self.options(context))
  }

  private static func options(_ context: RPCContext) -> RPCOptions {
    RPCOptions(within: context, timeout: Gateway.maxIndexerTime)
  }
}

/// The gateway's door for operators of indexes.
public struct IndexAdminForwarding: IndexAdminService {
  /// How long verifying or optimizing may take, whatever the caller's deadline.
  public static let maxMaintenanceTime = Duration.seconds(3600)

  private let indexer: IndexAdminClient

  public init(indexer: IndexAdminClient) { self.indexer = indexer }

  public func createIndex(
    _ request: IndexCreateIndexRequest, context: RPCContext
  ) async throws -> IndexCreateIndexResponse {
    try await self.indexer.createIndex(request, options: Self.options(context))
  }

  public func deleteIndex(
    _ request: IndexDeleteIndexRequest, context: RPCContext
  ) async throws -> IndexDeleteIndexResponse {
    try await self.indexer.deleteIndex(request, options: Self.options(context))
  }

  public func setAlias(
    _ request: IndexSetAliasRequest, context: RPCContext
  ) async throws -> IndexSetAliasResponse {
    try await self.indexer.setAlias(request, options: Self.options(context))
  }

  public func removeVideos(
    _ request: IndexRemoveVideosRequest, context: RPCContext
  ) async throws -> IndexRemoveVideosResponse {
    try await self.indexer.removeVideos(request, options: Self.options(context))
  }

  public func changePlaylists(
    _ request: IndexChangePlaylistsRequest, context: RPCContext
  ) async throws -> IndexChangePlaylistsResponse {
    try await self.indexer.changePlaylists(request, options: Self.options(context))
  }

  public func verifyIndex(
    _ request: IndexVerifyIndexRequest, context: RPCContext
  ) async throws -> IndexVerifyIndexResponse {
    try await self.indexer.verifyIndex(
      request, options: RPCOptions(within: context, timeout: Self.maxMaintenanceTime))
  }

  public func optimizeIndex(
    _ request: IndexOptimizeIndexRequest, context: RPCContext
  ) async throws -> IndexOptimizeIndexResponse {
    try await self.indexer.optimizeIndex(
      request, options: RPCOptions(within: context, timeout: Self.maxMaintenanceTime))
  }

  private static func options(_ context: RPCContext) -> RPCOptions {
    RPCOptions(within: context, timeout: Gateway.maxIndexerTime)
  }
}
