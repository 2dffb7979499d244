internal import JSON
public import Search
internal import Telemetry
internal import Transcripts

extension ElasticsearchIndex {
  /// Documents that are copied at once.
  private static let copiedAtOnce = 100

  /// Indexes everything anew, with the current mapping, analysis and normalizer, while searches and writes go on.
  ///
  /// 1. A new concrete index is made, and written to from now on.
  /// 2. All documents of the old one are copied, each under its own version: what was written or removed meanwhile stays.
  /// 3. In one step all names point to the new one; the old one is deleted.
  ///
  /// Until step 3 searches see the old index: what is written meanwhile is found afterwards. A copy that was broken off
  /// is gone on with by calling it again.
  ///
  /// - Parameter progress: Called with the number of documents copied so far.
  /// - Returns: How many documents were copied.
  @discardableResult
  public func reindex(
    _ name: IndexName, progress: @Sendable (Int) -> Void = { _ in }
  ) async throws -> Int {
    let (index, _) = try await self.resolve(name)
    var catalog = try await self.catalog.fresh()
    guard var entry = catalog.entries[index] else { throw SearchError.noSuchIndex(name) }
    let names = self.catalog.names
    if !entry.isReindexing {
      let next = (catalog.generations[index]?.max() ?? 0) + 1
      let concrete = names.concrete(index, next)
      _ = try await self.catalog.make(index, next, aliases: false)
      try await self.catalog.change([
        .remove(alias: names.write(index), index: entry.write),
        .add(alias: names.write(index), index: concrete, isWrite: true),
      ])
      entry.write = concrete
    }
    // Until every indexer knows, some look for what is there in the new index alone.
    try await ContinuousClock().sleep(for: self.configuration.catalogLifetime * 2)
    _ = try await self.client.send(.post, "/\(entry.read)/_refresh", timeout: .seconds(60))
      .success("a refresh")
    let copied = try await self.copy(index, entry, progress)
    _ = try await self.client.send(.post, "/\(entry.write)/_refresh", timeout: .seconds(60))
      .success("a refresh")
    catalog = try await self.catalog.fresh()
    guard catalog.entries[index] == entry else {
      throw SearchError(
        .conflict, "Somebody else has changed the index \(index) while it was indexed anew.")
    }
    try await self.point(index, catalog, entry, to: entry.write)
    let old = (catalog.generations[index] ?? []).map { names.concrete(index, $0) }
      .filter { $0 != entry.write }
    try await self.delete(old)
    return copied
  }

  private func copy(
    _ index: IndexName, _ entry: Catalog.Entry, _ progress: @Sendable (Int) -> Void
  ) async throws -> Int {
    var copied = 0
    var after: [String] = []
    while true {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("size", Self.copiedAtOnce)
        writer.member("version", true)
        writer.member("track_total_hits", false)
        Self.sort(by: [Field.id], after: after, &writer)
      }
      let root = try await self.search(writer.bytes, in: entry.read)
      let hits = (root["hits"]?["hits"]).items
      after = (hits.last?["sort"]).items.compactMap(\.string)
      let items = try await Self.copies(hits, to: self.catalog.names.write(index))
      let results = try await self.bulk.write(
        items, deadline: .now + self.configuration.writeTimeout)
      for (item, result) in zip(items, results) {
        switch result {
        // A conflict: a newer one is there, or it was removed.
        case .written, .conflict, .missing: copied += 1
        case .noIndex: throw SearchError.noSuchIndex(index)
        case .rejected(let reason):
          throw SearchError(
            .unavailable,
            "The document \(item.id) cannot be indexed anew: \(reason) The old index is still searched."
          )
        }
      }
      progress(copied)
      guard hits.count == Self.copiedAtOnce else { return copied }
    }
  }

  @concurrent
  private static func copies(
    _ hits: [JSONValue], to alias: String
  ) async throws(SearchError) -> [BulkItem] {
    var encoder = DocumentEncoder()
    let now = Timestamp.nowMilliseconds()
    var items: [BulkItem] = []
    for hit in hits {
      let stored = try await Self.document(hit)
      let document = PreparedDocument(
        IndexDocument(transcript: stored.whole, playlistIDs: stored.playlists))
      items.append(
        BulkItem(
          action: .index(version: hit["_version"]?.int64 ?? 1), index: alias, id: document.id,
          body: encoder.encode(document, now: now)))
    }
    return items
  }
}
