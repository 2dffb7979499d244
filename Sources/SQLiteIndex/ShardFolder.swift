internal import Glibc
internal import Search

/// A shard file.
struct ShardFile: Hashable, Sendable {
  /// From 1; part of the file's name.
  var number: Int
  var path: String
}

/// The folder of shard files: which there are, and whose.
///
///     shard-0001.sqlite   a shard: read by all processes, written by the one that holds its lock (and, to replace a
///                         video that lives in it, by the others)
///     shard-0001.lock     locked by the process that puts new videos into the shard
///     claims.lock         ranges locked while a video is written
///     host                which machine uses the folder
final class ShardFolder: Sendable {
  let path: String
  private let listing = Locked(Listing())

  private struct Listing {
    var shards: [ShardFile] = []
    var modified = timespec()
  }

  /// Time stamps of directories are as coarse as the kernel's tick; one that is younger may hide a later change.
  private static let coarsestTimestampSeconds = 1

  /// Makes the folder when it is missing.
  ///
  /// - Parameter fileSystemType: What `statfs` says of a path.
  init(path: String, fileSystemType: (String) -> Int?) throws(SearchError) {
    self.path = path
    try Self.make(path)
    if let type = fileSystemType(path), let name = FileSystemKind.networkName(type) {
      throw SearchError(
        .misconfigured,
        "The index folder \(path) is on a network file system (\(name)). SQLite's locks cannot be "
          + "trusted there: give a folder on a local disk, or use Elasticsearch or OpenSearch, "
          + "which many machines can share.")
    }
  }

  /// All shards, by number. Looks at the folder's time stamp, and reads the folder only if that has changed.
  func shards() throws(SearchError) -> [ShardFile] {
    var information = stat()
    guard stat(self.path, &information) == 0 else {
      throw SearchError.file(self.path, doing: "Reading the folder", errno: errno)
    }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let modified = information.st_mtim
    let known = self.listing.withLock { listing in
      listing.modified.tv_sec == modified.tv_sec && listing.modified.tv_nsec == modified.tv_nsec
        ? listing.shards : nil
    }
    if let known { return known }
    let shards = try self.read()
    if now.tv_sec - modified.tv_sec > Self.coarsestTimestampSeconds {
      self.listing.withLock { $0 = Listing(shards: shards, modified: modified) }
    }
    return shards
  }

  /// Takes the free shard with the lowest number for this process's writing, and makes its file if there is none.
  func takeShard(
    maxShards: Int, make: (String) throws(SearchError) -> Void
  ) throws(SearchError) -> (shard: ShardFile, lock: FileLock) {
    for number in 1...maxShards {
      let digits = String(number)
      let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      let base = "\(self.path)/shard-\(padded)"
      guard let lock = try FileLock(trying: "\(base).lock") else { continue }
      let file = "\(base).sqlite"
      if access(file, F_OK) != 0 {
        // Other processes look at every file that has the name: it gets it when it is whole.
        let unfinished = "\(base).new"
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(unfinished + suffix) }
        try make(unfinished)
        guard rename(unfinished, file) == 0 else {
          throw SearchError.file(file, doing: "Making", errno: errno)
        }
        try self.synchronize()
      }
      return (ShardFile(number: number, path: file), lock)
    }
    throw SearchError(
      .misconfigured,
      "All \(maxShards) shards of \(self.path) are being written by other indexers. Stop one, or "
        + "raise the number of shards.")
  }

  /// Size of all shard files with their logs.
  func sizeBytes() throws(SearchError) -> Int64 {
    var total: Int64 = 0
    for shard in try self.shards() {
      for suffix in ["", "-wal"] { total += Self.size(of: shard.path + suffix) }
    }
    return total
  }

  /// Zero when the file is not there.
  static func size(of path: String) -> Int64 {
    var information = stat()
    return stat(path, &information) == 0 ? Int64(information.st_size) : 0
  }

  /// Makes the names in the folder durable: a shard that is found under its unfinished name is thrown away.
  private func synchronize() throws(SearchError) {
    let descriptor = open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SearchError.file(self.path, doing: "Opening the folder", errno: errno)
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw SearchError.file(self.path, doing: "Synchronizing the folder", errno: errno)
    }
  }

  private func read() throws(SearchError) -> [ShardFile] {
    guard let directory = opendir(self.path) else {
      throw SearchError.file(self.path, doing: "Reading the folder", errno: errno)
    }
    defer { closedir(directory) }
    var shards: [ShardFile] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix("shard-"), name.hasSuffix(".sqlite"),
        let number = Int(name.dropFirst(6).dropLast(7)), number > 0
      else { continue }
      shards.append(ShardFile(number: number, path: "\(self.path)/\(name)"))
    }
    return shards.sorted { $0.number < $1.number }
  }

  private static func make(_ path: String) throws(SearchError) {
    guard !path.isEmpty else {
      throw SearchError(.misconfigured, "No folder for the index is given; set one.")
    }
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += part
      if mkdir(made, 0o700) != 0, errno != EEXIST {
        throw SearchError.file(made, doing: "Making the folder", errno: errno)
      }
      made += "/"
    }
  }
}
