internal import Glibc
internal import Search

/// A file that is locked by who holds this object, and by nobody when its process is gone.
///
/// `flock` belongs to the open file, so two objects in one process exclude each other too. Never used on a database file
/// itself: closing any descriptor of one drops SQLite's own locks.
final class FileLock: Sendable {
  let path: String
  private let descriptor: Int32

  /// Nil when another holds it.
  init?(trying path: String) throws(SearchError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw SearchError.file(path, doing: "Opening", errno: errno)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK { return nil }
      throw SearchError.file(path, doing: "Locking", errno: code)
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(self.descriptor) }
}

/// Claims on videos that are being written, across processes: ranges of one byte of a file.
///
/// Two indexers that meet the same new video at the same time would otherwise each put it into their own shard. Locks
/// are those of the open file (`F_OFD_SETLK`), and go with it.
final class VideoClaims {
  private let path: String
  private let descriptor: Int32
  /// Bytes that videos are spread over. Two videos on one byte wait for each other needlessly, nothing worse.
  private static let slots: UInt64 = 1 << 24
  /// `F_OFD_SETLK` of `fcntl.h`, which glibc shows only to programs that ask for GNU extensions.
  private static let setLock: Int32 = 37
  private static let retryMicroseconds: UInt32 = 500

  init(path: String) throws(SearchError) {
    self.path = path
    self.descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard self.descriptor >= 0 else {
      throw SearchError.file(path, doing: "Opening", errno: errno)
    }
  }

  deinit { close(self.descriptor) }

  /// Runs `body` while no other process writes one of the videos.
  ///
  /// Claimed in ascending order, so two batches never wait for each other in a circle.
  func withClaims<Result>(
    on hashes: [UInt64], timeout: Duration, _ body: () throws(SearchError) -> Result
  ) throws(SearchError) -> Result {
    defer { self.set(F_UNLCK, start: 0, length: 0) }
    let deadline = ContinuousClock.now + timeout
    for slot in Set(hashes.map { $0 % Self.slots }).sorted() {
      while !self.set(F_WRLCK, start: Int(slot), length: 1) {
        let code = errno
        guard code == EAGAIN || code == EACCES || code == EINTR else {
          throw SearchError.file(self.path, doing: "Locking", errno: code)
        }
        guard ContinuousClock.now < deadline else {
          throw SearchError(
            .unavailable,
            "Another indexer has been writing the same video for \(timeout); the call can be "
              + "repeated. If it happens again, look for an indexer that hangs.")
        }
        usleep(Self.retryMicroseconds)
      }
    }
    return try body()
  }

  @discardableResult
  private func set(_ type: Int32, start: Int, length: Int) -> Bool {
    var lock = flock()
    lock.l_type = Int16(type)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = start
    lock.l_len = length
    return fcntl(self.descriptor, Self.setLock, &lock) == 0
  }
}
