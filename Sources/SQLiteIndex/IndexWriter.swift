internal import CSQLite
internal import Glibc
internal import Search
internal import Telemetry
internal import Transcripts

/// Writes into this process's shard, and replaces videos in the others. On a thread of its own.
actor IndexWriter {
  private nonisolated let thread: StorageThread
  private let configuration: SQLiteIndexConfiguration
  private let folder: ShardFolder
  /// Nil: another writer of this process renews the claim.
  private let host: HostClaim?
  private let logger: Logger
  /// Nil before the first write, and once closed.
  private var open: Open?
  private var isClosed = false
  /// For documents that come alone: to make one takes half a megabyte of memory.
  private var encoder = DocumentEncoder()
  private var writesSinceMaintenance = 0
  /// Whether there may be something to merge.
  private var hasUnmergedSegments = true
  /// By path, the length at which emptying a log is tried again after it was held up.
  private var postponed: [String: Int64] = [:]

  /// What is held while the index is open.
  private struct Open {
    var shard: ShardFile
    /// Whose shard it is.
    var lock: FileLock
    var claims: VideoClaims
    /// Connections to all shards that were looked at, by number.
    var connections: [Int: SQLiteConnection]
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { self.thread.asUnownedSerialExecutor() }

  init(
    thread: StorageThread, configuration: SQLiteIndexConfiguration, folder: ShardFolder,
    host: HostClaim?, logger: Logger
  ) {
    self.thread = thread
    self.configuration = configuration
    self.folder = folder
    self.host = host
    self.logger = logger
  }

  /// Takes a shard, if that was not done yet: called first, or left to the first write.
  func start() throws(SearchError) {
    guard self.open == nil, !self.isClosed else { return }
    do throws(SearchError) {
      try self.host?.renew()
    } catch {
      // On a full disk searches still work, and the folder is this machine's already.
      guard error.code == .storageFull, let host = self.host,
        try host.current()?.hostID == host.hostID
      else { throw error }
    }
    let configuration = self.configuration
    let (shard, lock) = try self.folder.takeShard(maxShards: configuration.maxShards) {
      (path) throws(SearchError) in
      let connection = try SQLiteConnection(
        path: path, mode: .create, cacheBytes: configuration.writerCacheBytes,
        lockTimeout: configuration.lockTimeout)
      try Schema.create(connection)
    }
    let claims = try VideoClaims(path: "\(self.folder.path)/claims.lock")
    var open = Open(shard: shard, lock: lock, claims: claims, connections: [:])
    _ = try self.tables(of: shard, in: &open)
    self.open = open
  }

  /// Gives the shard back. Everything written is durable already; this only leaves tidy files.
  func close() {
    self.isClosed = true
    guard let open = self.open else { return }
    for connection in open.connections.values { self.checkpoint(connection, mode: "TRUNCATE") }
    self.open = nil
  }

  /// For each document whether its content has to be written. A first look without locks; ``write(_:_:)`` looks again.
  func changed(_ documents: [PreparedDocument?]) throws(SearchError) -> [Change] {
    var open = try self.opened()
    defer { self.open = open }
    let shards = try self.shards(ownFirst: open)
    var changes: [Change] = []
    for document in documents {
      guard let document else {
        changes.append(.none)
        continue
      }
      let home = try self.home(of: document, among: shards, in: &open)
      changes.append(Self.change(document, home.existing))
    }
    return changes
  }

  /// The two in one: for few documents, whose contents are made sooner than the threads are changed.
  func writeChanged(_ documents: [PreparedDocument?]) throws(SearchError) -> [Change] {
    let changes = try self.changed(documents)
    guard changes.contains(where: { $0 != .none }) else { return changes }
    return try self.write(documents, [:])
  }

  enum Change: Sendable {
    case none
    case playlists
    case content
  }

  /// Writes what changed, durably. The documents of this process's shard are one transaction, and those of each other
  /// shard are one.
  ///
  /// - Parameters:
  ///   - documents: Each track at most once.
  ///   - contents: By index into `documents`; what is missing is made here.
  func write(
    _ documents: [PreparedDocument?], _ contents: [Int: DocumentContent]
  ) throws(SearchError) -> [Change] {
    var open = try self.opened()
    defer { self.open = open }
    self.writesSinceMaintenance += 1
    self.hasUnmergedSegments = true
    let claims = open.claims
    return try claims.withClaims(
      on: documents.compactMap { $0?.claim }, timeout: self.configuration.lockTimeout
    ) { () throws(SearchError) in
      // Nobody else writes these videos now, so where they are stays true.
      let known = try self.shards(ownFirst: open)
      var byShard: [ShardFile: [Placed]] = [:]
      for (index, document) in documents.enumerated() {
        guard let document else { continue }
        let home = try self.home(of: document, among: known, in: &open)
        let change = Self.change(document, home.existing)
        guard change != .none else { continue }
        byShard[home.shard, default: []].append(
          Placed(index: index, isThere: home.existing != nil, change: change))
      }
      // Own shard last: it is the only one written in nearly every batch, and none is locked while waiting for another.
      let own = open.shard
      let shards = byShard.keys.sorted {
        ($0 == own ? 1 : 0, $0.number) < ($1 == own ? 1 : 0, $1.number)
      }
      var changes = [Change](repeating: .none, count: documents.count)
      for shard in shards {
        let tables = try self.tables(of: shard, in: &open)
        try self.write(documents, byShard[shard] ?? [], contents, into: tables, &changes)
      }
      return changes
    }
  }

  /// Removes all tracks of the videos.
  ///
  /// - Returns: How many documents were removed.
  func remove(_ videos: [VideoID]) throws(SearchError) -> Int {
    var open = try self.opened()
    defer { self.open = open }
    let claims = open.claims
    let hashes = videos.map { ContentHash.hash(Array($0.text.utf8)) }
    return try claims.withClaims(on: hashes, timeout: self.configuration.lockTimeout) {
      () throws(SearchError) in
      var removed = 0
      for shard in try self.folder.shards() {
        let tables = try self.tables(of: shard, in: &open)
        var found: [ShardTables.Existing] = []
        for video in Set(videos) { found += try tables.tracks(of: video.text) }
        guard !found.isEmpty else { continue }
        try tables.connection.transaction { () throws(SearchError) in
          var changes = ShardChanges(tables)
          for existing in found { try changes.remove(existing) }
          try changes.finish()
        }
        removed += found.count
      }
      return removed
    }
  }

  /// Changes the playlists of all tracks of the videos.
  ///
  /// - Returns: How many documents changed.
  func changePlaylists(
    of videos: [VideoID], adding: [String], removing: [String]
  ) throws(SearchError) -> Int {
    var open = try self.opened()
    defer { self.open = open }
    self.writesSinceMaintenance += 1
    self.hasUnmergedSegments = true
    let claims = open.claims
    let hashes = videos.map { ContentHash.hash(Array($0.text.utf8)) }
    let removed = Set(removing)
    return try claims.withClaims(on: hashes, timeout: self.configuration.lockTimeout) {
      () throws(SearchError) in
      var changed = 0
      for shard in try self.folder.shards() {
        let tables = try self.tables(of: shard, in: &open)
        var work: [(existing: ShardTables.Existing, playlists: [String])] = []
        for video in Set(videos) {
          for existing in try tables.tracks(of: video.text) {
            let kept = existing.playlists.filter { !removed.contains($0) }
            let playlists = ShardTables.union(kept, adding)
            if playlists != existing.playlists { work.append((existing, playlists)) }
          }
        }
        guard !work.isEmpty else { continue }
        try tables.connection.transaction { () throws(SearchError) in
          var changes = ShardChanges(tables)
          for item in work { try changes.set(playlists: item.playlists, of: item.existing) }
          try changes.finish()
        }
        changed += work.count
      }
      return changed
    }
  }

  /// Removes everything.
  func removeAll() throws(SearchError) {
    var open = try self.opened()
    defer { self.open = open }
    for shard in try self.folder.shards() {
      let connection = try self.tables(of: shard, in: &open).connection
      try connection.transaction { () throws(SearchError) in
        try connection.execute(
          """
          INSERT INTO f(f) VALUES('delete-all');
          DELETE FROM document; DELETE FROM content; DELETE FROM facts; DELETE FROM channel;
          UPDATE totals SET documents = 0, tokens = 0;
          """)
      }
    }
  }

  /// Renews the claim on the folder. When nothing was written since the last time it also tidies up a little: merges
  /// segments, from time to time until there are few, and empties the log.
  func maintain() throws(SearchError) {
    if let host = self.host {
      if let claim = try host.current(), claim.hostID != host.hostID {
        throw host.inUse(folder: self.folder.path)
      }
      try host.renew()
    }
    guard let open = self.open else { return }
    defer { self.writesSinceMaintenance = 0 }
    guard self.writesSinceMaintenance == 0, let own = open.connections[open.shard.number] else {
      return
    }
    if self.hasUnmergedSegments {
      let before = own.changes
      try own.execute("INSERT INTO f(f, rank) VALUES('merge', \(Self.mergePages))")
      // As FTS5's documentation has it: a merge that changes fewer than two rows had nothing to do.
      self.hasUnmergedSegments = own.changes - before >= 2
    }
    if ShardFolder.size(of: own.path + "-wal") > 0 { self.checkpoint(own, mode: "TRUNCATE") }
  }

  /// What ``maintain()`` threw; nil when all is well.
  func maintenanceFailure() -> SearchError? {
    do throws(SearchError) {
      try self.maintain()
      return nil
    } catch {
      return error
    }
  }

  /// Reads every shard completely and compares the index with what is stored. Other writers wait meanwhile.
  func verify() throws(SearchError) {
    var open = try self.opened()
    defer { self.open = open }
    for shard in try self.folder.shards() {
      let connection = try self.tables(of: shard, in: &open).connection
      var problem = "ok"
      try connection.statement("PRAGMA integrity_check(1)").run { row in
        problem = row.text(0)
        return false
      }
      guard problem == "ok" else {
        throw SearchError(
          .corrupted,
          "\(shard.path) is damaged: \(problem). Stop the indexers of this machine, move the file "
            + "away or restore it from a backup, and submit the playlists again.")
      }
      // With rank 1 the index is compared with the content, so words left behind by a wrong delete are found too.
      try connection.execute("INSERT INTO f(f, rank) VALUES('integrity-check', 1)")
    }
  }

  /// Merges each shard's index into one segment: the smallest file and the fastest searches. Other writers wait.
  func optimize() throws(SearchError) {
    var open = try self.opened()
    defer { self.open = open }
    for shard in try self.folder.shards() {
      let connection = try self.tables(of: shard, in: &open).connection
      try connection.execute("INSERT INTO f(f) VALUES('optimize')")
      self.checkpoint(connection, mode: "TRUNCATE")
    }
  }

  /// Pages that one step of maintenance merges: some tens of milliseconds.
  private static let mergePages = 200

  private static let checkpointTimeout = Duration.milliseconds(200)

  private func opened() throws(SearchError) -> Open {
    try self.start()
    guard let open = self.open else {
      throw SearchError(.unavailable, "The index is closed; this process is stopping.")
    }
    return open
  }

  /// A document that has changed, and that belongs into some shard.
  private struct Placed {
    var index: Int
    /// The shard has it already.
    var isThere: Bool
    var change: Change
  }

  private func write(
    _ documents: [PreparedDocument?], _ work: [Placed], _ contents: [Int: DocumentContent],
    into tables: ShardTables, _ changes: inout [Change]
  ) throws(SearchError) {
    try tables.connection.transaction { () throws(SearchError) in
      var shard = ShardChanges(tables)
      for placed in work {
        guard let document = documents[placed.index] else { continue }
        // Within the transaction, because whoever empties the index claims no video.
        let existing =
          placed.isThere ? try Self.existing(document, in: tables) : nil
        if placed.change == .playlists, let existing {
          try shard.set(
            playlists: ShardTables.union(existing.playlists, document.playlists),
            of: existing)
        } else {
          let content = contents[placed.index] ?? DocumentContent(document, &self.encoder)
          try shard.write(document, content, over: existing)
        }
      }
      try shard.finish()
    }
    for placed in work { changes[placed.index] = placed.change }
    self.checkpointWhenLong(tables.connection)
  }

  private static func existing(
    _ document: PreparedDocument, in tables: ShardTables
  ) throws(SearchError) -> ShardTables.Existing? {
    try tables.tracks(of: document.video).first { $0.language == document.language }
  }

  private static func change(
    _ document: PreparedDocument, _ existing: ShardTables.Existing?
  ) -> Change {
    guard let existing else { return .content }
    // What was fetched earlier came late: it does not replace what is newer.
    guard
      existing.hash == document.hash
        || existing.fetched > document.transcript.fetchedMilliseconds
    else { return .content }
    let known = existing.playlists
    return ShardTables.union(known, document.playlists) == known ? .none : .playlists
  }

  /// The shard that a document belongs into: where its video is, or else this process's own.
  ///
  /// - Parameter shards: All there are now; see ``shards(ownFirst:)``.
  private func home(
    of document: PreparedDocument, among shards: [ShardFile], in open: inout Open
  ) throws(SearchError) -> (shard: ShardFile, existing: ShardTables.Existing?) {
    for shard in shards {
      let tracks = try self.tables(of: shard, in: &open).tracks(of: document.video)
      if !tracks.isEmpty { return (shard, tracks.first { $0.language == document.language }) }
    }
    return (open.shard, nil)
  }

  /// All shards: once for each batch, because it means reading the folder.
  private func shards(ownFirst open: Open) throws(SearchError) -> [ShardFile] {
    [open.shard] + (try self.folder.shards().filter { $0 != open.shard })
  }

  private func tables(of shard: ShardFile, in open: inout Open) throws(SearchError) -> ShardTables {
    if let known = open.connections[shard.number] { return ShardTables(connection: known) }
    let isOwn = shard == open.shard
    let connection = try SQLiteConnection(
      path: shard.path, mode: .write,
      cacheBytes: isOwn
        ? self.configuration.writerCacheBytes : self.configuration.readerCacheBytes,
      lockTimeout: self.configuration.lockTimeout)
    try Schema.check(connection)
    try Schema.prepareForWriting(
      connection, maxBytes: self.configuration.maxShardBytes,
      maxWALBytes: self.configuration.maxWALBytes)
    open.connections[shard.number] = connection
    return ShardTables(connection: connection)
  }

  /// Empties the log when it has become long. Searches that began before hold it up, a stopped process for ever: so it
  /// waits only a moment, and comes back when the log has grown on.
  private func checkpointWhenLong(_ connection: SQLiteConnection) {
    let bytes = ShardFolder.size(of: connection.path + "-wal")
    guard bytes > self.configuration.maxWALBytes, bytes > self.postponed[connection.path] ?? 0
    else { return }
    if self.checkpoint(connection, mode: "RESTART") {
      self.postponed[connection.path] = nil
    } else {
      self.postponed[connection.path] = bytes + self.configuration.maxWALBytes / 4
    }
  }

  /// - Returns: Whether the log was emptied.
  @discardableResult
  private func checkpoint(_ connection: SQLiteConnection, mode: String) -> Bool {
    connection.wait(atMost: Self.checkpointTimeout)
    defer { connection.wait(atMost: self.configuration.lockTimeout) }
    // The first column says whether something held it up.
    var reason = "it is being read"
    do throws(SearchError) {
      let isBusy = try connection.statement("PRAGMA wal_checkpoint(\(mode))").integer() ?? 0
      if isBusy == 0 { return true }
    } catch {
      // A full disk, most likely.
      reason = error.message
    }
    // Nothing is lost: the log stays longer, and it is tried again after other batches and when idle.
    self.logger.warning(
      "The index's log could not be emptied.", [.file: connection.path, .error: reason])
    return false
  }
}
