public import Transcripts

// What a back end may leave out.

extension SearchIndex {
  public func remove(_ videos: [VideoID], from index: IndexName) async throws -> Int {
    throw SearchError.unsupported("remove videos")
  }

  public func changePlaylists(
    of videos: [VideoID], adding: [String], removing: [String], in index: IndexName
  ) async throws -> Int {
    throw SearchError.unsupported("change playlists")
  }

  public func places(_ query: PlacesQuery) async throws -> PlacesPage? {
    throw SearchError.unsupported("find every place in a video")
  }

  public func suggestions(_ query: SuggestionsQuery) async throws -> [Suggestion] {
    throw SearchError.unsupported("complete words")
  }

  public func documents(_ query: DocumentsQuery) async throws -> DocumentsPage {
    throw SearchError.unsupported("list documents")
  }

  public func createIndex(_ name: IndexName) async throws -> Bool {
    throw SearchError.unsupported("make indexes")
  }

  public func deleteIndex(_ name: IndexName) async throws -> Bool {
    throw SearchError.unsupported("delete indexes")
  }

  public func indexes() async throws -> [IndexStatistics] {
    [try await self.statistics(of: .default)]
  }

  public func aliases() async throws -> [IndexAlias] { [] }

  public func setAlias(_ alias: IndexName, to index: IndexName?) async throws {
    throw SearchError.unsupported("keep aliases")
  }

  public func verify(_ index: IndexName) async throws {
    throw SearchError.unsupported("verify itself")
  }

  public func optimize(_ index: IndexName) async throws {
    throw SearchError.unsupported("optimize itself")
  }

  public func refresh(_ index: IndexName) async throws {}

  public func run() async throws {}

  public func close() async {}
}

extension SearchError {
  fileprivate static func unsupported(_ what: String) -> SearchError {
    SearchError(.unsupported, "This index cannot \(what).")
  }
}
