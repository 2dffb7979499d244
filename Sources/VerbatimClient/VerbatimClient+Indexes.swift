public import API
internal import Protobuf
internal import RPC

// What is asked of indexes beside searching, and how operators manage them.

extension VerbatimClient {
  /// All hits of a search, in its order, at the pace of who reads them: for exports. Dropping the sequence ends it.
  ///
  ///     for try await found in verbatim.exportHits("\"dependency injection\"") {
  ///       print(found.hit.video.title)
  ///     }
  ///
  /// - Parameter change: Sets filters and order; the page means nothing here.
  /// - Returns: A sequence that throws `RPCError`; `UNAVAILABLE` in the middle means to begin anew.
  public func exportHits(
    _ text: String, _ change: (inout APISearchQuery) -> Void = { _ in }
  ) -> RPCRequests<IndexExportHitsResponse> {
    self.indexes.exportHits(.with { $0.query = Self.query(text, change) })
  }

  /// Whole transcripts: those of all hits of a search, or, with an empty text, all that pass the filters.
  ///
  /// - Returns: A sequence that throws `RPCError`; `UNAVAILABLE` in the middle means to begin anew.
  public func exportTranscripts(
    _ text: String = "", _ change: (inout APISearchQuery) -> Void = { _ in }
  ) -> RPCRequests<IndexExportTranscriptsResponse> {
    self.indexes.exportTranscripts(.with { $0.query = Self.query(text, change) })
  }

  /// Every place in one video, in order of time.
  ///
  /// - Parameter change: Sets language, index, page; see the request's fields.
  /// - Throws: `RPCError`: `NOT_FOUND` if the video is not indexed.
  public func places(
    of text: String, in videoID: String,
    _ change: (inout IndexListPlacesRequest) -> Void = { _ in }
  ) async throws -> IndexListPlacesResponse {
    var request = IndexListPlacesRequest()
    request.videoId = videoID
    request.text = text
    change(&request)
    return try await self.indexes.listPlaces(request)
  }

  /// What is said around an instant of a video.
  ///
  /// - Parameters:
  ///   - milliseconds: From the start of the video.
  ///   - change: Sets language, index, how much before and after (30 seconds each); see the request's fields.
  /// - Throws: `RPCError`: `NOT_FOUND` if the video is not indexed.
  public func context(
    of videoID: String, atMilliseconds milliseconds: Int64,
    _ change: (inout IndexGetContextRequest) -> Void = { _ in }
  ) async throws -> IndexGetContextResponse {
    var request = IndexGetContextRequest()
    request.videoId = videoID
    request.atMs = milliseconds
    change(&request)
    return try await self.indexes.getContext(request)
  }

  /// How what is being typed may go on, best first.
  ///
  /// - Parameters:
  ///   - text: As far as it is typed; its last word, of two letters or more, is completed.
  ///   - limit: At most so many, 1 to 50.
  ///   - index: Name or alias. Empty: `default`.
  public func suggestions(
    for text: String, limit: Int = 10, index: String = ""
  ) async throws -> [String] {
    let request = IndexSuggestWordsRequest.with {
      $0.index = index
      $0.text = text
      $0.limit = Int32(clamping: limit)
    }
    return try await self.indexes.suggestWords(request).suggestions.map(\.text)
  }

  /// All indexes, and the other names that they have.
  public func listIndexes() async throws -> IndexListIndexesResponse {
    try await self.indexes.listIndexes(IndexListIndexesRequest())
  }

  // MARK: For operators

  /// Makes an empty index.
  ///
  /// - Returns: False: it was there already.
  /// - Throws: `RPCError`: `FAILED_PRECONDITION` if an alias has the name.
  @discardableResult
  public func createIndex(_ name: String) async throws -> Bool {
    try await self.indexAdmin.createIndex(.with { $0.name = name }).created
  }

  /// Deletes an index with all that is in it; `default` is emptied.
  ///
  /// - Returns: False: there was none.
  /// - Throws: `RPCError`: `FAILED_PRECONDITION` if an alias points to it.
  @discardableResult
  public func deleteIndex(_ name: String) async throws -> Bool {
    try await self.indexAdmin.deleteIndex(.with { $0.name = name }).deleted
  }

  /// Makes `alias` a name of `index` in one step, whatever it was a name of before; nil: takes it away.
  ///
  /// - Throws: `RPCError`: `FAILED_PRECONDITION` if an index has that name, `NOT_FOUND` if there is no such index.
  public func setAlias(_ alias: String, to index: String?) async throws {
    _ = try await self.indexAdmin.setAlias(
      .with {
        $0.alias = alias
        $0.index = index ?? ""
      })
  }

  /// Removes videos with all their tracks, at most 1,000 at once.
  ///
  /// - Returns: How many documents there were.
  @discardableResult
  public func removeVideos(_ videoIDs: [String], from index: String = "") async throws -> Int64 {
    let request = IndexRemoveVideosRequest.with {
      $0.index = index
      $0.videoIds = videoIDs
    }
    return try await self.indexAdmin.removeVideos(request).documents
  }

  /// Puts indexed videos into playlists and takes them out of others, at most 1,000 at once.
  ///
  /// - Returns: How many documents changed.
  @discardableResult
  public func changePlaylists(
    of videoIDs: [String], adding: [String] = [], removing: [String] = [], in index: String = ""
  ) async throws -> Int64 {
    let request = IndexChangePlaylistsRequest.with {
      $0.index = index
      $0.videoIds = videoIDs
      $0.add = adding
      $0.remove = removing
    }
    return try await self.indexAdmin.changePlaylists(request).documents
  }

  /// Compares all that is stored with what is found: minutes for a large index.
  ///
  /// - Throws: `RPCError`: `DATA_LOSS` if it is damaged, and where.
  public func verifyIndex(_ index: String = "") async throws {
    _ = try await self.indexAdmin.verifyIndex(.with { $0.index = index })
  }

  /// Makes an index as small and fast as it can be: minutes for a large one.
  ///
  /// - Returns: Bytes on disk afterwards.
  @discardableResult
  public func optimizeIndex(_ index: String = "") async throws -> Int64 {
    try await self.indexAdmin.optimizeIndex(.with { $0.index = index }).sizeBytes
  }

  static func query(_ text: String, _ change: (inout APISearchQuery) -> Void) -> APISearchQuery {
    var query = APISearchQuery()
    query.text = text
    change(&query)
    return query
  }
}
