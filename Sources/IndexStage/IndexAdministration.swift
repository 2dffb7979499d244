public import API
internal import APIConversions
internal import Protobuf
public import RPC
public import Search
internal import Transcripts

/// The indexer's service for operators: indexes, aliases, removals, maintenance.
public struct IndexAdministration: IndexAdminService {
  /// Videos in one call.
  public static let maxVideos = 1000

  private let index: any SearchIndex

  public init(index: any SearchIndex) { self.index = index }

  public func createIndex(
    _ request: IndexCreateIndexRequest, context: RPCContext
  ) async throws -> IndexCreateIndexResponse {
    try await IndexErrors.translating {
      let created = try await self.index.createIndex(try Self.name(request.name))
      return .with { $0.created = created }
    }
  }

  public func deleteIndex(
    _ request: IndexDeleteIndexRequest, context: RPCContext
  ) async throws -> IndexDeleteIndexResponse {
    try await IndexErrors.translating {
      let deleted = try await self.index.deleteIndex(try Self.name(request.name))
      return .with { $0.deleted = deleted }
    }
  }

  public func setAlias(
    _ request: IndexSetAliasRequest, context: RPCContext
  ) async throws -> IndexSetAliasResponse {
    try await IndexErrors.translating {
      try await self.index.setAlias(
        try Self.name(request.alias),
        to: request.index.isEmpty ? nil : try Self.name(request.index))
      return IndexSetAliasResponse()
    }
  }

  public func removeVideos(
    _ request: IndexRemoveVideosRequest, context: RPCContext
  ) async throws -> IndexRemoveVideosResponse {
    try await IndexErrors.translating {
      let removed = try await self.index.remove(
        try Self.videos(request.videoIds), from: try IndexName(apiText: request.index))
      return .with { $0.documents = Int64(removed) }
    }
  }

  public func changePlaylists(
    _ request: IndexChangePlaylistsRequest, context: RPCContext
  ) async throws -> IndexChangePlaylistsResponse {
    try await IndexErrors.translating {
      let changed = try await self.index.changePlaylists(
        of: try Self.videos(request.videoIds), adding: request.add, removing: request.remove,
        in: try IndexName(apiText: request.index))
      return .with { $0.documents = Int64(changed) }
    }
  }

  public func verifyIndex(
    _ request: IndexVerifyIndexRequest, context: RPCContext
  ) async throws -> IndexVerifyIndexResponse {
    try await IndexErrors.translating {
      try await self.index.verify(try IndexName(apiText: request.index))
      return IndexVerifyIndexResponse()
    }
  }

  public func optimizeIndex(
    _ request: IndexOptimizeIndexRequest, context: RPCContext
  ) async throws -> IndexOptimizeIndexResponse {
    try await IndexErrors.translating {
      let name = try IndexName(apiText: request.index)
      try await self.index.optimize(name)
      let size = try await self.index.statistics(of: name).sizeBytes
      return .with { $0.sizeBytes = size }
    }
  }

  /// What changes an index names it.
  private static func name(_ text: String) throws -> IndexName {
    guard !text.isEmpty else {
      throw RPCError(.invalidArgument, "No index was named; ListIndexes gives those there are.")
    }
    return try IndexName(apiText: text)
  }

  private static func videos(_ ids: [String]) throws -> [VideoID] {
    guard (1...Self.maxVideos).contains(ids.count) else {
      throw RPCError(
        .invalidArgument, "\(ids.count) videos are named; 1 to \(Self.maxVideos) are allowed.")
    }
    return try ids.map { try IndexReading.video($0) }
  }
}
