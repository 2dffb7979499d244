internal import JSON
public import Search

// Indexes, aliases, and their keeping.

extension ElasticsearchIndex {
  /// For what goes through a whole index.
  static let upkeepTimeout = Duration.seconds(3600)

  public func createIndex(_ name: IndexName) async throws -> Bool {
    if try await self.catalog.fresh().aliases[name] != nil {
      throw SearchError(.conflict, "\(name) is an alias; take it away first.")
    }
    return try await self.catalog.ensure(name).wasMade
  }

  public func deleteIndex(_ name: IndexName) async throws -> Bool {
    let catalog = try await self.catalog.fresh()
    if let index = catalog.aliases[name] {
      throw SearchError(.conflict, "\(name) is an alias of \(index); take it away instead.")
    }
    guard let entry = catalog.entries[name] else { return false }
    let names = self.catalog.names
    let generations = catalog.generations[name] ?? []
    if name == .default {
      let next = (generations.max() ?? 0) + 1
      let concrete = names.concrete(name, next)
      _ = try await self.catalog.make(name, next, aliases: false)
      try await self.point(name, catalog, entry, to: concrete)
    } else {
      let aliases = catalog.aliases.filter { $0.value == name }.map(\.key).sorted()
      guard aliases.isEmpty else {
        throw SearchError(
          .conflict,
          "\(aliases.map(\.text).joined(separator: ", ")) points to \(name); take that away first.")
      }
    }
    try await self.delete(generations.map { names.concrete(name, $0) })
    return true
  }

  func delete(_ concretes: [String]) async throws {
    guard !concretes.isEmpty else { return }
    let answer = try await self.client.send(
      .delete, "/\(concretes.joined(separator: ","))?ignore_unavailable=true",
      timeout: .seconds(30))
    await self.catalog.forget()
    guard answer.status != 404 else { return }
    _ = try answer.success("the deletion of an index")
  }

  /// Takes everything out of the cluster that was put there: all indexes with the prefix, and the template.
  package func removeAll() async throws {
    let catalog = try await self.catalog.fresh()
    let names = self.catalog.names
    try await self.delete(
      catalog.generations.flatMap { index, generations in
        generations.map { names.concrete(index, $0) }
      })
    _ = try await self.client.send(.delete, "/_index_template/\(names.template)")
  }

  /// Makes all names of an index point to another concrete index, in one step.
  func point(
    _ index: IndexName, _ catalog: Catalog, _ entry: Catalog.Entry, to concrete: String
  ) async throws {
    let names = self.catalog.names
    var actions: [CatalogStore.AliasAction] = []
    if entry.read != concrete {
      actions.append(.remove(alias: names.read(index), index: entry.read))
      actions.append(.add(alias: names.read(index), index: concrete, isWrite: false))
      for (alias, target) in catalog.aliases where target == index {
        actions.append(.remove(alias: names.alias(alias), index: entry.read))
        actions.append(.add(alias: names.alias(alias), index: concrete, isWrite: false))
      }
    }
    if entry.write != concrete {
      actions.append(.remove(alias: names.write(index), index: entry.write))
      actions.append(.add(alias: names.write(index), index: concrete, isWrite: true))
    }
    guard !actions.isEmpty else { return }
    try await self.catalog.change(actions)
  }

  public func indexes() async throws -> [IndexStatistics] {
    var statistics: [IndexStatistics] = []
    _ = try await self.catalog.ensure(.default)
    for index in try await self.catalog.fresh().entries.keys.sorted() {
      statistics.append(try await self.statistics(of: index))
    }
    return statistics
  }

  public func statistics(of name: IndexName) async throws -> IndexStatistics {
    let place = try await self.place(of: name)
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", 0)
      writer.member("track_total_hits", true)
      writer.key("aggs")
      writer.object { writer in
        writer.key("videos")
        writer.object { writer in
          writer.key("cardinality")
          writer.object { writer in
            writer.member("field", Field.video)
            // Exact up to so many; beyond, some percent may be missing.
            writer.member("precision_threshold", 40_000)
          }
        }
      }
    }
    let counts = try await self.search(writer.bytes, in: place.readAlias)
    let stats = try await self.client.send(.get, "/\(place.readAlias)/_stats/store")
      .success("the index's size (_stats)")
    return IndexStatistics(
      index: place.index, documents: counts["hits"]?["total"]?["value"]?.int ?? 0,
      videos: counts["aggregations"]?["videos"]?["value"]?.int ?? 0,
      sizeBytes: stats["_all"]?["primaries"]?["store"]?["size_in_bytes"]?.int64 ?? 0,
      backend: try await self.client.detectedProduct().kind.rawValue,
      shards: counts["_shards"]?["total"]?.int ?? 0)
  }

  public func aliases() async throws -> [IndexAlias] {
    try await self.catalog.fresh().aliases
      .map { IndexAlias($0.key, of: $0.value) }.sorted { $0.alias < $1.alias }
  }

  public func setAlias(_ alias: IndexName, to index: IndexName?) async throws {
    let catalog = try await self.catalog.fresh()
    guard catalog.entries[alias] == nil, alias != .default else {
      throw SearchError(
        .conflict, "\(alias) is an index; choose another name for the alias.")
    }
    let name = self.catalog.names.alias(alias)
    var actions: [CatalogStore.AliasAction] = []
    if let old = catalog.aliases[alias], let entry = catalog.entries[old], old != index {
      actions.append(.remove(alias: name, index: entry.read))
    }
    if let index {
      guard let entry = catalog.entries[index] else { throw SearchError.noSuchIndex(index) }
      guard catalog.aliases[alias] != nil || catalog.aliases.count < SearchLimits.maxIndexes else {
        throw SearchError(
          .conflict,
          "There are \(catalog.aliases.count) aliases already, as many as are allowed. Take one away first."
        )
      }
      if catalog.aliases[alias] != index {
        actions.append(.add(alias: name, index: entry.read, isWrite: false))
      }
    }
    guard !actions.isEmpty else { return }
    try await self.catalog.change(actions)
  }

  public func optimize(_ name: IndexName) async throws {
    let place = try await self.place(of: name)
    _ = try await self.client.send(
      .post, "/\(place.readAlias)/_forcemerge?max_num_segments=1", timeout: Self.upkeepTimeout
    ).success("the merging of an index")
  }

  public func refresh(_ name: IndexName) async throws {
    let place = try await self.place(of: name)
    _ = try await self.client.send(
      .post, "/\(place.readAlias)/_refresh", timeout: .seconds(60)
    ).success("a refresh")
  }

  // MARK: Verifying

  /// Documents that are compared at once.
  private static let verifiedAtOnce = 50
  /// Tokens of the phrases that a document has to be found by.
  private static let probeTokens = 6

  /// Each document's text is read and hashed, and the document looked for by its first and its last words.
  public func verify(_ name: IndexName) async throws {
    let place = try await self.place(of: name)
    try await self.refresh(name)
    var cursor: String?
    repeat {
      let page = try await self.documents(
        DocumentsQuery(index: place.index, pageSize: Self.verifiedAtOnce, cursor: cursor))
      try await self.verify(page.documents.map { PreparedDocument($0) }, in: place)
      cursor = page.nextCursor
    } while cursor != nil
  }

  private func verify(_ documents: [PreparedDocument], in place: Place) async throws {
    guard !documents.isEmpty else { return }
    var normalizer = Normalizer()
    var probes: [(id: String, hash: String, tokens: [String])] = []
    for document in documents {
      let text = NormalizedTranscript(document.transcript, normalizer: &normalizer).text
      let tokens = String(decoding: text, as: UTF8.self).split(separator: " ").map(String.init)
      for part in [tokens.prefix(Self.probeTokens), tokens.suffix(Self.probeTokens)]
      where !part.isEmpty {
        probes.append((document.id, document.hash, Array(part)))
      }
    }
    var writer = JSONWriter()
    for probe in probes {
      writer.object { _ in }
      writer.endLine()
      writer.object { writer in
        writer.member("size", 1)
        writer.key("_source")
        writer.array { $0.string(Field.hash) }
        writer.key("query")
        writer.object { writer in
          writer.key("bool")
          writer.object { writer in
            writer.key("filter")
            writer.array { writer in
              writer.object { writer in
                writer.key("term")
                writer.object { $0.member(Field.id, probe.id) }
              }
              QueryEmitter.phrase(QueryPhrase(tokens: probe.tokens), &writer)
            }
          }
        }
      }
      writer.endLine()
    }
    let root = try await self.client.send(
      ClusterCall(
        method: .post, path: "/\(place.readAlias)/_msearch", body: writer.bytes, content: .lines,
        timeout: .seconds(60), deadline: .now + .seconds(120))
    ).success("a comparison (_msearch)")
    for (probe, answer) in zip(probes, root["responses"].items) {
      guard answer["error"] == nil else {
        throw SearchError(.unavailable, "The search cluster could not look for \(probe.id).")
      }
      let hit = answer["hits"]?["hits"]?[0]
      guard let hit else {
        throw SearchError(
          .corrupted,
          "The document \(probe.id) of the index \(place.index) is stored, and not found by its own words. Index it anew: indexer reindex."
        )
      }
      // By an older normalizer its hash is another, and its words were found all the same.
      guard hit["_source"]?[Field.hash]?.string == probe.hash else {
        throw SearchError(
          .corrupted,
          "The document \(probe.id) of the index \(place.index) is not what was written. Index it anew: indexer reindex."
        )
      }
    }
  }
}
