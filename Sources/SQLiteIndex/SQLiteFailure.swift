internal import CSQLite
internal import Glibc
internal import Search

extension SearchError {
  /// The error for an SQLite result code, with the remedy.
  static func sqlite(
    _ code: Int32, _ handle: OpaquePointer?, file: String, doing what: String
  ) -> SearchError {
    let detail = handle.map { String(cString: sqlite3_errmsg($0)) } ?? Self.text(code)
    let system = handle.map { sqlite3_system_errno($0) } ?? 0
    let context = "\(what) in \(file) failed (SQLite \(code): \(detail)"
    switch code & 0xFF {
    case _ where code == csqlite_readonly_dbmoved():
      return SearchError(
        .misconfigured,
        "\(context)). The file was moved or deleted while it was in use. Start the indexer again.")
    case _ where code == csqlite_ioerr_corruptfs() || code == csqlite_ioerr_data():
      return Self.damaged(context)
    case SQLITE_FULL:
      return SearchError(
        .storageFull,
        "\(context)). The disk, or the size allowed for a shard file, is full; nothing was "
          + "written. Free space or raise the limit; the work is taken up again by itself.")
    case SQLITE_IOERR where system == ENOSPC || system == EDQUOT:
      return SearchError(
        .storageFull,
        "\(context)). The disk is full; nothing was written. Free space; the work is taken up "
          + "again by itself.")
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
      return SearchError(
        .storageFull,
        "\(context)). The file or its folder cannot be written. Check its owner and mode, and "
          + "whether the file system is mounted read-only.")
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT:
      return Self.damaged(context)
    case SQLITE_CANTOPEN:
      return SearchError(
        .misconfigured,
        "\(context)). Check that the folder exists and that this user may write in it.")
    case SQLITE_BUSY, SQLITE_LOCKED:
      return SearchError(
        .unavailable,
        "\(context)). Another process held the file for too long; the call can be repeated.")
    case SQLITE_INTERRUPT:
      return SearchError(
        .timedOut,
        "The search took longer than is allowed and was stopped. Search for rarer words, longer "
          + "prefixes or in one channel; if ordinary searches take as long, the machine has too "
          + "much to do.")
    case SQLITE_NOMEM:
      return SearchError(.unavailable, "\(context)). Memory is exhausted.")
    default:
      return SearchError(
        .unavailable, "\(context)). If it happens again, check the disk and the system's log.")
    }
  }

  /// The error for tables that a statement does not fit.
  static func damagedSchema(_ handle: OpaquePointer, file: String) -> SearchError {
    Self.damaged("Preparing in \(file) failed (\(String(cString: sqlite3_errmsg(handle)))")
  }

  private static func damaged(_ context: String) -> SearchError {
    SearchError(
      .corrupted,
      "\(context)). The file is damaged. Stop the indexers of this machine, move the file away "
        + "or restore it from a backup, and submit the playlists again: what is missing is "
        + "indexed anew.")
  }

  private static func text(_ code: Int32) -> String {
    sqlite3_errstr(code).map { String(cString: $0) } ?? "unknown"
  }

  /// The error for a failed system call on a file.
  static func file(_ path: String, doing what: String, errno code: Int32) -> SearchError {
    let detail = String(cString: strerror(code))
    switch code {
    case ENOSPC, EDQUOT:
      return SearchError(
        .storageFull, "\(what) \(path) failed: \(detail). Free space on the disk.")
    case EROFS:
      return SearchError(
        .storageFull,
        "\(what) \(path) failed: \(detail). Mount the file system for writing, or choose another "
          + "folder.")
    default:
      return SearchError(
        .misconfigured,
        "\(what) \(path) failed: \(detail). Check that the folder exists and that this user may "
          + "write in it.")
    }
  }
}
