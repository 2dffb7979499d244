internal import JSON
internal import Search

/// Keeps the catalog in the cluster, and a short memory of it.
actor CatalogStore {
  private let client: ClusterClient
  private let configuration: ElasticsearchConfiguration
  nonisolated let names: IndexNames
  private var known: (catalog: Catalog, at: ContinuousClock.Instant)?
  private var isPrepared = false

  init(_ client: ClusterClient, _ configuration: ElasticsearchConfiguration) {
    self.client = client
    self.configuration = configuration
    self.names = IndexNames(prefix: configuration.prefix)
  }

  /// What there is, as of at most ``ElasticsearchConfiguration/catalogLifetime`` ago.
  func catalog() async throws -> Catalog {
    if let known, known.at + self.configuration.catalogLifetime > .now { return known.catalog }
    return try await self.fresh()
  }

  /// What there is now.
  func fresh() async throws -> Catalog {
    try await self.prepare()
    let answer = try await self.client.send(.get, "/\(self.names.pattern)/_alias")
    let catalog =
      answer.status == 404
      ? Catalog() : Catalog(try answer.success("the list of indexes"), self.names)
    self.known = (catalog, .now)
    return catalog
  }

  func forget() { self.known = nil }

  /// Looks who answers, and puts the template there if it is missing or older.
  private func prepare() async throws {
    guard !self.isPrepared else { return }
    _ = try await self.client.detectedProduct()
    let path = "/_index_template/\(self.names.template)"
    let answer = try await self.client.send(.get, path)
    let version =
      answer.status == 404
      ? nil
      : try answer.success("the index template")["index_templates"]?[0]?["index_template"]?[
        "version"]?.int
    if version ?? 0 < IndexTemplate.version {
      let body = IndexTemplate.body(self.configuration, pattern: self.names.pattern)
      _ = try await self.client.send(.put, path, body: body).success("the index template")
    }
    self.isPrepared = true
  }

  /// The index of the name, made if there is none.
  ///
  /// - Returns: Whether it was made now, and what it is.
  func ensure(_ name: IndexName) async throws -> (wasMade: Bool, entry: Catalog.Entry) {
    var catalog = try await self.fresh()
    if let index = catalog.index(name), let entry = catalog.entries[index] { return (false, entry) }
    guard catalog.entries.count < SearchLimits.maxIndexes else {
      throw SearchError(
        .conflict,
        "There are \(catalog.entries.count) indexes already, as many as are allowed. Delete one first."
      )
    }
    // One that was left behind without its aliases is not taken over: nobody knows what is in it.
    let generation = (catalog.generations[name]?.max() ?? 0) + 1
    let wasMade = try await self.make(name, generation, aliases: true)
    catalog = try await self.fresh()
    guard let entry = catalog.entries[name] else {
      throw SearchError(
        .unavailable, "The index \(name) was made in the search cluster, and is not there.")
    }
    return (wasMade, entry)
  }

  /// Makes a concrete index; false when it is there.
  func make(_ index: IndexName, _ generation: Int, aliases: Bool) async throws -> Bool {
    var writer = JSONWriter()
    writer.object { writer in
      guard aliases else { return }
      writer.key("aliases")
      writer.object { writer in
        writer.key(self.names.read(index))
        writer.object { _ in }
        writer.key(self.names.write(index))
        writer.object { $0.member("is_write_index", true) }
      }
    }
    let concrete = self.names.concrete(index, generation)
    let answer = try await self.client.send(
      .put, "/\(concrete)?wait_for_active_shards=1", body: writer.bytes,
      timeout: .seconds(30))
    self.forget()
    // Another indexer was faster.
    if answer.status == 400, answer.errorType == "resource_already_exists_exception" {
      return false
    }
    _ = try answer.success("the making of an index")
    return true
  }

  /// One step that changes aliases, all or nothing.
  enum AliasAction: Sendable {
    case add(alias: String, index: String, isWrite: Bool)
    case remove(alias: String, index: String)
    case removeIndex(String)
  }

  func change(_ actions: [AliasAction]) async throws {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("actions")
      writer.array { writer in
        for action in actions {
          writer.object { writer in
            switch action {
            case .add(let alias, let index, let isWrite):
              writer.key("add")
              writer.object { writer in
                writer.member("index", index)
                writer.member("alias", alias)
                if isWrite { writer.member("is_write_index", true) }
              }
            case .remove(let alias, let index):
              writer.key("remove")
              writer.object { writer in
                writer.member("index", index)
                writer.member("alias", alias)
              }
            case .removeIndex(let index):
              writer.key("remove_index")
              writer.object { $0.member("index", index) }
            }
          }
        }
      }
    }
    let answer = try await self.client.send(
      .post, "/_aliases", body: writer.bytes, timeout: .seconds(30))
    self.forget()
    _ = try answer.success("the change of aliases")
  }
}
