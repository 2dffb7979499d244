/// How much an index holds.
public struct IndexStatistics: Hashable, Sendable {
  public var index: IndexName
  /// One for each video and track.
  public var documents: Int
  public var videos: Int
  public var sizeBytes: Int64
  /// Such as `sqlite`.
  public var backend: String
  public var shards: Int

  public init(
    index: IndexName = .default, documents: Int, videos: Int, sizeBytes: Int64, backend: String,
    shards: Int
  ) {
    self.index = index
    self.documents = documents
    self.videos = videos
    self.sizeBytes = sizeBytes
    self.backend = backend
    self.shards = shards
  }
}
