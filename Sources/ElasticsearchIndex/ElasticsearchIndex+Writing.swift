internal import Compression
internal import JSON
public import Search
internal import Telemetry
public import Transcripts

extension ElasticsearchIndex {
  /// Somebody else was faster so many times in a row: something is wrong.
  private static let maxRounds = 10
  /// Documents whose state is asked for in one request, and removed or changed in one go.
  static let maxLookups = 500

  public func write(
    _ documents: [IndexDocument], to name: IndexName
  ) async throws -> [IndexOutcome] {
    await self.state.writeBegan()
    let written: Written
    do {
      written = try await self.write(await WriteBatch.prepare(documents), to: name)
    } catch {
      await self.state.writeFailed()
      throw error
    }
    let hasWritten = written.outcomes.values.contains(.indexed)
    try await self.refresh(
      await self.state.writeEnded(
        hasWritten ? written.alias : nil, refreshingEvery: self.configuration.refreshInterval))
    return documents.indices.map { written.outcomes[$0] ?? .unchanged }
  }

  /// What became of a batch.
  private struct Written {
    var outcomes: [Int: IndexOutcome]
    /// Where it was written.
    var alias: String
  }

  private func write(_ batch: WriteBatch, to name: IndexName) async throws -> Written {
    var outcomes = batch.outcomes
    let deadline = ContinuousClock.now + self.configuration.writeTimeout
    var (_, entry) = try await self.catalogEntry(forWriting: name)
    var pending = batch.pending
    var rounds = 0
    while !pending.isEmpty {
      rounds += 1
      guard rounds <= Self.maxRounds else {
        throw SearchError(
          .unavailable,
          "The search cluster refused \(pending.count) documents \(Self.maxRounds) times in a row: others change them, or the index comes and goes."
        )
      }
      let stored = try await self.states(of: pending.map { batch.documents[$0].id }, in: entry)
      let plan = try await self.plan(batch, pending, stored, entry)
      for index in plan.unchanged { outcomes[index] = .unchanged }
      let results = try await self.bulk.write(plan.items, deadline: deadline)
      pending = []
      var isIndexMissing = false
      for (index, result) in zip(plan.indices, results) {
        switch result {
        case .written, .missing: outcomes[index] = .indexed
        case .rejected(let reason): outcomes[index] = .rejected(reason)
        case .conflict: pending.append(index)
        case .noIndex:
          isIndexMissing = true
          pending.append(index)
        }
      }
      if isIndexMissing {
        // A fault of the set-up and not of the document: somebody has removed the index or its alias.
        await self.catalog.forget()
        (_, entry) = try await self.catalogEntry(forWriting: name)
        if rounds > 2 {
          throw SearchError(
            .unavailable,
            "The alias \(self.catalog.names.write(entry.index)) is missing in the search cluster. Put it back, or delete the index's other alias so that it is made anew."
          )
        }
      }
    }
    for (earlier, later) in batch.replacements { outcomes[earlier] = outcomes[later] }
    return Written(outcomes: outcomes, alias: entry.writeAlias)
  }

  /// Where an index is read and written.
  struct Place: Sendable {
    var index: IndexName
    var readAlias: String
    var writeAlias: String
    /// What is known may be in either.
    var isReindexing: Bool

    /// For `_search`, and one after the other.
    var all: [String] {
      self.isReindexing ? [self.writeAlias, self.readAlias] : [self.readAlias]
    }
  }

  func place(of name: IndexName) async throws -> Place {
    let (index, entry) = try await self.resolve(name)
    return self.place(index, entry)
  }

  private func place(_ index: IndexName, _ entry: Catalog.Entry) -> Place {
    Place(
      index: index, readAlias: self.catalog.names.read(index),
      writeAlias: self.catalog.names.write(index), isReindexing: entry.isReindexing)
  }

  private func catalogEntry(
    forWriting name: IndexName
  ) async throws -> (wasMade: Bool, entry: Place) {
    let catalog = try await self.catalog.catalog()
    if let index = catalog.index(name), let entry = catalog.entries[index] {
      return (false, self.place(index, entry))
    }
    let (wasMade, entry) = try await self.catalog.ensure(name)
    let index = try await self.catalog.catalog().index(name) ?? name
    return (wasMade, self.place(index, entry))
  }

  // MARK: What is there

  /// What is known of a stored document.
  struct StoredState: Sendable {
    var version: Int64
    var hash: String
    var fetched: Int64
    var playlists: [String]
  }

  /// The newest of each, as of now: not only what searches find already.
  private func states(of ids: [String], in place: Place) async throws -> [String: StoredState] {
    var found: [String: StoredState] = [:]
    for start in stride(from: 0, to: ids.count, by: Self.maxLookups) {
      let part = ids[start..<min(start + Self.maxLookups, ids.count)]
      var writer = JSONWriter()
      writer.object { writer in
        writer.key("docs")
        writer.array { writer in
          for id in part {
            for alias in place.isReindexing ? place.all : [place.writeAlias] {
              writer.object { writer in
                writer.member("_index", alias)
                writer.member("_id", id)
              }
            }
          }
        }
      }
      let fields = [Field.hash, Field.fetched, Field.playlists].joined(separator: ",")
      let root = try await self.client.send(
        .post, "/_mget?_source_includes=\(fields)", body: writer.bytes
      ).success("a look at documents (_mget)")
      for answer in root["docs"].items where answer["found"]?.bool == true {
        guard let id = answer["_id"]?.string, let version = answer["_version"]?.int64,
          let source = answer["_source"]
        else { continue }
        if let known = found[id], known.version >= version { continue }
        found[id] = StoredState(
          version: version, hash: source[Field.hash]?.string ?? "",
          fetched: source[Field.fetched]?.int64 ?? 0,
          playlists: source[Field.playlists]?.elements.compactMap(\.string) ?? [])
      }
    }
    return found
  }

  // MARK: What is to be done

  private struct Plan: Sendable {
    var items: [BulkItem] = []
    /// Of each item: which document of the batch.
    var indices: [Int] = []
    var unchanged: [Int] = []
  }

  private func plan(
    _ batch: WriteBatch, _ pending: [Int], _ stored: [String: StoredState], _ place: Place
  ) async throws -> Plan {
    var (plan, memberships) = await Self.plan(batch, pending, stored, place)
    // A transcript that is older than what is stored, but knows of another playlist.
    for index in memberships {
      let document = batch.documents[index]
      guard
        let whole = try await self.whole(document.id, in: place),
        let item = Self.item(whole, adding: document.playlists, removing: [], to: place)
      else {
        plan.unchanged.append(index)
        continue
      }
      plan.items.append(item)
      plan.indices.append(index)
    }
    return plan
  }

  /// Makes the JSON of what changed: most of the computing.
  @concurrent
  private static func plan(
    _ batch: WriteBatch, _ pending: [Int], _ stored: [String: StoredState], _ place: Place
  ) async -> (plan: Plan, memberships: [Int]) {
    var plan = Plan()
    var memberships: [Int] = []
    var encoder = DocumentEncoder()
    let now = Timestamp.nowMilliseconds()
    for index in pending {
      var document = batch.documents[index]
      var action = BulkItem.Action.create
      if let known = stored[document.id] {
        let isKnownContent = known.hash == document.hash
        let isOlder = document.transcript.fetchedMilliseconds < known.fetched
        let added = document.playlists.filter { !known.playlists.contains($0) }
        if isKnownContent || isOlder {
          guard !added.isEmpty else {
            plan.unchanged.append(index)
            continue
          }
          if !isKnownContent {
            memberships.append(index)
            continue
          }
        }
        document.playlists = known.playlists + added
        action = .index(version: known.version + 1)
      }
      plan.items.append(
        BulkItem(
          action: action, index: place.writeAlias, id: document.id,
          body: encoder.encode(document, now: now)))
      plan.indices.append(index)
    }
    return (plan, memberships)
  }

  // MARK: Playlists and removal

  /// A document with all its fields.
  struct WholeDocument: Sendable {
    var id: String
    var version: Int64
    var source: JSONValue
  }

  private func whole(_ id: String, in place: Place) async throws -> WholeDocument? {
    var newest: WholeDocument?
    for alias in place.isReindexing ? place.all : [place.writeAlias] {
      let answer = try await self.client.send(.get, "/\(alias)/_doc/\(PercentEncoding.encode(id))")
      guard answer.status != 404 else { continue }
      let root = try answer.success("a document")
      guard let version = root["_version"]?.int64, let source = root["_source"],
        version > newest?.version ?? -1
      else { continue }
      newest = WholeDocument(id: id, version: version, source: source)
    }
    return newest
  }

  /// The document with other playlists; nil when they are the same.
  private static func item(
    _ document: WholeDocument, adding: [String], removing: [String], to place: Place
  ) -> BulkItem? {
    let before = document.source[Field.playlists]?.elements.compactMap(\.string) ?? []
    var after = before.filter { !removing.contains($0) }
    for playlist in adding where !after.contains(playlist) { after.append(playlist) }
    guard after != before else { return nil }
    var writer = JSONWriter()
    writer.object { writer in
      for member in document.source.members {
        writer.key(member.name)
        if member.name == Field.playlists {
          writer.array { writer in for playlist in after { writer.string(playlist) } }
        } else {
          writer.value(member.value)
        }
      }
    }
    return BulkItem(
      action: .index(version: document.version + 1), index: place.writeAlias, id: document.id,
      body: writer.bytes)
  }

  public func changePlaylists(
    of videos: [VideoID], adding: [String], removing: [String], in name: IndexName
  ) async throws -> Int {
    let place = try await self.place(of: name)
    let removed = removing.filter { !adding.contains($0) }
    let deadline = ContinuousClock.now + self.configuration.writeTimeout
    return try await self.change(videos, in: place, deadline: deadline, source: true) {
      $0.compactMap { Self.item($0, adding: adding, removing: removed, to: place) }
    }
  }

  public func remove(_ videos: [VideoID], from name: IndexName) async throws -> Int {
    let place = try await self.place(of: name)
    let deadline = ContinuousClock.now + self.configuration.writeTimeout
    return try await self.change(videos, in: place, deadline: deadline, source: false) {
      // While an index is copied, from both: what stays behind in the copy is a grave that keeps the document from
      // coming back.
      $0.flatMap { document in
        place.all.map {
          BulkItem(
            action: .delete(version: document.version + 1), index: $0, id: document.id)
        }
      }
    }
  }

  /// Changes all documents of videos, again where others were faster.
  ///
  /// - Returns: How many documents were changed.
  private func change(
    _ videos: [VideoID], in place: Place, deadline: ContinuousClock.Instant, source: Bool,
    _ items: ([WholeDocument]) -> [BulkItem]
  ) async throws -> Int {
    var changed: Set<String> = []
    for start in stride(from: 0, to: videos.count, by: Self.maxLookups / 10) {
      let part = Array(videos[start..<min(start + Self.maxLookups / 10, videos.count)])
      var rounds = 0
      while true {
        // What was written a moment ago has to be found too.
        try await self.refresh(place)
        let operations = items(try await self.documents(of: part, in: place, source: source))
        let results = try await self.bulk.write(operations, deadline: deadline)
        var hasConflict = false
        for (operation, result) in zip(operations, results) {
          switch result {
          case .written: changed.insert(operation.id)
          case .conflict: hasConflict = true
          case .missing: break
          case .noIndex: throw SearchError.noSuchIndex(place.index)
          case .rejected(let reason): throw SearchError(.unavailable, reason)
          }
        }
        rounds += 1
        guard hasConflict else { break }
        guard rounds < Self.maxRounds else {
          throw SearchError(
            .unavailable, "Others change the same documents all the time; try again later.")
        }
      }
    }
    if !changed.isEmpty { try await self.refresh(place) }
    return changed.count
  }

  private func refresh(_ place: Place) async throws {
    _ = try await self.client.send(
      .post, "/\(place.all.joined(separator: ","))/_refresh", timeout: .seconds(60)
    ).success("a refresh")
  }

  /// The newest state of each document of the videos.
  private func documents(
    of videos: [VideoID], in place: Place, source: Bool
  ) async throws -> [WholeDocument] {
    var newest: [String: WholeDocument] = [:]
    var after: [String] = []
    let size = 100
    while true {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("size", size)
        writer.member("version", true)
        writer.member("_source", source)
        writer.key("query")
        writer.object { writer in
          writer.key("terms")
          writer.object { writer in
            writer.key(Field.video)
            writer.array { writer in for video in videos { writer.string(video.text) } }
          }
        }
        Self.sort(by: [Field.id, "_index"], after: after, &writer)
      }
      let root = try await self.search(writer.bytes, in: place.all.joined(separator: ","))
      let hits = root["hits"]?["hits"]
      for hit in hits.items {
        guard let id = hit["_id"]?.string, let version = hit["_version"]?.int64 else { continue }
        after = hit["sort"].items.compactMap(\.string)
        if let known = newest[id], known.version >= version { continue }
        newest[id] = WholeDocument(id: id, version: version, source: hit["_source"] ?? hit)
      }
      guard hits?.count == size else { return Array(newest.values) }
    }
  }

  static func sort(by fields: [String], after: [String], _ writer: inout JSONWriter) {
    writer.key("sort")
    writer.array { writer in
      for field in fields { writer.object { $0.member(field, "asc") } }
    }
    guard !after.isEmpty else { return }
    writer.key("search_after")
    writer.array { writer in for value in after { writer.string(value) } }
  }
}

/// A batch on its way: of tracks that come twice, the last one.
private struct WriteBatch: Sendable {
  var documents: [PreparedDocument] = []
  /// What is known of a document before anything is asked.
  var outcomes: [Int: IndexOutcome] = [:]
  /// By a document that comes again, which one stands for it.
  var replacements: [Int: Int] = [:]
  var pending: [Int] = []

  /// Reads all texts once: off the caller's actor.
  @concurrent
  static func prepare(_ documents: [IndexDocument]) async -> WriteBatch {
    var batch = WriteBatch()
    batch.documents = documents.map { PreparedDocument($0) }
    var last: [String: Int] = [:]
    for index in batch.documents.indices {
      if let reason = batch.documents[index].reasonToReject {
        batch.outcomes[index] = .rejected(reason)
        continue
      }
      let id = batch.documents[index].id
      if let earlier = last[id] {
        let known = batch.documents[earlier].playlists
        let new = batch.documents[index].playlists.filter { !known.contains($0) }
        batch.documents[index].playlists = known + new
        for (key, value) in batch.replacements where value == earlier {
          batch.replacements[key] = index
        }
        batch.replacements[earlier] = index
      }
      last[id] = index
    }
    batch.pending = last.values.sorted()
    return batch
  }
}
