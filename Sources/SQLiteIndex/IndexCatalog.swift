internal import Glibc
internal import Search

/// Which indexes and aliases a folder has: symbolic links, so that each change is one step, whoever looks.
///
///     indexes/NAME             → .NAME-RANDOM, a folder of shard files beside it
///     aliases/NAME             → the name of an index
///     catalog.lock             locked while either changes
///
/// The index ``IndexName/default`` is the folder itself and has no link. An index that is deleted and made again has
/// another folder, by which a process sees that what it holds open is not the index any more.
struct IndexCatalog: Sendable {
  let folder: String

  private var indexFolder: String { "\(self.folder)/indexes" }
  private var aliasFolder: String { "\(self.folder)/aliases" }

  /// How long a change waits for another process's.
  private static let lockAttempts = 2000
  private static let lockRetryMicroseconds: UInt32 = 1000
  private static let modeOfFolders: mode_t = 0o700

  /// The index that a name or an alias means. It need not exist.
  func resolve(_ name: IndexName) throws(SearchError) -> IndexName {
    guard name != .default else { return name }
    return try Self.target(of: "\(self.aliasFolder)/\(name)").flatMap { IndexName($0) } ?? name
  }

  /// Where an index other than the default one is; nil when there is none.
  func folder(of name: IndexName) throws(SearchError) -> String? {
    try Self.target(of: "\(self.indexFolder)/\(name)").map { "\(self.indexFolder)/\($0)" }
  }

  /// All indexes but the default one.
  func names() throws(SearchError) -> [IndexName] {
    try Self.entries(of: self.indexFolder).compactMap { IndexName($0) }
  }

  func aliases() throws(SearchError) -> [IndexAlias] {
    var found: [IndexAlias] = []
    for alias in try Self.entries(of: self.aliasFolder).compactMap({ IndexName($0) }).sorted() {
      // Taken away since it was listed, or made by somebody else: no alias.
      guard let target = try Self.target(of: "\(self.aliasFolder)/\(alias)"),
        let index = IndexName(target)
      else { continue }
      found.append(IndexAlias(alias, of: index))
    }
    return found
  }

  /// - Returns: False when the index was there already.
  func create(_ name: IndexName) throws(SearchError) -> Bool {
    if try self.folder(of: name) != nil { return false }
    return try self.locked { () throws(SearchError) -> Bool in
      if try self.folder(of: name) != nil { return false }
      guard try Self.target(of: "\(self.aliasFolder)/\(name)") == nil else {
        throw SearchError(
          .conflict, "\(name) is an alias. Take it away first, or choose another name.")
      }
      guard try self.names().count < SearchLimits.maxIndexes - 1 else {
        throw SearchError(
          .conflict,
          "There are \(SearchLimits.maxIndexes) indexes, which is as many as there may be. Delete "
            + "one first.")
      }
      try Self.make(self.indexFolder)
      let target = ".\(name)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
      try Self.make("\(self.indexFolder)/\(target)")
      guard symlink(target, "\(self.indexFolder)/\(name)") == 0 else {
        throw SearchError.file(
          "\(self.indexFolder)/\(name)", doing: "Making the index", errno: errno)
      }
      return true
    }
  }

  /// - Returns: False when there was none.
  func delete(_ name: IndexName) throws(SearchError) -> Bool {
    try self.locked { () throws(SearchError) -> Bool in
      if let index = try Self.target(of: "\(self.aliasFolder)/\(name)") {
        throw SearchError(
          .conflict,
          "\(name) is an alias of \(index). Delete the index itself, or take the alias away.")
      }
      let aliases = try self.aliases().filter { $0.index == name }
      guard aliases.isEmpty else {
        throw SearchError(
          .conflict,
          "\(name) has the alias \(aliases[0].alias). Point it to another index or take it away "
            + "first.")
      }
      guard let path = try self.folder(of: name) else { return false }
      // From here on there is no such index; the files are cleared away after it.
      guard unlink("\(self.indexFolder)/\(name)") == 0 else {
        throw SearchError.file(
          "\(self.indexFolder)/\(name)", doing: "Deleting the index", errno: errno)
      }
      Self.remove(path)
      return true
    }
  }

  func setAlias(_ alias: IndexName, to index: IndexName?) throws(SearchError) {
    try self.locked { () throws(SearchError) -> Void in
      let link = "\(self.aliasFolder)/\(alias)"
      guard let index else {
        guard unlink(link) == 0 || errno == ENOENT else {
          throw SearchError.file(link, doing: "Taking away", errno: errno)
        }
        return
      }
      guard alias != .default, try self.folder(of: alias) == nil else {
        throw SearchError(
          .conflict, "\(alias) is an index. Choose another name for the alias.")
      }
      let folder = try self.folder(of: index)
      guard index == .default || folder != nil else { throw SearchError.noSuchIndex(index) }
      try Self.make(self.aliasFolder)
      let count = try self.aliases().count { $0.alias != alias }
      guard count < SearchLimits.maxIndexes else {
        throw SearchError(
          .conflict,
          "There are \(count) aliases, which is as many as there may be. Take one away first.")
      }
      let new = "\(self.aliasFolder)/.new"
      unlink(new)
      guard symlink(index.text, new) == 0, rename(new, link) == 0 else {
        throw SearchError.file(link, doing: "Making the alias", errno: errno)
      }
    }
  }

  /// Clears away what a process left behind that died while it made or deleted an index.
  func sweep() throws(SearchError) {
    guard try !Self.entries(of: self.indexFolder).isEmpty else { return }
    try self.locked { () throws(SearchError) -> Void in
      var used: Set<String> = []
      for name in try self.names() {
        if let folder = try self.folder(of: name) { used.insert(folder) }
      }
      for entry in try Self.entries(of: self.indexFolder) where entry.hasPrefix(".") {
        let path = "\(self.indexFolder)/\(entry)"
        if !used.contains(path) { Self.remove(path) }
      }
    }
  }

  private func locked<Result>(
    _ body: () throws(SearchError) -> Result
  ) throws(SearchError) -> Result {
    for _ in 0..<Self.lockAttempts {
      if let lock = try FileLock(trying: "\(self.folder)/catalog.lock") {
        let result = try body()
        _ = lock.path  // Held until here.
        return result
      }
      usleep(Self.lockRetryMicroseconds)
    }
    throw SearchError(
      .unavailable,
      "Another indexer has been changing the indexes of \(self.folder) for two seconds; the call "
        + "can be repeated.")
  }

  /// What a link points to; nil when there is no link.
  private static func target(of path: String) throws(SearchError) -> String? {
    var bytes = [CChar](repeating: 0, count: 256)
    let count = readlink(path, &bytes, bytes.count)
    guard count >= 0 else {
      // EINVAL: a file that somebody put there is no link.
      if errno == ENOENT || errno == ENOTDIR || errno == EINVAL { return nil }
      throw SearchError.file(path, doing: "Reading", errno: errno)
    }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The names in a folder, `.` and `..` left out; none when there is no such folder.
  private static func entries(of path: String) throws(SearchError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw SearchError.file(path, doing: "Reading the folder", errno: errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func make(_ path: String) throws(SearchError) {
    guard mkdir(path, Self.modeOfFolders) == 0 || errno == EEXIST else {
      throw SearchError.file(path, doing: "Making the folder", errno: errno)
    }
  }

  /// Removes a folder of files. What cannot be removed stays for the next ``sweep()``.
  private static func remove(_ path: String) {
    let names = try? Self.entries(of: path)  // Then the folder stays.
    for name in names ?? [] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}
