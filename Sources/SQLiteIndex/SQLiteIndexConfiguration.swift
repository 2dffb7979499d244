/// How an index on SQLite is set up.
public struct SQLiteIndexConfiguration: Sendable {
  /// The most shard files that a folder may hold: more indexers than that on one machine have no use.
  public static let maxShardsLimit = 64
  /// The most threads for reading.
  public static let maxReadersLimit = 16

  /// Where the shard files are. Made when missing. On a local file system; used by one machine only.
  public var folder: String
  /// As many processes can write at the same time; 1 to ``maxShardsLimit``.
  public var maxShards: Int
  /// Threads for searching; 1 to ``maxReadersLimit``. Each has one connection to every shard.
  public var readers: Int
  /// Page cache of the writing connection.
  public var writerCacheBytes: Int
  /// Page cache of each reading connection.
  public var readerCacheBytes: Int
  /// The largest size of a shard file; nil: as large as the disk. Then writing fails with `storageFull`.
  public var maxShardBytes: Int64?
  /// The write-ahead log is emptied into the file when it is longer.
  public var maxWALBytes: Int64
  /// How long a write waits for another process that is writing the same shard or the same video.
  public var lockTimeout: Duration
  /// How long a search may take; then it fails with `timedOut`.
  public var searchTimeout: Duration
  /// How long completing a word or correcting a query may take; then the answer is what was found until then. People see
  /// it while they type. Zero: neither is done.
  public var suggestionTimeout: Duration
  /// How often the folder's claim is renewed. Another machine may take the folder over after three times this.
  public var heartbeatInterval: Duration

  public init(
    folder: String, maxShards: Int = 16, readers: Int = 2, writerCacheBytes: Int = 64 << 20,
    readerCacheBytes: Int = 16 << 20, maxShardBytes: Int64? = nil, maxWALBytes: Int64 = 64 << 20,
    lockTimeout: Duration = .seconds(10), searchTimeout: Duration = .seconds(5),
    suggestionTimeout: Duration = .milliseconds(300),
    heartbeatInterval: Duration = .seconds(5)
  ) {
    self.folder = folder
    self.maxShards = maxShards
    self.readers = readers
    self.writerCacheBytes = writerCacheBytes
    self.readerCacheBytes = readerCacheBytes
    self.maxShardBytes = maxShardBytes
    self.maxWALBytes = maxWALBytes
    self.lockTimeout = lockTimeout
    self.searchTimeout = searchTimeout
    self.suggestionTimeout = suggestionTimeout
    self.heartbeatInterval = heartbeatInterval
  }
}
