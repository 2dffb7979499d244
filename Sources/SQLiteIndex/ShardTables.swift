internal import Search
internal import Transcripts

/// Reads the rows of one shard, on its connection's thread. ``ShardChanges`` changes them.
struct ShardTables {
  let connection: SQLiteConnection

  /// A document as it is.
  struct Existing: Sendable {
    var row: Int64
    var language: String
    var hash: Int64
    var playlists: [String]
    /// When its content was fetched: milliseconds since 1970.
    var fetched: Int64
  }

  /// Playlists that a document remembers; from then on the ones known longest are dropped.
  static let maxPlaylists = 4096

  /// All tracks of a video.
  func tracks(of video: String) throws(SearchError) -> [Existing] {
    var found: [Existing] = []
    let statement = try self.connection.statement(
      "SELECT id, language, hash, playlists, fetched FROM document WHERE video = ?1")
    try statement.run([.text(video)]) { row in
      found.append(
        Existing(
          row: row.integer(0), language: row.text(1), hash: row.integer(2),
          playlists: Self.split(row.text(3)), fetched: row.integer(4)))
      return true
    }
    return found
  }

  /// The playlists of `first`, then those of `second` that are new.
  static func union(_ first: [String], _ second: [String]) -> [String] {
    var known = Set(first)
    // A line break separates playlists; no playlist's ID has one.
    let new = second.filter {
      !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "\n")) && known.insert($0).inserted
    }
    return Array((first + new).suffix(Self.maxPlaylists))
  }

  static func split(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init)
  }

  func damaged(row: Int64) -> SearchError {
    SearchError(
      .corrupted,
      "Document \(row) in \(self.connection.path) cannot be read: the file is damaged. Stop the "
        + "indexers of this machine, move the file away or restore it from a backup, and submit "
        + "the playlists again: what is missing is indexed anew.")
  }
}
